import type { HotStore } from "../../../drivers/hot/hot-store.ts";
import { KalamError } from "../../../errors/index.ts";
import { DELETED_SLOT } from "../../catalog/table-schema.ts";
import type { IndexRead, KeyRange } from "../../query/relation.ts";
import type { Row } from "../../types/column-type.ts";
import { keySuccessor } from "../key-codec.ts";
import type { Partition } from "../partition.ts";
import { fromBuffer, indexPrefix, toBuffer } from "../store-keys.ts";
import type { Overlay } from "../store-scan.ts";
import type { PreImages } from "../store-snapshots.ts";
import { IndexRows, isBackward } from "./index-rows.ts";

const CHUNK_ENTRIES = 512;
/** Whoever asks for the first rows in the order of the index stops early. */
const FIRST_CHUNK_ENTRIES = 64;

type Found = readonly [entry: string, row: Row];

/**
 * Reads the hot rows of a partition that is not in memory by way of an index, as they are when it is made. What others commit
 * meanwhile changes entries: rows that were overwritten are taken from the images, under the entries that they had.
 */
export class StoredIndexRead {
  readonly #partition: Partition;
  readonly #store: HotStore;
  readonly #overlay: Overlay | undefined;
  readonly #read: IndexRead;
  readonly #images: PreImages;
  readonly #prefix: string;

  constructor(partition: Partition, store: HotStore, overlay: Overlay | undefined, read: IndexRead) {
    this.#partition = partition;
    this.#store = store;
    this.#overlay = overlay;
    this.#read = read;
    this.#prefix = indexPrefix(partition.prefix, read.index.id);
    this.#images = partition.snapshots.open(partition.prefix);
  }

  /** @returns "moved" when rows moved to a segment meanwhile; undefined when there are too many rows */
  async rows(): Promise<readonly Row[] | "moved" | undefined> {
    const rows = new IndexRows(this.#read);
    const backward = isBackward(this.#read);
    try {
      for (const range of backward ? this.#read.ranges.toReversed() : this.#read.ranges) {
        const more = await this.#readRange(range, backward, rows);
        if (more === "moved") return "moved";
        if (!more) break;
      }
      return rows.finish();
    } finally {
      this.#partition.snapshots.close(this.#partition.prefix, this.#images);
    }
  }

  async #readRange({ start = "", end }: KeyRange, backward: boolean, rows: IndexRows): Promise<boolean | "moved"> {
    let first = this.#prefix + start;
    let behind = end === undefined ? (keySuccessor(this.#prefix) as string) : this.#prefix + end;
    let limit = this.#read.order === "key" ? CHUNK_ENTRIES : FIRST_CHUNK_ENTRIES;
    for (;;) {
      const entries = await this.#store.scan({
        start: toBuffer(first),
        end: toBuffer(behind),
        limit,
        reverse: backward,
      });
      const found = await this.#follow(entries.map(({ key }) => fromBuffer(key).slice(this.#prefix.length)));
      if (this.#images.lost) {
        throw new KalamError("serialization_failure", {}, { hint: "The table was dropped while it was read." });
      }
      if (this.#images.moved.length > 0) return "moved";
      const last = entries.length < limit ? undefined : fromBuffer((entries.at(-1) as { key: Buffer }).key);
      const span = backward ? [last ?? first, behind] : [first, last === undefined ? behind : `${last}\0`];
      found.push(...this.#changed(span[0] as string, span[1] as string));
      found.sort(([a], [b]) => (a < b !== backward ? -1 : 1));
      for (const [entry, row] of found) if (!rows.accept(entry, row)) return false;
      if (last === undefined) return true;
      if (backward) behind = last;
      else first = `${last}\0`;
      limit = CHUNK_ENTRIES;
    }
  }

  /** The rows of these entries that nobody has changed since. */
  async #follow(entries: readonly string[]): Promise<Found[]> {
    const { index } = this.#read;
    const { prefix, schema } = this.#partition;
    const keys = entries.map((entry) => entry.slice(index.keyStart(entry)));
    const values = await this.#store.get(keys.map((key) => toBuffer(prefix + key)));
    return entries.flatMap((entry, at): Found[] => {
      const key = keys[at] as string;
      const value = values[at];
      if (value === undefined || this.#images.rows.has(key) || this.#overlay?.has(key) === true) return [];
      const row = schema.decode(value);
      return row[DELETED_SLOT] !== true && index.entryOf(row, key) === entry ? [[entry, row]] : [];
    });
  }

  /** Rows that were changed since, or by the transaction itself, with entries from `first` up to but not including `behind`. */
  #changed(first: string, behind: string): Found[] {
    const { index } = this.#read;
    const found: Found[] = [];
    const look = (key: string, row: Row | undefined): void => {
      if (row === undefined || row[DELETED_SLOT] === true) return;
      const entry = index.entryOf(row, key);
      const place = this.#prefix + entry;
      if (first <= place && place < behind) found.push([entry, row]);
    };
    for (const [key, row] of this.#images.rows) if (this.#overlay?.has(key) !== true) look(key, row);
    for (const [key, row] of this.#overlay ?? []) look(key, row);
    return found;
  }
}
