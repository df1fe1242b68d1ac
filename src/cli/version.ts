import { readBuildInfo } from "../runtime/build-info.ts";

export function packageVersion(): string {
  return readBuildInfo().version;
}

/** `kalam 0.1.0`, which commit it is where that is known, and when it was built. */
export function versionText(): string {
  const { version, commit, buildDate } = readBuildInfo();
  return [`kalam ${version}`, ...(commit === undefined ? [] : [`Commit: ${commit}`]), `Built: ${buildDate}`].join("\n");
}
