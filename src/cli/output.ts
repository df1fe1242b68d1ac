import { once } from "node:events";
import type { Writable } from "node:stream";

const FLUSH_AT = 64 * 1024;

/** Where data goes. Collects small pieces, and waits for a slow reader instead of buffering without end. */
export class Output {
  readonly #stream: Writable;
  readonly isTerminal: boolean;
  /** Called before anything is written: a terminal may show something in its place. */
  beforeWrite: () => void = () => undefined;
  #parts: string[] = [];
  #length = 0;

  constructor(stream: Writable & { isTTY?: boolean }) {
    this.#stream = stream;
    this.isTerminal = stream.isTTY === true;
  }

  /** Characters on a line of the terminal; undefined when the output is no terminal. */
  get columns(): number | undefined {
    return this.isTerminal ? ((this.#stream as { columns?: number }).columns ?? 80) : undefined;
  }

  write(text: string): void {
    this.#parts.push(text);
    this.#length += text.length;
  }

  /** Resolves when there is room for more. */
  async breathe(): Promise<void> {
    if (this.#length >= FLUSH_AT) await this.flush();
  }

  async flush(): Promise<void> {
    const text = this.#parts.join("");
    this.#parts = [];
    this.#length = 0;
    if (text === "") return;
    this.beforeWrite();
    if (!this.#stream.write(text)) await once(this.#stream, "drain");
  }
}
