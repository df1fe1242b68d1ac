import type { HotStore } from "../../drivers/hot/hot-store.ts";
import type { TableSchema } from "../catalog/table-schema.ts";
import { DELETED_SLOT } from "../catalog/table-schema.ts";
import { ManifestCells } from "../cold/manifest-cells.ts";
import { StalePlan } from "../stale-plan.ts";
import { keySuccessor } from "./key-codec.ts";
import { type MemoryAccount, Partition, rowBytes } from "./partition.ts";
import { isShadowing } from "./row-codec.ts";
import { newRowTree, type RowTree } from "./row-tree.ts";
import { fromBuffer, partitionPrefix, tablePrefix, toBuffer } from "./store-keys.ts";
import { StoreSnapshots } from "./store-snapshots.ts";

const LOAD_CHUNK_ROWS = 2000;
/** How often a partition is read again because rows of it moved to a segment meanwhile. */
const MAX_LOADS = 8;

export interface PartitionCacheLimits {
  /** Memory for all resident partitions, in bytes. */
  readonly budgetBytes: number;
  /** A larger partition is never resident. */
  readonly maxPartitionBytes: number;
}

/**
 * Keeps the partitions that are in use in memory, the least recently used leave first. Point reads cost a lookup in a tree
 * instead of a trip to the driver.
 *
 * Partitions of STREAM tables live only here: they are resident from the start and never evicted. Their rows expire, and their memory
 * has a budget of its own (`makeRoom`), so that it takes none from the others.
 */
export class PartitionCache {
  readonly #store: HotStore;
  readonly #limits: PartitionCacheLimits;
  /** By prefix; oldest use first. */
  readonly #partitions = new Map<string, Partition>();
  readonly #memory: MemoryAccount = { used: 0 };
  readonly #streams: MemoryAccount = { used: 0 };
  readonly #writes = new Map<number, number>();
  readonly snapshots = new StoreSnapshots();
  readonly manifests: ManifestCells;

  constructor(store: HotStore, limits: PartitionCacheLimits) {
    this.#store = store;
    this.#limits = limits;
    this.manifests = new ManifestCells(store);
  }

  /**
   * The partition's object, in whatever state it is.
   * @param schema the table as it is now; under an older one the rows would be read wrongly by all who come later
   */
  partition(schema: TableSchema, user: string): Partition {
    const prefix = partitionPrefix(schema.definition.id, user);
    let partition = this.#partitions.get(prefix);
    if (partition === undefined) {
      const account = isVolatile(schema) ? this.#streams : this.#memory;
      partition = new Partition(schema, user, prefix, account, this.snapshots, this.manifests.of(prefix));
      if (isVolatile(schema)) partition.finishLoad(newRowTree(), undefined, 0);
    } else {
      this.#partitions.delete(prefix);
    }
    this.#partitions.set(prefix, partition);
    return partition;
  }

  /** The partition whose rows are in memory under this prefix, if there is one. */
  resident(prefix: string): Partition | undefined {
    const partition = this.#partitions.get(prefix);
    return partition?.state === "resident" ? partition : undefined;
  }

