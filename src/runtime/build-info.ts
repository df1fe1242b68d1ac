import { readFileSync, statSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** What runs here. */
export interface BuildInfo {
  readonly version: string;
  /** Short commit, or undefined when nobody knows. */
  readonly commit: string | undefined;
  /** RFC 3339. */
  readonly buildDate: string;
}

/** Written by the release build beside the compiled files. */
const BUILD_FILE = new URL("../build-info.json", import.meta.url);

/** From package.json, what the release build wrote down, or the checkout that the server runs from. */
export function readBuildInfo(): BuildInfo {
  const manifest = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as {
    version: string;
  };
  const text = readIfThere(BUILD_FILE);
  const release = text === undefined ? {} : (JSON.parse(text) as { commit?: string; built?: string });
  return {
    version: manifest.version,
    commit: release.commit ?? commitOfCheckout(),
    buildDate: release.built ?? statSync(fileURLToPath(import.meta.url)).mtime.toISOString(),
  };
}

function commitOfCheckout(): string | undefined {
  const head = readIfThere(inGit("HEAD"));
  if (head === undefined) return undefined;
  const reference = /^ref: (\S+)$/.exec(head)?.[1];
  const commit = reference === undefined ? head : (readIfThere(inGit(reference)) ?? packed(reference));
  return commit?.slice(0, 10);
}

function packed(reference: string): string | undefined {
  const line = readIfThere(inGit("packed-refs"))
    ?.split("\n")
    .find((each) => each.endsWith(` ${reference}`));
  return line?.split(" ")[0];
}

function inGit(name: string): URL {
  return new URL(`../../.git/${name}`, import.meta.url);
}

/** Most installations have no `.git`, and a checkout has no build file; that is no error. */
function readIfThere(path: URL): string | undefined {
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true ? readFileSync(path, "utf8").trim() : undefined;
}
