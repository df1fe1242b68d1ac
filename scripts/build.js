// Makes dist/ from src/. With --if-needed only when a source is newer than the last build.
//
// The compiler checks the types and writes the declarations; the bundler joins the modules into a few files, because opening
// hundreds of small ones was half of the time that `kalam serve` took to start. Packages stay outside the bundle.
import { spawnSync } from "node:child_process";
import { readdirSync, rmSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { build } from "esbuild";

const root = resolve(import.meta.dirname, "..");
const source = join(root, "src");
const dist = join(root, "dist");
const entry = join(dist, "index.js");

function isUpToDate() {
  const built = statSync(entry, { throwIfNoEntry: false });
  if (!built) return false;
  const sources = readdirSync(source, { recursive: true, encoding: "utf8" });
  return sources.every((name) => statSync(join(source, name)).mtimeMs <= built.mtimeMs);
}

function writeDeclarations() {
  const compiler = join(root, "node_modules/typescript/bin/tsc");
  const { status } = spawnSync(process.execPath, [compiler, "-p", join(root, "tsconfig.build.json")], {
    stdio: "inherit",
  });
  return status ?? 1;
}

async function bundle() {
  const commands = readdirSync(join(source, "commands")).map((name) => join(source, "commands", name));
  await build({
    entryPoints: [
      join(source, "index.ts"),
      join(source, "client/index.ts"),
      join(source, "cli/launch.ts"),
      ...commands,
    ],
    outbase: source,
    outdir: dist,
    // As deep as the entry points, so that paths relative to a module mean the same in a chunk.
    chunkNames: "chunks/[name]-[hash]",
    bundle: true,
    splitting: true,
    packages: "external",
    format: "esm",
    platform: "node",
    target: "node20",
    sourcemap: true,
    logLevel: "warning",
  });
}

if (!process.argv.includes("--if-needed") || !isUpToDate()) {
  rmSync(dist, { recursive: true, force: true });
  process.exitCode = writeDeclarations();
  if (process.exitCode === 0) await bundle();
}
