import { ConnectionError } from "../../client/index.ts";
import { CliError, exitCodeOf } from "../cli-error.ts";
import { reportError } from "../error-report.ts";
import { EXIT } from "../exit-codes.ts";
import type { Session } from "../session.ts";
import { type RequestUnit, unitOf } from "./request-unit.ts";
import { type InputItem, StatementSplitter, StatementTooLong } from "./statement-splitter.ts";

/** Text to be run: a file, standard input, or an argument. */
export interface Script {
  /** Named in errors; undefined for text that the person has before the eyes. */
  readonly file: string | undefined;
  readonly chunks: AsyncIterable<string> | Iterable<string>;
}

export interface ScriptOptions {
  readonly session: Session;
  readonly continueOnError: boolean;
  readonly signal: AbortSignal;
  /** Runs a line such as `\dt`. @returns false to end the script. */
  meta(line: string): Promise<boolean>;
  report(text: string): void;
}

/**
 * Runs a script statement by statement as it is read: one request each, a transaction in one. Stops at the first error unless told
 * otherwise; what would fail for every statement (no server, no login) always ends it. A transaction may go on in the next script.
 *
 * @returns the exit status.
 */
export async function runScript(script: Script, options: ScriptOptions): Promise<number> {
  const run = new ScriptRun(script.file, options);
  const splitter = new StatementSplitter();
  try {
    for await (const chunk of script.chunks) {
      for (const item of splitter.push(chunk)) if (!(await run.take(item))) return run.status;
    }
    for (const item of splitter.end()) if (!(await run.take(item))) return run.status;
  } catch (error) {
    if (!(error instanceof StatementTooLong)) throw error;
    options.report(`${script.file === undefined ? "" : `${script.file}:${error.line}: `}${error.message}`);
    return EXIT.statement;
  }
  return run.status;
}

/** Sends a transaction that all scripts together have not ended, so that the server says what is missing. */
export async function endTransaction(options: ScriptOptions): Promise<number> {
  const unfinished = options.session.units.end();
  const run = new ScriptRun(undefined, options);
  if (unfinished !== undefined) await run.send(unfinished);
  return run.status;
}

class ScriptRun {
  readonly #file: string | undefined;
  readonly #options: ScriptOptions;
  status: number = EXIT.ok;

  constructor(file: string | undefined, options: ScriptOptions) {
    this.#file = file;
    this.#options = options;
  }

  /** @returns whether to go on. */
  async take(item: InputItem): Promise<boolean> {
    if (item.kind === "meta") return this.#guard(unitOf(item, this.#file), () => this.#options.meta(item.text));
    const unit = this.#options.session.units.add(item, this.#file);
    return unit === undefined || this.send(unit);
  }

  send(unit: RequestUnit): Promise<boolean> {
    return this.#guard(unit, async () => {
      await this.#options.session.run(unit, this.#options.signal);
      return true;
    });
  }

  async #guard(unit: RequestUnit, work: () => Promise<boolean>): Promise<boolean> {
    try {
      return await work();
    } catch (error) {
      if (this.#options.signal.aborted) {
        this.status = EXIT.interrupted;
        return false;
      }
      this.#options.report(reportError(error, unit));
      this.status = exitCodeOf(error);
      const hopeless = error instanceof ConnectionError || this.status === EXIT.authentication;
      return this.#options.continueOnError && !hopeless;
    }
  }
}

/** A file's text in pieces. @throws CliError (usage) when it cannot be read. */
export async function* readScriptFile(path: string): AsyncGenerator<string> {
  const { createReadStream } = await import("node:fs");
  const stream = path === "-" ? process.stdin : createReadStream(path);
  try {
    for await (const chunk of stream.setEncoding("utf8")) yield chunk as string;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const reason = code === "ENOENT" ? "there is no such file" : code === "EISDIR" ? "it is a folder" : message;
    throw new CliError(`Cannot read ${path}: ${reason}`, EXIT.usage);
  }
}
