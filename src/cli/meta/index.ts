import { CliError } from "../cli-error.ts";
import { EXIT } from "../exit-codes.ts";
import { catalogCommands } from "./catalog-commands.ts";
import type { MetaCommand, MetaContext } from "./context.ts";
import { jobCommands } from "./job-commands.ts";
import { liveCommands } from "./live-commands.ts";
import { PSQL_HABITS } from "./psql-habits.ts";
import { sessionCommands } from "./session-commands.ts";

export type { MetaContext } from "./context.ts";

const HELP: MetaCommand = {
  names: ["?", "help", "h"],
  help: "show this list",
  run: ({ note }) => {
    note(helpText());
    return true;
  },
};

const COMMANDS: readonly MetaCommand[] = [
  HELP,
  ...catalogCommands,
  ...liveCommands,
  ...jobCommands,
  ...sessionCommands,
];
const BY_NAME: ReadonlyMap<string, MetaCommand> = new Map(
  COMMANDS.flatMap((command) => command.names.map((name) => [name, command] as const)),
);

/** All names with their backslash, for completion. */
export const META_NAMES: readonly string[] = [...BY_NAME.keys()].map((name) => `\\${name}`);

/**
 * Runs a line such as `\d messages`. A `;` at its end is allowed.
 * @returns false to leave.
 * @throws CliError (usage) for an unknown command; what its statement throws.
 */
export async function runMetaCommand(line: string, context: MetaContext): Promise<boolean> {
  const [, name = "", argument = ""] = /^\\(\S*?)(?:\s+([\s\S]*?))?\s*;?\s*$/.exec(line) ?? [];
  const command = BY_NAME.get(name) ?? BY_NAME.get(name.replace(/\+$/, ""));
  if (command === undefined) {
    throw new CliError(`Unknown command: \\${name}. Type \\? for help.`, EXIT.usage, PSQL_HABITS[name]);
  }
  return command.run(context, argument);
}

function helpText(): string {
  const rows = COMMANDS.map(({ names, argument, help }) => ({
    usage: `\\${names[0]}${argument === undefined ? "" : ` ${argument}`}`,
    help:
      names.length === 1
        ? help
        : `${help} (also ${names
            .slice(1)
            .map((name) => `\\${name}`)
            .join(", ")})`,
  }));
  const width = Math.max(...rows.map(({ usage }) => usage.length));
  return [
    "Statements end with ; or \\g and may span lines. Ctrl-C cancels, Ctrl-D leaves.",
    ...rows.map(({ usage, help }) => `  ${usage.padEnd(width)}  ${help}`),
  ].join("\n");
}
