import { ConnectionError } from "../../client/index.ts";
import { CliError, exitCodeOf } from "../cli-error.ts";
import { reportError } from "../error-report.ts";
import { EXIT } from "../exit-codes.ts";
import type { Session } from "../session.ts";
import { type RequestUnit, RequestUnits, unitOf } from "./request-unit.ts";
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
 * otherwise; what would fail for every statement (no server, no login) always ends it.
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
  await run.end();
  return run.status;
}

class ScriptRun {
  readonly #file: string | undefined;
  readonly #options: ScriptOptions;
  readonly #units = new RequestUnits();
  status: number = EXIT.ok;

  constructor(file: string | undefined, options: ScriptOptions) {
    this.#file = file;
    this.#options = options;
  }

  /** @returns whether to go on. */
  async take(item: InputItem): Promise<boolean> {
    if (item.kind === "meta") return this.#guard(unitOf(item), () => this.#options.meta(item.text));
    const unit = this.#units.add(item);
    return unit === undefined || this.#send(unit);
  }

  async end(): Promise<void> {
    const unfinished = this.#units.end();
    if (unfinished !== undefined) await this.#send(unfinished);
  }

  #send(unit: RequestUnit): Promise<boolean> {
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
      this.#options.report(reportError(error, unit, this.#file));
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
