import type { HotStore } from "../../drivers/hot/hot-store.ts";
import { KalamError } from "../../errors/index.ts";
import type { ColdRows } from "../cold/cold-rows.ts";
import type { KeyRange } from "../query/relation.ts";
import type { Row } from "../types/column-type.ts";
import { keySuccessor } from "./key-codec.ts";
import type { KeyedVersion } from "./merged-scan.ts";
import type { Partition } from "./partition.ts";
import { fromBuffer, toBuffer } from "./store-keys.ts";
import type { PreImages } from "./store-snapshots.ts";

const CHUNK_ROWS = 512;

/** Versions that a transaction has staged over the committed ones; deletions hide them. */
export type Overlay = ReadonlyMap<string, Row>;

/**
 * The hot versions of a partition that is not in memory, as they were when the scan was made: read from the store piece by
 * piece, with what was overwritten meanwhile from the images. Rows that moved to a segment meanwhile are read from there:
 *
 *     store    a b c │ d e f │ g h i │
 *     moved          │ d   f │         removed from the store before the scan came there
 */
export class StoreScan {
  readonly #partition: Partition;
  readonly #store: HotStore;
  readonly #cold: ColdRows | undefined;
  readonly #range: KeyRange;
  readonly #reverse: boolean;
  readonly #images: PreImages;
  readonly #overlay: [string, Row][];
  readonly #moved: MovedRows[] = [];

  constructor(
    partition: Partition,
    store: HotStore,
    cold: ColdRows | undefined,
    overlay: Overlay | undefined,
    range: KeyRange,
    reverse: boolean,
  ) {
    this.#partition = partition;
    this.#store = store;
    this.#cold = cold;
    this.#range = range;
    this.#reverse = reverse;
    this.#images = partition.snapshots.open(partition.prefix);
    this.#overlay = stagedIn(overlay, range, reverse);
  }

  /**
   * Versions in key order or backwards, deletions included.
   * @param wanted leaves out committed versions by what the store has of them
   */
  async *versions(wanted?: (stored: Buffer) => boolean): AsyncGenerator<readonly KeyedVersion[], void, undefined> {
    const { prefix, snapshots, schema } = this.#partition;
    try {
      let start = prefix + (this.#range.start ?? "");
      let end = this.#range.end === undefined ? (keySuccessor(prefix) as string) : prefix + this.#range.end;
      for (;;) {
        const entries = await this.#store.scan({
          start: toBuffer(start),
          end: toBuffer(end),
          limit: CHUNK_ROWS,
          reverse: this.#reverse,
        });
        const { lost } = this.#images;
        if (lost !== undefined) throw new KalamError("serialization_failure", {}, { hint: lost });
        const last = entries.length < CHUNK_ROWS ? undefined : entries.at(-1);
        const lastKey = last === undefined ? undefined : fromBuffer(last.key);
        const found = new Map<string, Row>();
        await this.#takeMoved(start, end, lastKey?.slice(prefix.length), found);
        for (const { key, value } of entries) {
          const name = fromBuffer(key).slice(prefix.length);
          // What was written since may be of a later schema: it is not looked at.
          if (this.#images.rows.has(name)) this.#keepFormer(name, found);
          else if (wanted === undefined || wanted(value)) found.set(name, schema.decode(value));
        }
        const versions = this.#asItWas(found, lastKey?.slice(prefix.length));
        if (versions.length > 0) yield versions;
        if (lastKey === undefined) return;
        if (this.#reverse) end = lastKey;
        else start = `${lastKey}\0`;
      }
    } finally {
      snapshots.close(prefix, this.#images);
      for (const moved of this.#moved) await moved.close();
    }
  }

  /** Rows of this piece that moved to segments before the store was asked; the newest segment last. */
  async #takeMoved(start: string, end: string, lastKey: string | undefined, found: Map<string, Row>): Promise<void> {
    const { prefix, schema } = this.#partition;
    if (this.#cold === undefined) return;
    for (const segment of this.#images.moved.slice(this.#moved.length)) {
      const rest = {
        start: start.slice(prefix.length),
        ...(end.startsWith(prefix) ? { end: end.slice(prefix.length) } : {}),
      };
      const rows = this.#cold.scan(schema, [segment], rest, this.#reverse);
      this.#moved.push(new MovedRows(rows, (row) => schema.keyOf(row), this.#reverse));
    }
    for (const moved of this.#moved) await moved.takeUpTo(lastKey, found);
    for (const key of [...found.keys()]) this.#keepFormer(key, found);
  }

  /** What was there at the moment of the scan counts, not what has been written since. */
  #keepFormer(key: string, found: Map<string, Row>): void {
    const former = this.#images.rows.get(key);
    if (former !== undefined) found.set(key, former);
    else if (this.#images.rows.has(key)) found.delete(key);
  }

  /** The versions of this piece in order, with what the transaction has staged in this piece. */
  #asItWas(found: Map<string, Row>, lastKey: string | undefined): KeyedVersion[] {
    let sorted = this.#moved.length === 0;
    for (;;) {
      const next = this.#overlay[0];
      if (next === undefined || (lastKey !== undefined && isBehind(next[0], lastKey, this.#reverse))) break;
      this.#overlay.shift();
      found.set(next[0], next[1]);
      sorted = false;
    }
    const versions = [...found];
    if (!sorted) versions.sort(([a], [b]) => (a < b !== this.#reverse ? -1 : 1));
    return versions;
  }
}

/** The rows of a segment that took over a part of what a scan was to read. */
class MovedRows {
  readonly #rows: AsyncGenerator<readonly Row[], void, undefined>;
  readonly #keyOf: (row: Row) => string;
  readonly #reverse: boolean;
  #chunk: readonly Row[] = [];
  #at = 0;

  constructor(rows: AsyncGenerator<readonly Row[], void, undefined>, keyOf: (row: Row) => string, reverse: boolean) {
    this.#rows = rows;
    this.#keyOf = keyOf;
    this.#reverse = reverse;
  }

  async takeUpTo(lastKey: string | undefined, into: Map<string, Row>): Promise<void> {
    for (;;) {
      while (this.#at < this.#chunk.length) {
        const row = this.#chunk[this.#at] as Row;
        const key = this.#keyOf(row);
        if (lastKey !== undefined && isBehind(key, lastKey, this.#reverse)) return;
        into.set(key, row);
        this.#at++;
      }
      const step = await this.#rows.next();
      if (step.done === true) return;
      this.#chunk = step.value;
      this.#at = 0;
    }
  }

  async close(): Promise<void> {
    await this.#rows.return();
  }
}

function isBehind(key: string, other: string, reverse: boolean): boolean {
  return reverse ? key < other : key > other;
}

function stagedIn(overlay: Overlay | undefined, range: KeyRange, reverse: boolean): [string, Row][] {
  const inside = [...(overlay ?? [])].filter(
    ([key]) => (range.start === undefined || key >= range.start) && (range.end === undefined || key < range.end),
  );
  inside.sort(([a], [b]) => (a < b ? -1 : 1));
  return reverse ? inside.reverse() : inside;
}