  /** Partitions that are held in memory now, of one table. */
  ofTable(tableId: number): readonly Partition[] {
    return [...this.#partitions.values()].filter((partition) => partition.schema.definition.id === tableId);
  }

  /** Notes row versions that have become durable. */
  noteWrites(tableId: number, versions: number): void {
    this.#writes.set(tableId, (this.#writes.get(tableId) ?? 0) + versions);
  }

  /** Row versions written to a table since the start. */
  writesTo(tableId: number): number {
    return this.#writes.get(tableId) ?? 0;
  }

  /** Undefined when the partition can be used at once; otherwise wait for it. */
  ready(partition: Partition): Promise<void> | undefined {
    if (partition.state === "resident" || partition.state === "spilled") return undefined;
    partition.loading ??= this.#load(partition).finally(() => {
      partition.loading = undefined;
    });
    return partition.loading;
  }

  async #load(partition: Partition): Promise<void> {
    partition.beginLoad();
    try {
      for (let loads = 1; !(await this.#loadRows(partition)); loads++) {
        if (loads === MAX_LOADS) throw new StalePlan(partition.schema.fullName);
      }
    } catch (error) {
      partition.reset();
      throw error;
    }
    this.trim();
  }

  /** @returns false when rows moved to a segment meanwhile: what was read is neither the one nor the other moment */
  async #loadRows(partition: Partition): Promise<boolean> {
    const { prefix } = partition;
    await this.manifests.load(prefix, partition.schema.definition.id, partition.user);
    await this.snapshots.movesSettled(prefix);
    const tree = newRowTree();
    let shadows: RowTree | undefined;
    const end = keySuccessor(prefix);
    if (end === undefined) throw new Error("a partition prefix has no successor");
    let start = prefix;
    let bytes = 0;
    // Nobody writes to a partition that is being loaded, but after ALTER others write to its successor.
    const images = this.snapshots.open(prefix);
    try {
      for (;;) {
        const entries = await this.#store.scan({ start: toBuffer(start), end: toBuffer(end), limit: LOAD_CHUNK_ROWS });
        if (images.lost !== undefined) throw new StalePlan(partition.schema.fullName);
        if (images.moved.length > 0) return false;
        for (const entry of entries) {
          const key = fromBuffer(entry.key).slice(prefix.length);
          const row = images.rows.has(key) ? images.rows.get(key) : partition.schema.decode(entry.value);
          if (row === undefined) continue;
          if (isShadowing(entry.value)) {
            shadows ??= newRowTree();
            shadows.set(key, row);
          }
          if (row[DELETED_SLOT] === true) continue;
          tree.set(key, row);
          bytes += rowBytes(entry.value.length);
        }
        if (partition.cold.manifest === undefined) return false;
        if (bytes > this.#limits.maxPartitionBytes) {
          partition.spill();
          return true;
        }
        const last = entries.at(-1);
        if (entries.length < LOAD_CHUNK_ROWS || last === undefined) break;
        start = `${fromBuffer(last.key)}\0`;
      }
    } finally {
      this.snapshots.close(prefix, images);
    }
    partition.finishLoad(tree, shadows, bytes);
    return true;
  }

  /**
   * Evicts what has not been used for longest until the budget holds; of `changed`, spills what has grown too large.
   */
  trim(changed: Iterable<Partition> = []): void {
    for (const partition of changed) {
      if (partition.bytes > this.#limits.maxPartitionBytes && !isVolatile(partition.schema)) partition.spill();
    }
    if (this.#memory.used <= this.#limits.budgetBytes) return;
    for (const [prefix, partition] of this.#partitions) {
      if (this.#memory.used <= this.#limits.budgetBytes) return;
      if (partition.pins > 0 || partition.state === "loading" || isVolatile(partition.schema)) continue;
      this.#remove(prefix, partition, "evicted");
    }
  }

  #remove(prefix: string, partition: Partition, membership: "evicted" | "forgotten"): void {
    this.#partitions.delete(prefix);
    partition.leave(membership);
  }

  /** After a commit of which nobody knows whether it was done: what the store has is read again. */
  distrust(partitions: Iterable<Partition>): void {
    for (const partition of partitions) if (!isVolatile(partition.schema)) partition.reset();
  }

  /** The same for the manifest of a partition, and for rows that may have moved with it. */
  doubtManifest(prefix: string): void {
    this.manifests.forget(prefix);
    const partition = this.#partitions.get(prefix);
    // One that is being loaded finds out by itself.
    if (partition !== undefined && partition.state !== "loading") partition.reset();
  }

  /** Estimated memory of all partitions, in bytes. */
  get bytes(): number {
    return this.#memory.used + this.#streams.used;
  }

  /** The part of it that rows of STREAM tables take. */
  get streamBytes(): number {
    return this.#streams.used;
  }

  get partitionCount(): number {
    return this.#partitions.size;
  }

  /** Lets go of an empty stream partition that nobody holds. */
  drop(partition: Partition): void {
    if (partition.pins > 0 || this.#partitions.get(partition.prefix) !== partition) return;
    this.#remove(partition.prefix, partition, "evicted");
  }

  /** After ALTER: what was read under the old definition is read again; volatile rows are kept, they are nowhere else. */
  redefine(schema: TableSchema): void {
    if (!isVolatile(schema)) {
      this.forgetTable(schema.definition.id);
      return;
    }
    for (const partition of this.ofTable(schema.definition.id)) partition.schema = schema;
  }

  /** After CREATE INDEX and DROP INDEX: the rows are the same, only writers have to know. */
  reindex(schema: TableSchema): void {
    for (const partition of this.ofTable(schema.definition.id)) {
      partition.schema = schema;
      partition.dropIndexes();
    }
  }

  /** Nothing of the table stays in memory. */
  forgetTable(tableId: number): void {
    for (const [prefix, partition] of this.#partitions) {
      if (partition.schema.definition.id === tableId) this.#remove(prefix, partition, "forgotten");
    }
  }

  /** After DROP: those who still read the table from the store are told that it is gone. */
  forgetDropped(tableId: number): void {
    this.forgetTable(tableId);
    this.snapshots.lose(tablePrefix(tableId));
  }

  /** `CLEAR CACHE`: gives back everything that the store has as well. */
  clear(): void {
    for (const [prefix, partition] of this.#partitions) {
      if (partition.pins === 0 && partition.state !== "loading" && !isVolatile(partition.schema)) {
        this.#remove(prefix, partition, "evicted");
      }
    }
  }
}

export function isVolatile(schema: TableSchema): boolean {
  return schema.definition.kind === "stream";
}
