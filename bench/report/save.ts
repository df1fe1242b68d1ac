import { mkdir, readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { performancePage } from "./markdown.ts";
import type { Results } from "./results.ts";

const at = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const LATEST = at("../results/latest.json");
const SAVED = at("../../docs/performance.json");
const PAGE = at("../../docs/performance.md");

const json = (results: Results): string => `${JSON.stringify(results, null, 2)}\n`;

export async function writeLatest(results: Results): Promise<string> {
  await mkdir(at("../results"), { recursive: true });
  await writeFile(LATEST, json(results));
  return LATEST;
}

/** Makes these results the ones that the documentation shows. */
export async function saveToDocs(results: Results): Promise<void> {
  await writeFile(SAVED, json(results));
  await writePage();
}

async function writePage(): Promise<void> {
  const results = JSON.parse(await readFile(SAVED, "utf8")) as Results;
  await writeFile(PAGE, performancePage(results));
}
