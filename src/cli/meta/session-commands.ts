import { CliError } from "../cli-error.ts";
import { EXIT } from "../exit-codes.ts";
import { FORMATS, type Format } from "../render/index.ts";
import type { MetaCommand } from "./context.ts";

export const sessionCommands: readonly MetaCommand[] = [
  {
    names: ["timing"],
    argument: "[on|off]",
    help: "show how long a request took",
    run: ({ session, note }, argument) => {
      session.presentation.timing = toggled(argument, session.presentation.timing);
      note(`Timing is ${session.presentation.timing ? "on" : "off"}.`);
      return true;
    },
  },
  {
    names: ["x"],
    argument: "[on|off]",
    help: "one line per column",
    run: ({ session, note }, argument) => {
      session.presentation.expanded = toggled(argument, session.presentation.expanded);
      note(`Expanded display is ${session.presentation.expanded ? "on" : "off"}.`);
      return true;
    },
  },
  {
    names: ["format"],
    argument: FORMATS.join("|"),
    help: "how results are written",
    run: ({ session, note }, argument) => {
      if (!isFormat(argument)) {
        throw new CliError(`Unknown format: ${argument}. Use: ${FORMATS.join(", ")}`, EXIT.usage);
      }
      session.presentation.format = argument;
      note(`Output format set to: ${argument}`);
      return true;
    },
  },
  {
    names: ["conninfo", "info", "session"],
    help: "show the connection",
    run: ({ session, note }) => {
      const user = session.user ?? "(known to the server)";
      note(`Connected to ${session.client.url} as ${user}, namespace ${session.namespace ?? "default"}.`);
      return true;
    },
  },
  {
    names: ["i"],
    argument: "file",
    help: "run a script",
    run: async ({ runFile }, argument) => {
      if (argument === "") throw new CliError("\\i needs the name of a file", EXIT.usage);
      const status = await runFile(argument);
      if (status !== EXIT.ok) throw new ScriptFailed(argument, status);
      return true;
    },
  },
  {
    names: ["refresh", "refresh-tables"],
    help: "read the names for completion again",
    run: ({ refreshCatalog }) => {
      refreshCatalog();
      return true;
    },
  },
  { names: ["q", "quit", "exit"], help: "leave", run: () => false },
];

/** The script has already told what went wrong; its caller only learns that it did. */
class ScriptFailed extends CliError {
  constructor(file: string, status: number) {
    super(`${file} stopped at an error`, status);
  }
}

function isFormat(text: string): text is Format {
  return (FORMATS as readonly string[]).includes(text);
}

function toggled(argument: string, current: boolean): boolean {
  if (argument === "") return !current;
  if (argument === "on" || argument === "off") return argument === "on";
  throw new CliError(`Write on or off instead of '${argument}'`, EXIT.usage);
}
