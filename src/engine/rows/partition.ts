import type { Timers } from "../../runtime/timers.ts";
import { DELETED_SLOT, type TableSchema } from "../catalog/table-schema.ts";
import type { Manifest } from "../cold/manifest.ts";
import type { ManifestCell } from "../cold/manifest-cells.ts";
import { StalePlan } from "../stale-plan.ts";
import type { Row } from "../types/column-type.ts";
import { MemoryIndex } from "./indexes/memory-index.ts";
import type { SecondaryIndex } from "./indexes/secondary-index.ts";
import { newRowTree, type RowTree } from "./row-tree.ts";
import type { StoreSnapshots } from "./store-snapshots.ts";

/** What a row costs in memory beyond its encoded bytes: the array, the tree's slot, string and bigint headers. */
const ROW_OVERHEAD_BYTES = 200;

/** Memory of a partition's own object and its place in the cache. */
const PARTITION_OVERHEAD_BYTES = 600;

/** In a smaller partition no index is made: its rows are looked at as fast. */
const INDEX_MIN_ROWS = 500;
/** To make an index in memory costs as much as to look at all rows so many times. */
const SCANS_PER_INDEX = 8;

/** A version as the store has it. */
export interface HotVersion {
  /** Live, or a deletion. */
  readonly row: Row;
  /** An older version of its key may be in a segment. */
  readonly shadows: boolean;
}

/** Memory that all partitions of a cache use together, in bytes. */
export interface MemoryAccount {
  used: number;
}

export type PartitionState = "absent" | "loading" | "resident" | "spilled";

/** Whether the cache still knows a partition: not when it was evicted, nor when its table was dropped or altered. */
export type Membership = "cached" | "evicted" | "forgotten";

/**
 * The rows of one user in one table, or of one shared table: the unit of ordering and of caching.
 *
 *     absent ──load──▶ loading ──▶ resident      all live hot rows in memory, in key order
 *                          │          │ grows past the limit
 *                          └──▶ spilled ◀┘       too large: read from the store, piece by piece
 *
 * Only the commit pipeline changes rows, and only after they are durable. Readers take the tree as it stands; the first commit
 * after that works on a clone (O(1), copy on write) and the readers keep the old tree:
 *
 *     reader   ├── tree A ───────────────────────────┤
 *     commit             └─ clone A → B, apply to B
 *     reader 2                ├── tree B ──┤
 *
 * What is cold lies in segments that the manifest lists. A hot version may hide an older one there: such versions, deletions
 * among them, are the *shadows*, and they are kept beside the tree in the same way.
 *
 * An index over the tree is made in memory when so many statements have asked for it that it would have paid already.
 *
 * A spilled partition has no tree, and one that left the cache hears of no commits: both are read from the store, where
 * `StoreSnapshots` keeps what commits overwrite meanwhile.
 */
export class Partition {
  readonly user: string;
  readonly prefix: string;
  readonly snapshots: StoreSnapshots;
  readonly cold: ManifestCell;
  schema: TableSchema;
  state: PartitionState = "absent";
  /** Users of this object that must find it again as they left it. */
  pins = 0;
  loading: Promise<void> | undefined;
  membership: Membership = "cached";
  /** The `_seq` of the last deletion of a stream row that somebody asked for: nothing else is left of it. */
  lastRemoval = 0n;
  readonly #account: MemoryAccount;
  #bytes = PARTITION_OVERHEAD_BYTES;
  #tree: RowTree = newRowTree();
  #shadows: RowTree | undefined;
  /** By the id of the index: made, being made, or how often it was asked for. */
  readonly #indexes = new Map<number, MemoryIndex | Promise<void> | number>();
  /** Somebody reads the tree, or may do so later. */
  #shared = false;

  constructor(
    schema: TableSchema,
    user: string,
    prefix: string,
    account: MemoryAccount,
    snapshots: StoreSnapshots,
    cold: ManifestCell,
  ) {
    this.schema = schema;
    this.user = user;
    this.prefix = prefix;
    this.snapshots = snapshots;
    this.cold = cold;
    this.#account = account;
    account.used += this.#bytes;
  }

  /** Estimated memory, in bytes. */
  get bytes(): number {
    return this.#bytes;
  }

