import { DELETED_SLOT } from "../catalog/table-schema.ts";
import type { Row } from "../types/column-type.ts";

const CHUNK_ROWS = 512;

/** A version of a row under its key; it may be a deletion. */
export type KeyedVersion = readonly [key: string, version: Row];

/**
 * Hot and cold versions as one: both come in the order of their keys, and of two with the same key the hot one counts.
 * Deletions hide, and are left out.
 */
export async function* mergeByKey(
  hot: AsyncIterable<readonly KeyedVersion[]>,
  cold: AsyncIterable<readonly Row[]>,
  keyOf: (row: Row) => string,
  reverse: boolean,
): AsyncGenerator<readonly Row[], void, undefined> {
  const left = new Cursor(hot, ([key]) => key);
  const right = new Cursor(cold, keyOf);
  try {
    let rows: Row[] = [];
    for (;;) {
      if (left.needsMore) await left.more();
      if (right.needsMore) await right.more();
      const { item: mine, key } = left;
      const { item: other, key: otherKey } = right;
      if (mine === undefined && other === undefined) break;
      const order = mine === undefined ? 1 : other === undefined ? -1 : compare(key, otherKey, reverse);
      const version = order <= 0 ? mine?.[1] : other;
      if (order <= 0) left.advance();
      if (order >= 0) right.advance();
      if (version === undefined || version[DELETED_SLOT] === true) continue;
      rows.push(version);
      if (rows.length === CHUNK_ROWS) {
        yield rows;
        rows = [];
      }
    }
    if (rows.length > 0) yield rows;
  } finally {
    await left.close();
    await right.close();
  }
}

function compare(a: string, b: string, reverse: boolean): number {
  if (a === b) return 0;
  return a < b !== reverse ? -1 : 1;
}

/** A place in a stream of chunks. */
class Cursor<Item> {
  readonly #chunks: AsyncIterator<readonly Item[]>;
  readonly #keyOf: (item: Item) => string;
  #chunk: readonly Item[] = [];
  #at = 0;
  #ended = false;
  item: Item | undefined;
  key = "";

  constructor(chunks: AsyncIterable<readonly Item[]>, keyOf: (item: Item) => string) {
    this.#chunks = chunks[Symbol.asyncIterator]();
    this.#keyOf = keyOf;
  }

  get needsMore(): boolean {
    return this.item === undefined && !this.#ended;
  }

  async more(): Promise<void> {
    while (this.#at === this.#chunk.length) {
      const step = await this.#chunks.next();
      if (step.done === true) {
        this.#ended = true;
        return;
      }
      this.#chunk = step.value;
      this.#at = 0;
    }
    this.#take();
  }

  advance(): void {
    this.#at++;
    if (this.#at < this.#chunk.length) this.#take();
    else this.item = undefined;
  }

  #take(): void {
    this.item = this.#chunk[this.#at] as Item;
    this.key = this.#keyOf(this.item);
  }

  async close(): Promise<void> {
    await this.#chunks.return?.();
  }
}
