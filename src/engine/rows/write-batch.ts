import type { Entry, WriteBatch as StoreBatch } from "../../drivers/hot/hot-store.ts";
import type { SnowflakeGenerator } from "../../runtime/snowflake.ts";
import type { Timers } from "../../runtime/timers.ts";
import { DELETED_SLOT, SEQ_SLOT } from "../catalog/table-schema.ts";
import type { Row, Value } from "../types/column-type.ts";
import type { Partition, PartitionEdit } from "./partition.ts";
import { isVolatile } from "./partition-cache.ts";
import { toBuffer } from "./store-keys.ts";
import type { StoreSnapshots } from "./store-snapshots.ts";
import type { WriteTarget } from "./write-target.ts";

/** Rows that are encoded or applied before the event loop gets a turn. */
const ROWS_PER_TURN = 1000;

export interface StoreChanges {
  readonly changes: Required<Omit<StoreBatch, "conditions">>;
  /** Bytes of each row in the store. */
  readonly sizes: ReadonlyMap<Row, number>;
}

interface Undo {
  readonly changes: Map<string, Row>;
  readonly key: string;
  readonly former: Row | undefined;
}

/**
 * What the jobs of one driver batch have staged so far. A job sees the committed rows and, over them, what the jobs before it
 * in the same batch have staged; nobody else sees that until the batch is durable. A job that fails is undone alone.
 */
export class WriteBatch implements WriteTarget {
  readonly #seq: SnowflakeGenerator;
  /** Per partition, the newest staged version of each key; tombstones have `_deleted` true. */
  readonly #changes = new Map<Partition, Map<string, Row>>();
  readonly #fetched = new Map<Partition, Map<string, Row | undefined>>();
  readonly #undo: Undo[] = [];
  readonly #puts: Entry[] = [];
  readonly #deletes: Buffer[] = [];
  readonly #deleteRanges: [Buffer, Buffer][] = [];
  readonly #applied: (() => void)[] = [];
  #lastSeq = 0n;

  constructor(seq: SnowflakeGenerator) {
    this.#seq = seq;
  }

  /** The greatest `_seq` given out in this batch; 0 when none was. */
  get lastSeq(): bigint {
    return this.#lastSeq;
  }

