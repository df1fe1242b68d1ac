import type { HotStore } from "../../drivers/hot/hot-store.ts";
import { KalamError } from "../../errors/index.ts";
import { DELETED_SLOT } from "../catalog/table-schema.ts";
import type { KeyRange, Relation, RelationShape } from "../query/relation.ts";
import { StalePlan } from "../stale-plan.ts";
import type { Row } from "../types/column-type.ts";
import { keySuccessor } from "./key-codec.ts";
import type { Partition } from "./partition.ts";
import type { RowTree } from "./row-tree.ts";
import { fromBuffer, toBuffer } from "./store-keys.ts";
import type { PreImages } from "./store-snapshots.ts";

const CHUNK_ROWS = 512;
/** The first chunk of a scan in memory is small: most readers stop early. */
const FIRST_CHUNK_ROWS = 64;

/** Rows that a transaction has staged over the committed ones; `_deleted` rows hide them. */
export type Overlay = ReadonlyMap<string, Row>;

/** One partition, as a query reads it. */
export class TableRelation implements Relation {
  readonly shape: RelationShape;
  readonly #partition: Partition;
  readonly #store: HotStore;
  readonly #overlay: Overlay | undefined;
  readonly #visible: ((row: Row) => boolean) | undefined;

  /**
   * @param partition resident or spilled
   * @param visible leaves rows out that are there but no longer count: expired stream rows
   */
  constructor(
    partition: Partition,
    store: HotStore,
    overlay: Overlay | undefined,
    visible: ((row: Row) => boolean) | undefined,
  ) {
    this.shape = partition.schema.shape;
    this.#partition = partition;
    this.#store = store;
    this.#overlay = overlay === undefined || overlay.size === 0 ? undefined : overlay;
    this.#visible = visible;
  }

  get rowEstimate(): number | undefined {
    return this.#partition.inMemory ? this.#partition.rowCount : undefined;
  }

  lookup(keys: readonly string[]): readonly Row[] | Promise<readonly Row[]> {
    this.#requireKnown();
    if (!this.#partition.inMemory) return this.#fetch(keys);
    return this.#found(
      keys.map((key) => this.#partition.get(key)),
      keys,
    );
  }

  async #fetch(keys: readonly string[]): Promise<readonly Row[]> {
    const values = await this.#store.get(keys.map((key) => toBuffer(this.#partition.prefix + key)));
    const rows = values.map((value) => (value === undefined ? undefined : this.#partition.schema.decode(value)));
    return this.#found(rows, keys);
  }

  #found(rows: readonly (Row | undefined)[], keys: readonly string[]): readonly Row[] {
    const found: Row[] = [];
    rows.forEach((committed, index) => {
      const row = this.#overlay?.get(keys[index] as string) ?? committed;
      if (row !== undefined && this.#counts(row)) found.push(row);
    });
    return found;
  }

  #counts(row: Row): boolean {
    return row[DELETED_SLOT] !== true && (this.#visible === undefined || this.#visible(row));
  }

  /** The table was dropped or altered after the statement had found it: the statement has to be planned again. */
  #requireKnown(): void {
    if (this.#partition.membership === "forgotten") throw new StalePlan(this.#partition.schema.fullName);
  }

  scan(range: KeyRange, reverse: boolean): Iterable<readonly Row[]> | AsyncIterable<readonly Row[]> {
    this.#requireKnown();
    if (!this.#partition.inMemory) {
      const images = this.#partition.snapshots.open(this.#partition.prefix);
      return this.#scanStore(range, reverse, images, this.#stagedIn(range, reverse));
    }
    const tree = this.#overlay === undefined ? this.#partition.share() : this.#merged(this.#overlay);
    return { [Symbol.iterator]: () => this.#chunks(tree, range, reverse) };
  }

  /** The committed rows with the transaction's own changes on top. */
  #merged(overlay: Overlay): RowTree {
    const tree = this.#partition.share().clone();
    for (const [key, row] of overlay) {
      if (row[DELETED_SLOT] === true) tree.delete(key);
      else tree.set(key, row);
    }
    return tree;
  }

  *#chunks(tree: RowTree, range: KeyRange, reverse: boolean): Generator<readonly Row[], void, undefined> {
    const reused: (string | Row)[] = [];
    const entries = reverse ? tree.entriesReversed(range.end, reused, true) : tree.entries(range.start, reused);
    let chunk: Row[] = [];
    let size = FIRST_CHUNK_ROWS;
    for (const entry of entries) {
      const [key, row] = entry as [string, Row];
      if (reverse ? range.start !== undefined && key < range.start : range.end !== undefined && key >= range.end) break;
      if (!this.#counts(row)) continue;
      chunk.push(row);
      if (chunk.length === size) {
        yield chunk;
        chunk = [];
        size = CHUNK_ROWS;
      }
    }
    if (chunk.length > 0) yield chunk;
  }

  async *#scanStore(
    range: KeyRange,
    reverse: boolean,
    images: PreImages,
    staged: [string, Row][],
  ): AsyncIterable<readonly Row[]> {
    const { prefix, snapshots } = this.#partition;
    try {
      let start = prefix + (range.start ?? "");
      let end = range.end === undefined ? (keySuccessor(prefix) as string) : prefix + range.end;
      for (;;) {
        const entries = await this.#store.scan({
          start: toBuffer(start),
          end: toBuffer(end),
          limit: CHUNK_ROWS,
          reverse,
        });
        if (images.lost) {
          throw new KalamError("serialization_failure", {}, { hint: "The table was dropped while it was read." });
        }
        const rows: Row[] = [];
        for (const entry of entries) {
          const key = fromBuffer(entry.key).slice(prefix.length);
          takeStagedBefore(staged, key, reverse, rows);
          if (this.#overlay?.has(key)) continue;
          const row = this.#rowAt(key, entry.value, images);
          if (row !== undefined && this.#counts(row)) rows.push(row);
        }
        const last = entries.at(-1);
        if (entries.length < CHUNK_ROWS || last === undefined) {
          for (const [, row] of staged) if (this.#counts(row)) rows.push(row);
          if (rows.length > 0) yield rows;
          return;
        }
        if (reverse) end = fromBuffer(last.key);
        else start = `${fromBuffer(last.key)}\0`;
        if (rows.length > 0) yield rows;
      }
    } finally {
      snapshots.close(prefix, images);
    }
  }

  #rowAt(key: string, value: Buffer, images: PreImages): Row | undefined {
    if (images.rows.has(key)) return images.rows.get(key);
    return this.#partition.schema.decode(value);
  }

  /** The transaction's changes inside the range, in the order of the scan. */
  #stagedIn(range: KeyRange, reverse: boolean): [string, Row][] {
    const inside = [...(this.#overlay ?? [])].filter(
      ([key]) => (range.start === undefined || key >= range.start) && (range.end === undefined || key < range.end),
    );
    inside.sort(([a], [b]) => (a < b ? -1 : 1));
    return reverse ? inside.reverse() : inside;
  }
}

/** Moves staged rows that come before `key` into `rows`; one with the same key replaces what the store has. */
function takeStagedBefore(staged: [string, Row][], key: string, reverse: boolean, rows: Row[]): void {
  for (;;) {
    const next = staged[0];
    if (next === undefined || (reverse ? next[0] < key : next[0] > key)) return;
    staged.shift();
    if (next[1][DELETED_SLOT] !== true) rows.push(next[1]);
  }
}
