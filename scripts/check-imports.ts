import { readdir, readFile } from "node:fs/promises";
import { dirname, join, relative, resolve, sep } from "node:path";
import { LAYERS } from "./layers.ts";

/** Reports imports that go up: see `layers.ts`. Cycles between files are found by the linter. */
const SOURCE = resolve(import.meta.dirname, "../src");
const IMPORTS = /(?:^|\n)\s*(?:import|export)\b[^;"']*?\bfrom\s*["']([^"']+)["']|\bimport\(\s*["']([^"']+)["']/g;

const problems: string[] = [];
const files = await readdir(SOURCE, { recursive: true });
for (const file of files.filter((name) => name.endsWith(".ts"))) {
  const text = await readFile(join(SOURCE, file), "utf8");
  for (const match of text.matchAll(IMPORTS)) {
    const problem = problemOf(file, match[1] ?? match[2] ?? "");
    if (problem) problems.push(problem);
  }
}
for (const problem of problems) process.stderr.write(`${problem}\n`);
if (problems.length > 0) process.exitCode = 1;

function problemOf(file: string, specifier: string): string | undefined {
  if (!specifier.startsWith(".")) return undefined;
  const target = relative(SOURCE, resolve(SOURCE, dirname(file), specifier));
  if (target.startsWith(".."))
    return specifier.endsWith("package.json") ? undefined : `src/${file} imports ${specifier}, outside src/`;
  const from = layerOf(file);
  const to = layerOf(target);
  const allowed = LAYERS[from];
  if (allowed === undefined) return `src/${from} has no place in scripts/layers.ts`;
  return from === to || allowed.includes(to)
    ? undefined
    : `src/${file} imports ${specifier}: ${from} may not import ${to}`;
}

function layerOf(path: string): string {
  return path.split(sep)[0] ?? "";
}
