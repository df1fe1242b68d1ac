import { readFileSync } from "node:fs";
import { expect } from "chai";
import { STATEMENT_KINDS } from "../../../src/engine/auth/permissions.ts";
import { AGGREGATES } from "../../../src/engine/query/analytic/render/functions/aggregates.ts";
import { FUNCTION_GROUPS, SCALAR_FUNCTIONS } from "../../../src/engine/query/analytic/render/functions/scalar.ts";
import { NUMBER_FUNCTIONS } from "../../../src/engine/query/expression/number-functions.ts";
import { SOURCES } from "../../../src/engine/query/expression/session-functions.ts";
import { TEXT_FUNCTIONS } from "../../../src/engine/query/expression/text-functions.ts";
import { TYPE_NAMES } from "../../../src/engine/types/type-names.ts";
import { type EmbeddedDatabase, open } from "../../../src/index.ts";
import { rejection } from "../../support/rejection.ts";

const page = readFileSync(new URL("../../../docs/sql.md", import.meta.url), "utf8");

/** The text of all fenced blocks of SQL. */
const examples = [...page.matchAll(/```sql\n([\s\S]*?)```/g)].map((match) => match[1] ?? "");

/** The rows of the tables in one section, cell by cell. */
function tableRows(title: string): string[][] {
  const section = page.split(/^## /m).find((text) => text.startsWith(`${title}\n`)) ?? "";
  const rows = [...section.matchAll(/^\| (.*) \|$/gm)].map(([, row]) => (row ?? "").split(/ ?(?<!\\)\| ?/));
  return rows.filter(([first]) => first !== undefined && !/^(---|)$/.test(first));
}

/** What stands in backticks. */
function quoted(text = ""): string[] {
  return [...text.matchAll(/`([^`]*)`/g)].map(([, code]) => (code ?? "").replaceAll("\\|", "|"));
}

describe("docs/sql.md", () => {
  let db: EmbeddedDatabase;
  beforeEach(async () => {
    db = await open({ driver: "memory" });
  });
  afterEach(() => db.close());

  it("has examples that run", async () => {
    for (const example of examples) await db.query(example);
    expect(examples.length).to.be.greaterThan(8);
  });

  it("lists every function in its group, and no other", () => {
    const listed = new Map(tableRows("Functions").map(([group = "", names]) => [group, quoted(names).sort()]));
    const windowed = (only: boolean) =>
      [...AGGREGATES]
        .filter(([, rule]) => rule.windowOnly === only)
        .map(([name]) => name)
        .sort();
    for (const [group, rules] of Object.entries(FUNCTION_GROUPS)) {
      expect(listed.get(group), group).to.deep.equal([...rules.keys()].sort());
    }
    expect(listed.get("aggregates")).to.deep.equal(windowed(false));
    expect(listed.get("windows")).to.deep.equal(windowed(true));
    const inProcess = [TEXT_FUNCTIONS, NUMBER_FUNCTIONS, SOURCES].flatMap((rules) => Object.keys(rules));
    const words = new Set(["current_timestamp"]);
    expect(inProcess.filter((name) => !SCALAR_FUNCTIONS.has(name) && !words.has(name))).to.deep.equal([]);
  });

  it("lists every kind of statement", () => {
    const listed = tableRows("Statements").map(([statement]) => quoted(statement).join(" "));
    for (const kind of STATEMENT_KINDS) {
      // What may stand between the words of a statement, as in CREATE [OR REPLACE] VIEW.
      const words = kind.toUpperCase().split("_").join(String.raw`(?: \[[^\]]*\])* `);
      expect(
        listed.filter((text) => new RegExp(`\\b${words}\\b`).test(text)),
        kind,
      ).to.not.have.length(0);
    }
  });

  it("lists every name of a type, and no other", async () => {
    const rows = tableRows("Types").filter(([type]) => type !== "type");
    const names = rows.flatMap(([type, others]) => [...quoted(type), ...quoted(others)]);
    for (const [index, name] of names.entries()) {
      const type = name.replace("(p, s)", "(10, 2)").replace("(n)", "(3)");
      await db.query(`CREATE TABLE t${index} (id INT PRIMARY KEY, c ${type})`);
    }
    const plain = names.map((name) => name.toLowerCase().replace(/\(.*\)/, ""));
    expect(TYPE_NAMES.filter((name) => !plain.includes(name))).to.deep.equal([]);
  });

  it("lists what is refused, and it is", async () => {
    await db.query("CREATE TABLE t (id INT PRIMARY KEY, a INT); CREATE TABLE u (id INT PRIMARY KEY)");
    const rows = tableRows("Not supported").filter(([statement]) => statement !== "statement");
    for (const sql of rows.flatMap(([statement]) => quoted(statement))) {
      expect(await rejection(db.query(sql)), sql).to.have.nested.property("definition.sqlstate", "0A000");
    }
    expect(rows.length).to.be.greaterThan(15);
  });
});
