import { readFile } from "node:fs/promises";
import { expect } from "chai";
import { open } from "../../../src/index.ts";

/** The text of all fenced blocks of one language. */
async function blocks(file: string, language: string): Promise<string[]> {
  const text = await readFile(new URL(`../../../docs/${file}`, import.meta.url), "utf8");
  return [...text.matchAll(new RegExp(`\`\`\`${language}\\n([^]*?)\`\`\``, "g"))].map((match) => match[1] ?? "");
}

describe("documentation", () => {
  it("every statement of docs/sql.md runs", async () => {
    const db = await open({ driver: "memory" });
    const examples = await blocks("sql.md", "sql");
    try {
      for (const example of examples) await db.query(example);
    } finally {
      await db.close();
    }
    expect(examples.length).to.be.greaterThan(8);
  });
});
