// Makes dist/ from src/. With --if-needed only when a source is newer than the last build.
import { spawnSync } from "node:child_process";
import { readdirSync, rmSync, statSync } from "node:fs";
import { join, resolve } from "node:path";

const root = resolve(import.meta.dirname, "..");
const dist = join(root, "dist");
const entry = join(dist, "index.js");

function isUpToDate() {
  const built = statSync(entry, { throwIfNoEntry: false });
  if (!built) return false;
  const sources = readdirSync(join(root, "src"), { recursive: true, encoding: "utf8" });
  return sources.every((name) => statSync(join(root, "src", name)).mtimeMs <= built.mtimeMs);
}

if (!process.argv.includes("--if-needed") || !isUpToDate()) {
  rmSync(dist, { recursive: true, force: true });
  const compiler = join(root, "node_modules/typescript/bin/tsc");
  const { status } = spawnSync(process.execPath, [compiler, "-p", join(root, "tsconfig.build.json")], {
    stdio: "inherit",
  });
  process.exitCode = status ?? 1;
}
