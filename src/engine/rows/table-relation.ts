import type { HotStore } from "../../drivers/hot/hot-store.ts";
import { DELETED_SLOT, type TableSchema } from "../catalog/table-schema.ts";
import type { ColdRows } from "../cold/cold-rows.ts";
import { pruneSegments } from "../cold/pruning.ts";
import type { ReadableSegment } from "../cold/readable-segment.ts";
import type { IndexRead, KeyRange, Relation, RelationParts, RelationShape, RowBounds } from "../query/relation.ts";
import { StalePlan } from "../stale-plan.ts";
import type { Row } from "../types/column-type.ts";
import { IndexRows, isBackward } from "./indexes/index-rows.ts";
import { StoredIndexRead } from "./indexes/stored-index.ts";
import { type KeyedVersion, mergeByKey } from "./merged-scan.ts";
import type { Partition } from "./partition.ts";
import { isShadowing } from "./row-codec.ts";
import type { RowTree } from "./row-tree.ts";
import { type Overlay, StoreScan } from "./store-scan.ts";
import { storedVersions } from "./stored-versions.ts";

const CHUNK_ROWS = 512;
/** How often an index is read again because rows moved to a segment meanwhile. */
const MAX_INDEX_READS = 8;
/** An index is used in memory where it leads to less than this share of the rows. */
const INDEX_SHARE = 0.25;
/** The first chunk of a scan in memory is small: most readers stop early. */
const FIRST_CHUNK_ROWS = 64;

export type { Overlay } from "./store-scan.ts";

/** One partition, hot and cold, as a query reads it. */
export class TableRelation implements Relation {
  readonly shape: RelationShape;
  readonly #partition: Partition;
  readonly #store: HotStore;
  readonly #cold: ColdRows | undefined;
  readonly #overlay: Overlay | undefined;
  readonly #visible: ((row: Row) => boolean) | undefined;

  /**
   * @param partition resident or spilled
   * @param cold undefined for the server's own tables, which are never flushed
   * @param visible leaves rows out that are there but no longer count: expired stream rows
   */
  constructor(
    partition: Partition,
    store: HotStore,
    cold: ColdRows | undefined,
    overlay: Overlay | undefined,
    visible: ((row: Row) => boolean) | undefined,
  ) {
    this.shape = partition.schema.shape;
    this.#partition = partition;
    this.#store = store;
    this.#cold = cold;
    this.#overlay = overlay === undefined || overlay.size === 0 ? undefined : overlay;
    this.#visible = visible;
  }

