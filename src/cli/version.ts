import { readFileSync } from "node:fs";

/** Written by the release build beside the compiled files. */
const BUILD_FILE = new URL("../build-info.json", import.meta.url);
const PACKAGE_FILE = new URL("../../package.json", import.meta.url);

interface BuildInfo {
  readonly commit?: string;
  readonly branch?: string;
  readonly built?: string;
}

export function packageVersion(): string {
  return (JSON.parse(readFileSync(PACKAGE_FILE, "utf8")) as { version: string }).version;
}

/** `kalam 0.1.0`, and which commit was built when, if the build wrote it down. */
export function versionText(): string {
  const { commit, branch, built } = buildInfo();
  return [
    `kalam ${packageVersion()}`,
    ...(commit === undefined ? [] : [`Commit: ${commit}${branch === undefined ? "" : ` (${branch})`}`]),
    ...(built === undefined ? [] : [`Built: ${built}`]),
  ].join("\n");
}

function buildInfo(): BuildInfo {
  try {
    return JSON.parse(readFileSync(BUILD_FILE, "utf8")) as BuildInfo;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return {};
    throw error;
  }
}
