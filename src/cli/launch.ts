import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { readCommandLine } from "./command-line.ts";
import { EXIT } from "./exit-codes.ts";
import { versionText } from "./version.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const COMMANDS = fileURLToPath(new URL("../commands/", import.meta.url));
/** Compiled `.js`, or `.ts` when the sources themselves are run; never declarations. */
const COMMAND_FILE = /^([\w-]+)\.(?:js|ts)$/;

/** The whole program. What needs no command is answered before the command framework is loaded. */
export async function launch(args: readonly string[]): Promise<void> {
  const commands = readdirSync(COMMANDS).flatMap((file) => COMMAND_FILE.exec(file)?.[1] ?? []);
  const line = readCommandLine(args, commands);
  if (line.kind === "version") {
    process.stdout.write(`${versionText()}\n`);
    return;
  }
  if (line.kind === "unknown") {
    const suggestion = line.suggestion === undefined ? "" : ` Did you mean 'kalam ${line.suggestion}'?`;
    process.stderr.write(`'${line.command}' is no kalam command.${suggestion}\nSee: kalam --help\n`);
    process.exitCode = EXIT.usage;
    return;
  }
  await runCommand(line.args);
}

async function runCommand(args: readonly string[]): Promise<void> {
  const [{ run }, { handle }] = await Promise.all([import("@oclif/core/run"), import("@oclif/core/handle")]);
  const description = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));
  description.oclif.commands = { ...description.oclif.commands, target: COMMANDS };
  try {
    await run([...args], { root: ROOT, pjson: description });
  } catch (error) {
    await handle(error as Error);
  }
}