  get rowEstimate(): number | undefined {
    if (!this.#partition.inMemory) return undefined;
    let rows = this.#partition.rowCount;
    if (this.#partition.hasCold) {
      for (const { rowCount, deletedCount } of this.#partition.manifest.segments) rows += rowCount - deletedCount;
    }
    return rows;
  }

  lookup(keys: readonly string[]): readonly Row[] | Promise<readonly Row[]> {
    this.#requireKnown();
    const partition = this.#partition;
    if (!partition.inMemory) return this.#fetch(keys);
    const versions = keys.map(
      (key) => this.#overlay?.get(key) ?? partition.get(key) ?? (partition.hasCold ? partition.shadow(key) : undefined),
    );
    return partition.hasCold ? this.#withCold(keys, versions) : this.#live(versions);
  }

  async #fetch(keys: readonly string[]): Promise<readonly Row[]> {
    const values = await storedVersions(this.#store, this.#partition, keys);
    const versions = values.map(
      (value, index) =>
        this.#overlay?.get(keys[index] as string) ??
        (value === undefined ? undefined : this.#partition.schema.decode(value)),
    );
    return this.#withCold(keys, versions);
  }

  /** Looks in the segments for the keys that have no hot version. */
  #withCold(keys: readonly string[], versions: readonly (Row | undefined)[]): readonly Row[] | Promise<readonly Row[]> {
    const missing = keys.filter((_, index) => versions[index] === undefined);
    const found = missing.length === 0 ? undefined : this.#cold?.find(this.#partition, missing);
    if (!(found instanceof Promise)) return this.#live(versions);
    return found.then((cold) => this.#live(keys.map((key, index) => versions[index] ?? cold.version(key))));
  }

  #live(versions: readonly (Row | undefined)[]): readonly Row[] {
    return versions.filter((row): row is Row => row !== undefined && this.#counts(row));
  }

  #counts(row: Row): boolean {
    return row[DELETED_SLOT] !== true && (this.#visible === undefined || this.#visible(row));
  }

  /** The table was dropped or altered after the statement had found it: the statement has to be planned again. */
  #requireKnown(): void {
    if (this.#partition.membership === "forgotten") throw new StalePlan(this.#partition.schema.fullName);
  }

  reachesCold(range: KeyRange): boolean {
    return this.#segmentsIn(range).length > 0;
  }

  #segmentsIn(range: KeyRange): readonly ReadableSegment[] {
    return this.#partition.hasCold && this.#cold !== undefined
      ? this.#cold.within(this.#partition.manifest, range)
      : [];
  }

  scan(range: KeyRange, reverse: boolean): Iterable<readonly Row[]> | AsyncIterable<readonly Row[]> {
    this.#requireKnown();
    const partition = this.#partition;
    const segments = this.#segmentsIn(range);
    if (this.#cold === undefined || segments.length === 0) return this.#hotRows(range, reverse);
    const hot = partition.inMemory
      ? inChunks(this.#versionsInMemory(), range, reverse)
      : new StoreScan(partition, this.#store, this.#cold, this.#overlay, range, reverse).versions();
    const { schema } = partition;
    return mergeByKey(hot, this.#cold.scan(schema, segments, range, reverse), (row) => schema.keyOf(row), reverse);
  }

  byIndex(read: IndexRead): readonly Row[] | undefined | Promise<readonly Row[] | undefined> {
    this.#requireKnown();
    const partition = this.#partition;
    if (!partition.inMemory) return this.#byStoredIndex(read);
    if (this.#mayBeCold(read)) return undefined;
    const entries = partition.entriesOf(read.index, read.timers);
    if (entries instanceof Promise) return entries.then(() => this.byIndex(read));
    return entries === undefined ? undefined : this.#byEntries(entries, read);
  }

  /** Whether segments may have rows that are asked for. */
  #mayBeCold({ comparisons }: IndexRead): boolean {
    const segments = this.#segmentsIn({});
    if (segments.length === 0) return false;
    return pruneSegments(this.#partition.schema, segments, { range: {}, comparisons }).segments.length > 0;
  }

  #byEntries(committed: RowTree, read: IndexRead): readonly Row[] | undefined {
    const entries = this.#overlay === undefined ? committed : this.#entriesWith(this.#overlay, committed, read);
    const rows = new IndexRows(read, Math.ceil(entries.size * INDEX_SHARE));
    const backward = isBackward(read);
    for (const range of backward ? read.ranges.toReversed() : read.ranges) {
      for (const [entry, row] of entriesOf(entries, range, backward)) {
        if (this.#counts(row) && !rows.accept(entry, row)) return rows.finish();
      }
    }
    return rows.finish();
  }

  /** The committed entries with the transaction's own changes on top. */
  #entriesWith(overlay: Overlay, committed: RowTree, { index }: IndexRead): RowTree {
    const entries = committed.clone();
    for (const [key, row] of overlay) {
      const former = this.#partition.get(key);
      if (former !== undefined) entries.delete(index.entryOf(former, key));
      if (row[DELETED_SLOT] !== true) entries.set(index.entryOf(row, key), row);
    }
    return entries;
  }

  async #byStoredIndex(read: IndexRead): Promise<readonly Row[] | undefined> {
    const { snapshots, prefix } = this.#partition;
    for (let reads = 0; reads < MAX_INDEX_READS; reads++) {
      await snapshots.movesSettled(prefix);
      if (this.#mayBeCold(read)) return undefined;
      const rows = await new StoredIndexRead(this.#partition, this.#store, this.#overlay, read).rows();
      if (rows !== "moved") return rows;
    }
    return undefined;
  }

  parts(bounds: RowBounds): RelationParts | undefined {
    this.#requireKnown();
    const { range } = bounds;
    if (this.#cold === undefined || !this.#partition.hasCold) return undefined;
    const { schema, manifest } = this.#partition;
    const { segments, hiding } = pruneSegments(schema, this.#segmentsIn(range), bounds);
    return {
      schema,
      hot: this.#hotRows(range, false),
      shadows: segments.length === 0 ? undefined : this.#shadows(range),
      segments,
      hiding,
      segmentCount: manifest.segments.length,
      hold: this.#cold.files.hold([...new Set([...segments, ...hiding])]),
    };
  }

  /** The live hot rows, committed or staged. */
  #hotRows(range: KeyRange, reverse: boolean): Iterable<readonly Row[]> | AsyncIterable<readonly Row[]> {
    if (!this.#partition.inMemory) {
      const scan = new StoreScan(this.#partition, this.#store, this.#cold, this.#overlay, range, reverse);
      return this.#liveRows(scan.versions());
    }
    const tree = this.#overlay === undefined ? this.#partition.share() : this.#merged(this.#overlay);
    return { [Symbol.iterator]: () => this.#chunks(tree, range, reverse) };
  }

  async *#liveRows(versions: AsyncIterable<readonly KeyedVersion[]>): AsyncGenerator<readonly Row[], void, undefined> {
    for await (const chunk of versions) {
      const rows = chunk.map(([, row]) => row).filter((row) => this.#counts(row));
      if (rows.length > 0) yield rows;
    }
  }

  /** Hot versions that may hide cold ones; undefined when there are none. */
  #shadows(range: KeyRange): Iterable<readonly Row[]> | AsyncIterable<readonly Row[]> | undefined {
    if (!this.#partition.inMemory) {
      const scan = new StoreScan(this.#partition, this.#store, this.#cold, this.#overlay, range, false);
      return rowsOf(this.#partition.schema, scan.versions(isShadowing));
    }
    const committed = this.#partition.shareShadows();
    if (committed === undefined && this.#overlay === undefined) return undefined;
    const { schema } = this.#partition;
    const versions = [...(committed?.entries() ?? []), ...(this.#overlay ?? [])].map(([key, row]) =>
      schema.withKey(key, row),
    );
    return { [Symbol.iterator]: () => rowChunks(versions) };
  }

  /** Everything hot as one tree: live rows, deletions that hide something, and the transaction's own changes. */
  #versionsInMemory(): RowTree {
    const tree = this.#partition.share().clone();
    const shadows = this.#partition.shareShadows();
    if (shadows !== undefined) for (const [key, row] of shadows.entries()) tree.set(key, row);
    for (const [key, row] of this.#overlay ?? []) tree.set(key, row);
    return tree;
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
    let chunk: Row[] = [];
    let size = FIRST_CHUNK_ROWS;
    for (const [, row] of entriesOf(tree, range, reverse)) {
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
}

/** The entry given is the same object every time. */
function* entriesOf(tree: RowTree, range: KeyRange, reverse: boolean): Generator<KeyedVersion, void, undefined> {
  const reused: (string | Row)[] = [];
  const entries = reverse ? tree.entriesReversed(range.end, reused, true) : tree.entries(range.start, reused);
  for (const entry of entries) {
    const [key] = entry as [string, Row];
    if (reverse ? range.start !== undefined && key < range.start : range.end !== undefined && key >= range.end) return;
    yield entry as [string, Row];
  }
}

async function* inChunks(
  tree: RowTree,
  range: KeyRange,
  reverse: boolean,
): AsyncGenerator<readonly KeyedVersion[], void, undefined> {
  let chunk: KeyedVersion[] = [];
  for (const [key, row] of entriesOf(tree, range, reverse)) {
    chunk.push([key, row]);
    if (chunk.length === CHUNK_ROWS) {
      yield chunk;
      chunk = [];
    }
  }
  if (chunk.length > 0) yield chunk;
}

async function* rowsOf(
  schema: TableSchema,
  versions: AsyncIterable<readonly KeyedVersion[]>,
): AsyncGenerator<readonly Row[], void, undefined> {
  for await (const chunk of versions) yield chunk.map(([key, row]) => schema.withKey(key, row));
}

function* rowChunks(rows: readonly Row[]): Generator<readonly Row[], void, undefined> {
  for (let from = 0; from < rows.length; from += CHUNK_ROWS) yield rows.slice(from, from + CHUNK_ROWS);
}
