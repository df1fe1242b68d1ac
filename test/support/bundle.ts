import { symlink } from "node:fs/promises";
import { join, resolve } from "node:path";
import { build } from "esbuild";

const ROOT = resolve(import.meta.dirname, "../..");

/**
 * Joins a TypeScript file of the tests with all that it needs of the sources into one module, for processes that are started many
 * times: opening hundreds of modules is most of the time that they take.
 *
 * @param folder an empty one, which the caller removes
 * @returns the module's path
 */
export async function bundle(file: string, folder: string): Promise<string> {
  const outfile = join(folder, "child.mjs");
  await symlink(join(ROOT, "node_modules"), join(folder, "node_modules"));
  await build({
    entryPoints: [file],
    outfile,
    bundle: true,
    packages: "external",
    format: "esm",
    platform: "node",
    target: "node20",
    logLevel: "warning",
  });
  return outfile;
}
