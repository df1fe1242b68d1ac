import { CliError } from "../cli-error.ts";
import { EXIT } from "../exit-codes.ts";
import { FORMATS, type Format } from "../render/index.ts";
import type { MetaCommand, MetaContext } from "./context.ts";

export const sessionCommands: readonly MetaCommand[] = [
  {
    names: ["g"],
    help: "end the statement as ; does; without one, run the last one again",
    run: (context, argument) => goAgain(context, argument, false),
  },
  {
    names: ["gx", "G"],
    help: "the same with one line per column",
    run: (context, argument) => goAgain(context, argument, true),
  },
  {
    // What is being written has already been dropped where the statement was read.
    names: ["r", "reset", "clear"],
    help: "drop the statement that is being written",
    run: ({ note }) => {
      note("Query buffer reset (cleared).");
      return true;
    },
  },
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
    argument: "[on|off|auto]",
    help: "one line per column; auto: where a table has no room",
    run: ({ session: { presentation }, note }, argument) => {
      presentation.expanded =
        argument === "auto" ? "auto" : toggled(argument, presentation.expanded === "on") ? "on" : "off";
      note(`Expanded display is ${presentation.expanded}.`);
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

async function goAgain({ session, signal }: MetaContext, argument: string, expanded: boolean): Promise<boolean> {
  if (argument !== "") throw new CliError("\\g takes no file: results go to standard output", EXIT.usage);
  const { last, inTransaction } = session.units;
  if (last === undefined || inTransaction) throw new CliError("There is no statement to run", EXIT.usage);
  await session.run({ ...last, expanded }, signal);
  return true;
}

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
