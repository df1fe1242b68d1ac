import { connect } from "./connection/connect.ts";
import type { ConnectionFlags } from "./connection/settings.ts";
import { EXIT } from "./exit-codes.ts";
import { type MetaContext, runMetaCommand } from "./meta/index.ts";
import { Output } from "./output.ts";
import type { Presentation } from "./render/index.ts";
import { endTransaction, readScriptFile, runScript, type Script, type ScriptOptions } from "./script/script-runner.ts";
import { Session } from "./session.ts";

export interface SqlProgramOptions {
  readonly connection: ConnectionFlags;
  readonly presentation: Presentation;
  /** Run in this order; nothing means the terminal, or standard input when there is none. */
  readonly scripts: readonly ScriptSource[];
  readonly continueOnError: boolean;
  readonly timeoutMs: number;
  readonly verbose: boolean;
}

export type ScriptSource = { readonly command: string } | { readonly file: string };

/** `kalam sql`. @returns the exit status. */
export async function runSqlProgram(options: SqlProgramOptions): Promise<number> {
  const { client, namespace, user, origin } = await connect(options.connection);
  if (options.verbose) note(`Connecting to ${client.url}${user === undefined ? "" : ` as ${user}`} (${origin})`);
  const session = new Session({
    client,
    output: new Output(process.stdout),
    presentation: options.presentation,
    namespace,
    user,
    timeoutMs: options.timeoutMs,
  });
  if (options.scripts.length > 0) return runScripts(options.scripts, session, options);
  if (process.stdin.isTTY !== true) return runScripts([{ file: "-" }], session, options);
  return runTerminal(session, options);
}

async function runScripts(
  sources: readonly ScriptSource[],
  session: Session,
  options: SqlProgramOptions,
): Promise<number> {
  const interrupt = new AbortController();
  const onInterrupt = () => {
    if (interrupt.signal.aborted) process.exit(EXIT.interrupted);
    interrupt.abort(new Error("Cancelled"));
  };
  process.on("SIGINT", onInterrupt);
  try {
    let worst: number = EXIT.ok;
    for (const source of sources) {
      const status = await runOne(scriptOf(source), session, options, interrupt.signal);
      if (status !== EXIT.ok) worst = status;
      if (status !== EXIT.ok && (!options.continueOnError || status !== EXIT.statement)) break;
    }
    if (worst === EXIT.ok || options.continueOnError) {
      const status = await endTransaction(scriptOptions(session, options, interrupt.signal));
      if (status !== EXIT.ok) worst = status;
    }
    if (interrupt.signal.aborted) note("Cancelled");
    return worst;
  } finally {
    process.off("SIGINT", onInterrupt);
  }
}

function runOne(script: Script, session: Session, options: SqlProgramOptions, signal: AbortSignal): Promise<number> {
  return runScript(script, scriptOptions(session, options, signal));
}

function scriptOptions(session: Session, options: SqlProgramOptions, signal: AbortSignal): ScriptOptions {
  const context: MetaContext = {
    session,
    signal,
    note,
    runFile: (path) => runOne(scriptOf({ file: path }), session, options, signal),
    refreshCatalog: () => undefined,
  };
  return {
    session,
    continueOnError: options.continueOnError,
    signal,
    meta: (line) => runMetaCommand(line, context),
    report: note,
  };
}

async function runTerminal(session: Session, options: SqlProgramOptions): Promise<number> {
  const [{ Repl }, { History }, { packageVersion }] = await Promise.all([
    import("./repl/repl.ts"),
    import("./repl/history.ts"),
    import("./version.ts"),
  ]);
  // A server that is down or refuses the login is said before the person types anything.
  await session.client.query("SELECT 1", [], { timeoutMs: options.timeoutMs });
  const history = new History();
  try {
    await history.load();
  } catch (error) {
    note(`The history cannot be read: ${(error as Error).message}`);
  }
  const user = session.user === undefined ? "" : ` as ${session.user}`;
  note(`kalam ${packageVersion()}: connected to ${session.client.url}${user}. \\? shows help, \\q leaves.`);
  const repl = new Repl({
    session,
    history,
    input: process.stdin,
    output: process.stdout,
    note,
    runFile: (path, signal) => runOne(scriptOf({ file: path }), session, options, signal),
  });
  await repl.run();
  return EXIT.ok;
}

function scriptOf(source: ScriptSource): Script {
  if ("command" in source) return { file: undefined, chunks: [source.command] };
  return { file: source.file === "-" ? "stdin" : source.file, chunks: readScriptFile(source.file) };
}

function note(text: string): void {
  process.stderr.write(`${text}\n`);
}