  #resize(bytes: number): void {
    if (this.membership !== "cached") return;
    this.#account.used += bytes - this.#bytes;
    this.#bytes = bytes;
  }

  /** The cache lets go of this object: its memory no longer counts. Readers that hold its tree go on undisturbed. */
  leave(membership: "evicted" | "forgotten"): void {
    this.#resize(0);
    this.membership = membership;
  }

  get rowCount(): number {
    return this.#tree.size;
  }

  /**
   * What is cold, as it is now; only for a partition that is ready.
   * @throws StalePlan when the store failed and the manifest has to be read again
   */
  get manifest(): Manifest {
    if (this.cold.manifest === undefined) throw new StalePlan(this.schema.fullName);
    return this.cold.manifest;
  }

  get hasCold(): boolean {
    return this.schema.definition.kind !== "stream" && this.manifest.segments.length > 0;
  }

  /** The hot version with this key, live or a deletion, if it hides what a segment may have; only for a resident partition. */
  shadow(key: string): Row | undefined {
    return this.#shadows?.get(key);
  }

  /** The live row with this key; only for a resident partition. */
  get(key: string): Row | undefined {
    return this.#tree.get(key);
  }

  /** The live rows in key order, to be read at once; only for a resident partition. */
  entries(): Iterable<[string, Row]> {
    return this.#tree.entries() as Iterable<[string, Row]>;
  }

  /** Whether memory has the rows as they are now. */
  get inMemory(): boolean {
    return this.state === "resident" && this.membership === "cached";
  }

  /** The rows as they are now, for as long as the caller wants. It must not be changed. */
  share(): RowTree {
    this.#shared = true;
    return this.#tree;
  }

  /** The shadows, to be kept like the tree that `share` gives; undefined when there are none. */
  shareShadows(): RowTree | undefined {
    this.#shared = true;
    return this.#shadows;
  }

  /**
   * Rows by the entries of an index, as they are now; a promise while it is made, to be asked again; undefined when it does not
   * pay. Only for a resident partition.
   */
  entriesOf(index: SecondaryIndex, timers: Timers): RowTree | Promise<void> | undefined {
    const known = this.#indexes.get(index.id) ?? 0;
    if (known instanceof Promise) return known;
    if (known instanceof MemoryIndex) {
      const before = known.bytes;
      const entries = known.entriesOf(this.share());
      this.#resize(this.#bytes + known.bytes - before);
      return entries;
    }
    if (this.rowCount < INDEX_MIN_ROWS) return undefined;
    this.#indexes.set(index.id, known + 1);
    return known + 1 < SCANS_PER_INDEX ? undefined : this.#makeIndex(index, timers);
  }

  #makeIndex(index: SecondaryIndex, timers: Timers): Promise<void> {
    const making = MemoryIndex.build(index, this.share(), timers).then(
      (made) => {
        if (this.#indexes.get(index.id) !== making) return;
        this.#indexes.set(index.id, made);
        this.#resize(this.#bytes + made.bytes);
      },
      (error: unknown) => {
        if (this.#indexes.get(index.id) === making) this.#indexes.delete(index.id);
        throw error;
      },
    );
    this.#indexes.set(index.id, making);
    return making;
  }

  /** Gives the memory of the indexes back, as after a flush, when they would keep the rows that are gone. */
  dropIndexes(): void {
    this.#resize(this.#bytes - this.#indexBytes());
    this.#indexes.clear();
  }

  #indexBytes(): number {
    let bytes = 0;
    for (const index of this.#indexes.values()) if (index instanceof MemoryIndex) bytes += index.bytes;
    return bytes;
  }

  beginLoad(): void {
    this.state = "loading";
  }

  /** Takes over what was read from the store. Nothing is committed meanwhile: writers wait for the load. */
  finishLoad(tree: RowTree, shadows: RowTree | undefined, bytes: number): void {
    this.#indexes.clear();
    this.#replace(tree, shadows, bytes);
    this.state = "resident";
  }

  /** Gives the rows in memory back; they are read from the store from now on. */
  spill(): void {
    this.#indexes.clear();
    this.#replace(newRowTree(), undefined, 0);
    this.state = "spilled";
  }

  /** Nothing is known of the rows; they are loaded when somebody asks. */
  reset(): void {
    this.#indexes.clear();
    this.#replace(newRowTree(), undefined, 0);
    this.state = "absent";
  }

  #replace(tree: RowTree, shadows: RowTree | undefined, rowBytesTotal: number): void {
    this.#tree = tree;
    this.#shadows = shadows;
    this.#shared = false;
    this.#resize(PARTITION_OVERHEAD_BYTES + rowBytesTotal + this.#indexBytes());
  }

  /**
   * Begins to take over committed changes.
   * @param aside readers go on seeing the former rows until `finish`, also in later turns
   */
  edit(aside: boolean): PartitionEdit {
    const copy = aside || this.#shared;
    return new PartitionEdit(
      copy ? this.#tree.clone() : this.#tree,
      copy ? this.#shadows?.clone() : this.#shadows,
      this.#bytes - PARTITION_OVERHEAD_BYTES - this.#indexBytes(),
    );
  }

  finish(edit: PartitionEdit): void {
    this.#replace(edit.tree, edit.shadows, edit.bytes);
  }
}

/** Changes on their way into a resident partition. */
export class PartitionEdit {
  readonly tree: RowTree;
  shadows: RowTree | undefined;
  bytes: number;

  constructor(tree: RowTree, shadows: RowTree | undefined, bytes: number) {
    this.tree = tree;
    this.shadows = shadows;
    this.bytes = bytes;
  }

  /**
   * @param version live, or a deletion
   * @param encodedBytes size of the version in the store
   * @param shadows it hides what a segment may have
   */
  set(key: string, version: Row, encodedBytes: number, shadows: boolean): void {
    const average = this.#average();
    if (version[DELETED_SLOT] === true) {
      if (this.tree.delete(key)) this.bytes -= average;
      if (shadows && this.#shade(key, version)) this.bytes += rowBytes(encodedBytes);
      return;
    }
    const added = this.tree.set(key, version);
    this.bytes += rowBytes(encodedBytes) - (added ? 0 : average);
    if (shadows) this.#shade(key, version);
  }

  /** The rows of a range have moved to a segment, but for those named, which were written meanwhile. */
  moveOut(firstKey: string, lastKey: string, stayed: ReadonlyMap<string, HotVersion>): void {
    const before = this.tree.size;
    const average = this.#average();
    this.tree.deleteRange(firstKey, lastKey, true);
    this.shadows?.deleteRange(firstKey, lastKey, true);
    for (const [key, { row, shadows }] of stayed) {
      if (row[DELETED_SLOT] !== true) this.tree.set(key, row);
      if (shadows) this.#shade(key, row);
    }
    this.bytes -= average * (before - this.tree.size);
  }

  #average(): number {
    return this.tree.size === 0 ? 0 : this.bytes / this.tree.size;
  }

  #shade(key: string, version: Row): boolean {
    this.shadows ??= newRowTree();
    return this.shadows.set(key, version);
  }
}

export function rowBytes(encodedBytes: number): number {
  return encodedBytes + ROW_OVERHEAD_BYTES;
}