  #nextSeq(): bigint {
    this.#lastSeq = this.#seq.next();
    return this.#lastSeq;
  }

  /** Rows of a spilled partition that the pipeline read for this batch. */
  provide(partition: Partition, rows: ReadonlyMap<string, Row | undefined>): void {
    const known = this.#fetched.get(partition);
    if (known === undefined) this.#fetched.set(partition, new Map(rows));
    else for (const [key, row] of rows) known.set(key, row);
  }

  /** The live row with this key, as the next statement would find it. */
  get(partition: Partition, key: string): Row | undefined {
    const staged = this.#changes.get(partition)?.get(key);
    if (staged !== undefined) return staged[DELETED_SLOT] === true ? undefined : staged;
    return this.#committed(partition, key);
  }

  /** What this batch puts an end to; nothing for a new row of a table without a primary key, which nobody asked for. */
  #former(partition: Partition, key: string): Row | undefined {
    return partition.state === "resident" ? partition.get(key) : this.#fetched.get(partition)?.get(key);
  }

  #committed(partition: Partition, key: string): Row | undefined {
    if (partition.state === "resident") return partition.get(key);
    const fetched = this.#fetched.get(partition);
    if (fetched === undefined || !fetched.has(key)) {
      throw new Error(`a write to ${partition.schema.fullName} did not announce a key that it reads`);
    }
    return fetched.get(key);
  }

  /** Stages a new version of a row; gives it its `_seq`. The key is the row's own. */
  put(partition: Partition, key: string, row: Value[]): void {
    row[SEQ_SLOT] = this.#nextSeq();
    row[DELETED_SLOT] = false;
    this.#stage(partition, key, row);
  }

  append(partition: Partition, row: Value[]): string {
    row[SEQ_SLOT] = this.#nextSeq();
    row[DELETED_SLOT] = false;
    const key = partition.schema.keyOf(row);
    this.#stage(partition, key, row);
    return key;
  }

  /** Stages a tombstone: the key columns stay, so that the deletion can be told to those who follow the table. */
  remove(partition: Partition, key: string, row: Row): void {
    const tombstone = new Array<Value>(partition.schema.slotCount).fill(null);
    for (const slot of partition.schema.keySlots) tombstone[slot] = row[slot] ?? null;
    tombstone[SEQ_SLOT] = this.#nextSeq();
    tombstone[DELETED_SLOT] = true;
    this.#stage(partition, key, tombstone);
  }

  #stage(partition: Partition, key: string, row: Row): void {
    let changes = this.#changes.get(partition);
    if (changes === undefined) {
      changes = new Map();
      this.#changes.set(partition, changes);
    }
    this.#undo.push({ changes, key, former: changes.get(key) });
    changes.set(key, row);
  }

  /** Stages an entry that is no row: a catalog document or a note. */
  putRaw(key: string, value: Buffer): void {
    this.#puts.push({ key: toBuffer(key), value });
  }

  /** Stages a note of the engine's own, beside whatever the jobs have staged. */
  putNote(entry: Entry): void {
    this.#puts.push(entry);
  }

  deleteRaw(key: string): void {
    this.#deletes.push(toBuffer(key));
  }

  /** Deletes everything from `start` up to but not including `end`. */
  deleteRange(start: string, end: string): void {
    this.#deleteRanges.push([toBuffer(start), toBuffer(end)]);
  }

  /** Runs once the batch is durable, before anybody is answered. Must not throw. */
  onApplied(work: () => void): void {
    this.#applied.push(work);
  }

  /** A point that `rollback` can return to. Only rows can be taken back: raw entries are staged by jobs that run alone. */
  mark(): number {
    return this.#undo.length;
  }

  rollback(mark: number): void {
    while (this.#undo.length > mark) {
      const { changes, key, former } = this.#undo.pop() as Undo;
      if (former === undefined) changes.delete(key);
      else changes.set(key, former);
    }
  }

  /** Encodes what has to reach the store. Many rows take several turns. */
  async toStore(timers: Timers): Promise<StoreChanges> {
    const puts = [...this.#puts];
    const sizes = new Map<Row, number>();
    let encoded = 0;
    for (const [partition, changes] of this.#changes) {
      const durable = !isVolatile(partition.schema);
      for (const [key, row] of changes) {
        const value = partition.schema.encode(row);
        sizes.set(row, value.length);
        if (durable) puts.push({ key: toBuffer(partition.prefix + key), value });
        if (++encoded % ROWS_PER_TURN === 0) await timers.yield();
      }
    }
    return { changes: { puts, deletes: this.#deletes, deleteRanges: this.#deleteRanges }, sizes };
  }

  /** The partitions that this batch changes. */
  get partitions(): Iterable<Partition> {
    return this.#changes.keys();
  }

  /** Open scans of the store keep what this batch overwrites there; pair with `release`. */
  announce(snapshots: StoreSnapshots): void {
    for (const [partition, changes] of this.#changes) {
      if (isVolatile(partition.schema)) continue;
      snapshots.begin(partition.prefix, { changes, former: (key) => this.#former(partition, key) });
    }
  }

  release(snapshots: StoreSnapshots): void {
    for (const partition of this.#changes.keys()) snapshots.end(partition.prefix);
  }

  /**
   * Makes the batch visible, all of it in one turn. Called once, after it is durable. The trees for many rows are made aside
   * first, over several turns.
   */
  async apply(sizes: ReadonlyMap<Row, number>, timers: Timers): Promise<void> {
    const aside = sizes.size > ROWS_PER_TURN;
    const edits: (readonly [Partition, PartitionEdit])[] = [];
    let applied = 0;
    for (const [partition, changes] of this.#changes) {
      if (partition.state !== "resident") continue;
      const edit = partition.edit(aside);
      edits.push([partition, edit]);
      for (const [key, row] of changes) {
        edit.set(key, row[DELETED_SLOT] === true ? undefined : row, sizes.get(row) ?? 0);
        if (aside && ++applied % ROWS_PER_TURN === 0) await timers.yield();
      }
    }
    for (const [partition, edit] of edits) partition.finish(edit);
    for (const work of this.#applied) work();
  }
}
