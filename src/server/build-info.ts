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

/** From package.json, the environment of the build, or the checkout that the server runs from. */
export function readBuildInfo(environment: Readonly<Record<string, string | undefined>>): BuildInfo {
  const manifest = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as {
    version: string;
  };
  return {
    version: manifest.version,
    commit: environment["KALAMDB_BUILD_COMMIT"] ?? commitOfCheckout(),
    buildDate: environment["KALAMDB_BUILD_DATE"] ?? statSync(fileURLToPath(import.meta.url)).mtime.toISOString(),
  };
}

function commitOfCheckout(): string | undefined {
  const head = readIfThere("HEAD");
  if (head === undefined) return undefined;
  const reference = /^ref: (\S+)$/.exec(head)?.[1];
  const commit = reference === undefined ? head : (readIfThere(reference) ?? packed(reference));
  return commit?.slice(0, 10);
}

function packed(reference: string): string | undefined {
  const line = readIfThere("packed-refs")
    ?.split("\n")
    .find((each) => each.endsWith(` ${reference}`));
  return line?.split(" ")[0];
}

/** Most installations have no `.git`; that is no error. */
function readIfThere(name: string): string | undefined {
  const path = new URL(`../../.git/${name}`, import.meta.url);
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true ? readFileSync(path, "utf8").trim() : undefined;
}
