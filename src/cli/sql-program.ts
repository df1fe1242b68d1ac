import { EXIT } from "./exit-codes.ts";
import { type MetaContext, runMetaCommand } from "./meta/index.ts";
import { openSession, type SessionSettings, withInterrupt } from "./open-session.ts";
import { endTransaction, readScriptFile, runScript, type Script, type ScriptOptions } from "./script/script-runner.ts";
import type { Session } from "./session.ts";

export interface SqlProgramOptions extends SessionSettings {
  /** Run in this order; nothing means the terminal, or standard input when there is none. */
  readonly scripts: readonly ScriptSource[];
  readonly continueOnError: boolean;
}

export type ScriptSource = { readonly command: string } | { readonly file: string };

/** `kalam sql`. @returns the exit status. */
export async function runSqlProgram(options: SqlProgramOptions): Promise<number> {
  const session = await openSession(options);
  if (options.scripts.length > 0) return runScripts(options.scripts, session, options);
  if (process.stdin.isTTY !== true) return runScripts([{ file: "-" }], session, options);
  return runTerminal(session, options);
}

async function runScripts(
  sources: readonly ScriptSource[],
  session: Session,
  options: SqlProgramOptions,
): Promise<number> {
  return withInterrupt(async (signal) => {
    let worst: number = EXIT.ok;
    for (const source of sources) {
      const status = await runOne(scriptOf(source), session, options, signal);
      if (status !== EXIT.ok) worst = status;
      if (status !== EXIT.ok && (!options.continueOnError || status !== EXIT.statement)) break;
    }
    if (worst === EXIT.ok || options.continueOnError) {
      const status = await endTransaction(scriptOptions(session, options, signal));
      if (status !== EXIT.ok) worst = status;
    }
    if (signal.aborted) note("Cancelled");
    return worst;
  });
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
