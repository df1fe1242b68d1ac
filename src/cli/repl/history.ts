import { appendFile, chmod, mkdir, readFile, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, join } from "node:path";

const OWNER_ONLY = 0o600;
const SECRET = /passw(?:or)?d|secret|credential|bearer\s|api_?key|(?:^|[^a-z])token(?:[^a-z]|$)/i;
const CONTINUATION = "\t";

export function historyPath(env: NodeJS.ProcessEnv = process.env): string {
  const named = env.KALAM_HISTORY;
  return named === undefined || named === "" ? join(homedir(), ".kalam", "sql_history") : named;
}

/**
 * What was typed, newest first, in a plain text file: an entry begins at the start of a line, its further lines begin with a tab.
 * Entries that may hold a secret or begin with a space are never kept, nor the same entry twice.
 */
export class History {
  readonly #path: string;
  readonly #limit: number;
  #entries: string[] = [];

  constructor(path = historyPath(), limit = 1000) {
    this.#path = path;
    this.#limit = limit;
  }

  get entries(): readonly string[] {
    return this.#entries;
  }

  /** Reads the file, and shortens it when it has grown far beyond the limit. */
  async load(): Promise<void> {
    let text: string;
    try {
      text = await readFile(this.#path, "utf8");
      await chmod(this.#path, OWNER_ONLY);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
      return;
    }
    const written = text.split(/\n(?!\t)/).filter((entry) => entry !== "");
    const newestFirst = written.map((entry) => entry.replaceAll(`\n${CONTINUATION}`, "\n")).reverse();
    this.#entries = [...new Set(newestFirst)].slice(0, this.#limit);
    if (written.length > this.#limit * 2) {
      const kept = this.#entries.toReversed().map(asWritten).join("");
      await writeFile(this.#path, kept, { mode: OWNER_ONLY });
    }
  }

  async add(input: string): Promise<void> {
    const entry = input.trim();
    if (entry === "" || /^\s/.test(input) || SECRET.test(entry) || this.#entries[0] === entry) return;
    this.#entries = [entry, ...this.#entries.filter((other) => other !== entry)].slice(0, this.#limit);
    await mkdir(dirname(this.#path), { recursive: true, mode: 0o700 });
    await appendFile(this.#path, asWritten(entry), { mode: OWNER_ONLY });
  }
}

function asWritten(entry: string): string {
  return `${entry.replaceAll("\n", `\n${CONTINUATION}`)}\n`;
}
