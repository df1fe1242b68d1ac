import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

/** Builds when a source is newer than what was built, so that nobody measures yesterday's server. */
export function buildIfNeeded(): void {
  const script = fileURLToPath(new URL("../scripts/build.js", import.meta.url));
  const { status } = spawnSync(process.execPath, [script, "--if-needed"], { stdio: "inherit" });
  if (status !== 0) throw new Error("The build failed; nothing was measured");
}
