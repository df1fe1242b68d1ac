import { createInterface, type Interface } from "node:readline";
import { reportError } from "../error-report.ts";
import { type MetaContext, runMetaCommand } from "../meta/index.ts";
import { type InputItem, StatementSplitter } from "../script/statement-splitter.ts";
import type { Session } from "../session.ts";
import { readBareWord } from "./bare-words.ts";
import { NameCache } from "./catalog-names.ts";
import { complete } from "./completion.ts";
import type { History } from "./history.ts";
import { promptText } from "./prompt.ts";
import { Spinner } from "./spinner.ts";

export interface ReplOptions {
  readonly session: Session;
  readonly history: History;
  readonly input: NodeJS.ReadStream;
  readonly output: NodeJS.WriteStream;
  note(text: string): void;
  runFile(path: string, signal: AbortSignal): Promise<number>;
}

/**
 * Reads lines, runs what they complete, one after another. Lines that arrive while something runs wait their turn, so that pasted
 * text works. Ctrl-C aborts what runs and drops what waits, or else drops the unfinished input.
 */
export class Repl {
  readonly #options: ReplOptions;
  readonly #names: NameCache;
  readonly #splitter = new StatementSplitter();
  readonly #spinner: Spinner;
  readonly #lines: Interface;
  /** Readline's own list of entries, newest first; kept equal to the history. */
  readonly #recall: string[];
  #waiting: string[] = [];
  #entry = "";
  #running: AbortController | undefined;
  #draining: Promise<void> | undefined;
  #closed = false;

  constructor(options: ReplOptions) {
    this.#options = options;
    this.#names = new NameCache(options.session.client);
    this.#spinner = new Spinner(options.output);
    this.#recall = [...options.history.entries];
    options.session.output.beforeWrite = () => this.#spinner.stop();
    options.session.onCatalogChange = () => this.#names.forget();
    this.#lines = createInterface({
      input: options.input,
      output: options.output,
      terminal: true,
      history: this.#recall,
      historySize: 1000,
      completer: (line: string, done: (error: null, result: [string[], string]) => void) => {
        const text = `${this.#splitter.pending}${line}`;
        void this.#names.get().then((names) => done(null, complete(text, names, options.session.namespace)));
      },
    });
  }

  /** Resolves when the person leaves. */
  async run(): Promise<void> {
    const lines = this.#lines;
    const closed = new Promise<void>((resolve) => lines.once("close", resolve));
    // Readline keeps single lines; whole statements are what one wants back.
    lines.on("history", () => this.#restoreRecall());
    lines.on("line", (line) => {
      this.#waiting.push(line);
      this.#draining ??= this.#drain().finally(() => {
        this.#draining = undefined;
      });
    });
    lines.on("SIGINT", () => this.#interrupt());
    void this.#names.get();
    this.#prompt();
    await closed;
    // Ctrl-D leaves the cursor behind the prompt.
    if (!this.#closed && this.#draining === undefined) this.#options.output.write("\n");
    this.#closed = true;
    this.#running?.abort();
    await this.#draining;
  }

  async #drain(): Promise<void> {
    for (let line = this.#waiting.shift(); line !== undefined && !this.#closed; line = this.#waiting.shift()) {
      const bare = readBareWord(line, this.#splitter.open);
      if (bare.kind === "leave") return this.#leave();
      const told = bare.kind === "note" ? bare.text : bare.hint;
      if (told !== undefined) this.#options.note(told);
      if (bare.kind === "note") continue;
      this.#entry += this.#entry === "" ? line : `\n${line}`;
      const items = this.#splitter.push(`${line}\n`);
      // A command in the middle of a statement is no part of it.
      if (items.at(-1)?.kind === "meta" && this.#splitter.open !== "nothing") {
        this.#entry = this.#splitter.pending.trimEnd();
      }
      const stays = await this.#runAll(items);
      await this.#keepEntry();
      if (!stays) return this.#leave();
    }
    if (!this.#closed) this.#prompt();
  }

  #leave(): void {
    this.#closed = true;
    this.#lines.close();
  }

  /** @returns false to leave. */
  async #runAll(items: readonly InputItem[]): Promise<boolean> {
    for (const item of items) if (!(await this.#run(item))) return false;
    return true;
  }

  /** @returns false to leave. */
  async #run(item: InputItem): Promise<boolean> {
    const unit = item.kind === "meta" ? undefined : this.#options.session.units.add(item);
    if (item.kind === "statement" && unit === undefined) return true;
    const running = new AbortController();
    this.#running = running;
    this.#spinner.start();
    try {
      if (unit === undefined) return await runMetaCommand(item.text, this.#metaContext(running.signal));
      await this.#options.session.run(unit, running.signal);
      return true;
    } catch (error) {
      this.#spinner.stop();
      this.#options.note(running.signal.aborted ? "Cancelled" : reportError(error, unit));
      return true;
    } finally {
      this.#spinner.stop();
      this.#running = undefined;
    }
  }

  #metaContext(signal: AbortSignal): MetaContext {
    return {
      session: this.#options.session,
      signal,
      note: (text) => {
        this.#spinner.stop();
        this.#options.note(text);
      },
      runFile: (path) => this.#options.runFile(path, signal),
      refreshCatalog: () => this.#names.forget(),
    };
  }

  #interrupt(): void {
    this.#waiting = [];
    if (this.#running !== undefined) {
      this.#running.abort();
      return;
    }
    const hadInput = this.#entry !== "" || this.#lines.line !== "" || this.#options.session.units.inTransaction;
    this.#lines.write(null, { ctrl: true, name: "e" });
    this.#lines.write(null, { ctrl: true, name: "u" });
    this.#splitter.reset();
    this.#options.session.units.reset();
    this.#entry = "";
    this.#options.output.write(hadInput ? "^C\n" : "\nUse \\q or Ctrl-D to leave.\n");
    this.#prompt();
  }

  /** A statement is kept as one entry when it is complete. */
  async #keepEntry(): Promise<void> {
    if (this.#splitter.open !== "nothing") return;
    const entry = this.#entry;
    this.#entry = "";
    try {
      await this.#options.history.add(entry);
    } catch (error) {
      this.#options.note(`The history cannot be kept: ${(error as Error).message}`);
    }
    this.#restoreRecall();
  }

  #restoreRecall(): void {
    this.#recall.splice(0, this.#recall.length, ...this.#options.history.entries);
  }

  #prompt(): void {
    const { open } = this.#splitter;
    this.#lines.setPrompt(promptText(this.#options.session.namespace, open, this.#options.session.units.inTransaction));
    this.#lines.prompt();
  }
}
