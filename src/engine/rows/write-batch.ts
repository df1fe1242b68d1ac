import type { Entry, WriteBatch as StoreBatch } from "../../drivers/hot/hot-store.ts";
import type { SnowflakeGenerator } from "../../runtime/snowflake.ts";
import type { Timers } from "../../runtime/timers.ts";
import { DELETED_SLOT, SEQ_SLOT } from "../catalog/table-schema.ts";
import { type ColdFindings, NOTHING_FOUND } from "../cold/cold-findings.ts";
import type { ReadableSegment } from "../cold/readable-segment.ts";
import { StalePlan } from "../stale-plan.ts";
import type { Row, Value } from "../types/column-type.ts";
import type { ChangeFeed, ChangeFollower, RowChange } from "./change-feed.ts";
import { changeEntries } from "./indexes/entry-changes.ts";
import type { HotVersion, Partition, PartitionEdit } from "./partition.ts";
import { isVolatile, type PartitionCache } from "./partition-cache.ts";
import { toBuffer } from "./store-keys.ts";
import type { StoreSnapshots } from "./store-snapshots.ts";
import type { WriteTarget } from "./write-target.ts";

/** What an entry of an index holds: all that it says is in its key. */
const NO_VALUE = Buffer.alloc(0);

const NO_TELLINGS: readonly Telling[] = [];
const NO_CHANGES: ReadonlyMap<string, Row> = new Map();

/** Rows that are encoded or applied before the event loop gets a turn. */
const ROWS_PER_TURN = 1000;

export interface StoreChanges {
  readonly changes: Required<Omit<StoreBatch, "conditions">>;
  /** Bytes of each row in the store. */
  readonly sizes: ReadonlyMap<Row, number>;
  /** Rows that hide what a segment may have. */
  readonly shadowing: ReadonlySet<Row>;
}

/** Rows of a partition on their way from the hot store to a segment. */
export interface SegmentMove {
  readonly segment: ReadableSegment;
  /** Rows of the segment's range that are not what it has: they were written meanwhile, and stay. */
  readonly stayed: ReadonlyMap<string, HotVersion>;
}

interface Undo {
  readonly changes: Map<string, Row>;
  readonly key: string;
  readonly former: Row | undefined;
  /** Nobody is told: the row was no longer there for anybody. */
  readonly quiet: boolean;
}

/** What a follower is to be told of one partition. */
interface Telling {
  readonly follower: ChangeFollower;
  readonly partition: Partition;
  readonly changes: RowChange[];
}

/**
 * What the jobs of one driver batch have staged so far. A job sees the committed rows and, over them, what the jobs before it
 * in the same batch have staged; nobody else sees that until the batch is durable. A job that fails is undone alone.
 */
export class WriteBatch implements WriteTarget {
  readonly #seq: SnowflakeGenerator;
  /** Per partition, the newest staged version of each key; tombstones have `_deleted` true. */
  readonly #changes = new Map<Partition, Map<string, Row>>();
  readonly #fetched = new Map<Partition, Map<string, HotVersion | undefined>>();
  readonly #findings = new Map<Partition, ColdFindings>();
  /** What was found in segments, by key. */
  readonly #coldRows = new Map<Partition, Map<string, Row>>();
  /** By the prefix of the partition. */
  readonly #moves = new Map<string, SegmentMove>();
  readonly #undo: Undo[] = [];
  readonly #puts: Entry[] = [];
  readonly #deletes: Buffer[] = [];
  readonly #deleteRanges: [Buffer, Buffer][] = [];
  readonly #applied: (() => void)[] = [];
  /** The last deletion that somebody asked for. */
  readonly #removals = new Map<Partition, bigint>();
  readonly #doubted: (() => void)[] = [];
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
  provide(partition: Partition, rows: ReadonlyMap<string, HotVersion | undefined>): void {
    const known = this.#fetched.get(partition);
    if (known === undefined) this.#fetched.set(partition, new Map(rows));
    else for (const [key, row] of rows) known.set(key, row);
  }

  /** What the job that is prepared next found in segments. */
  lookAt(partition: Partition, findings: ColdFindings): void {
    this.#findings.set(partition, findings);
  }

  /** The live row with this key, as the next statement would find it. */
  get(partition: Partition, key: string): Row | undefined {
    return live(this.#changes.get(partition)?.get(key) ?? this.#hot(partition, key) ?? this.#cold(partition, key));
  }

  /** What this batch puts an end to; nothing for a new row of a table without a primary key, which nobody asked for. */
  #former(partition: Partition, key: string): Row | undefined {
    return partition.state === "resident"
      ? (partition.get(key) ?? partition.shadow(key))
      : this.#fetched.get(partition)?.get(key)?.row;
  }

  #hot(partition: Partition, key: string): Row | undefined {
    if (partition.state !== "resident" && this.#fetched.get(partition)?.has(key) !== true) {
      throw new Error(`a write to ${partition.schema.fullName} did not announce a key that it reads`);
    }
    return this.#former(partition, key);
  }

  /** @throws StalePlan when rows have moved since the job looked: it has to look again */
  #cold(partition: Partition, key: string): Row | undefined {
    if (!partition.hasCold) return undefined;
    const findings = this.#findings.get(partition) ?? NOTHING_FOUND;
    if (!findings.covers(partition.manifest, key)) throw new StalePlan(partition.schema.fullName);
    const version = findings.version(key);
    if (version !== undefined) {
      const rows = this.#coldRows.get(partition);
      if (rows === undefined) this.#coldRows.set(partition, new Map([[key, version]]));
      else rows.set(key, version);
    }
    return version;
  }

  /** Whether a new version of the key hides what a segment may have. */
  #isShadowing(partition: Partition, key: string): boolean {
    if (this.#coldRows.get(partition)?.has(key) === true) return true;
    return partition.state === "resident"
      ? partition.shadow(key) !== undefined
      : this.#fetched.get(partition)?.get(key)?.shadows === true;
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
    this.#delete(partition, key, row, false);
  }

  /** Stages the deletion of a row that has outlived its time, or has to make room: no change that anybody is told of. */
  expire(partition: Partition, key: string, row: Row): void {
    this.#delete(partition, key, row, true);
  }

  #delete(partition: Partition, key: string, row: Row, quiet: boolean): void {
    const tombstone = new Array<Value>(partition.schema.slotCount).fill(null);
    for (const slot of partition.schema.keySlots) tombstone[slot] = row[slot] ?? null;
    tombstone[SEQ_SLOT] = this.#nextSeq();
    tombstone[DELETED_SLOT] = true;
    if (!quiet) this.#removals.set(partition, tombstone[SEQ_SLOT]);
    this.#stage(partition, key, tombstone, quiet);
  }

  #stage(partition: Partition, key: string, row: Row, quiet = false): void {
    let changes = this.#changes.get(partition);
    if (changes === undefined) {
      changes = new Map();
      this.#changes.set(partition, changes);
    }
    if (row[DELETED_SLOT] !== true) for (const index of partition.schema.indexes) index.requireFitting(row);
    this.#undo.push({ changes, key, former: changes.get(key), quiet });
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

  /** Runs when the store has failed, and nobody knows whether the batch was done. Must not throw. */
  onDoubt(work: () => void): void {
    this.#doubted.push(work);
  }

  /** Stages the move of rows into a segment; the entries that this changes in the store are staged beside it. */
  move(prefix: string, move: SegmentMove): void {
    this.#moves.set(prefix, move);
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
    const deletes = [...this.#deletes];
    const entries = {
      put: (entry: string) => puts.push({ key: toBuffer(entry), value: NO_VALUE }),
      delete: (entry: string) => deletes.push(toBuffer(entry)),
    };
    const sizes = new Map<Row, number>();
    const shadowing = new Set<Row>();
    let encoded = 0;
    for (const [partition, changes] of this.#changes) {
      const durable = !isVolatile(partition.schema);
      const { indexes } = partition.schema;
      for (const [key, row] of changes) {
        const shadows = durable && this.#isShadowing(partition, key);
        if (shadows) shadowing.add(row);
        const value = partition.schema.encode(row, shadows);
        sizes.set(row, value.length);
        if (durable) puts.push({ key: toBuffer(partition.prefix + key), value });
        if (indexes.length > 0) {
          const former = live(this.#former(partition, key));
          changeEntries(indexes, partition.prefix, key, former, live(row), entries);
        }
        if (++encoded % ROWS_PER_TURN === 0) await timers.yield();
      }
    }
    return { changes: { puts, deletes, deleteRanges: this.#deleteRanges }, sizes, shadowing };
  }

  /** The store has failed: whoever has staged something that memory shows too is told. */
  doubt(): void {
    for (const work of this.#doubted) work();
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
    for (const [prefix, { segment }] of this.#moves) {
      snapshots.begin(prefix, { changes: NO_CHANGES, former: () => undefined, moved: segment });
    }
  }

  /** @param done whether the batch is durable */
  release(snapshots: StoreSnapshots, done: boolean): void {
    for (const partition of this.#changes.keys()) snapshots.end(partition.prefix, done);
    for (const prefix of this.#moves.keys()) snapshots.end(prefix, done);
  }

  /**
   * Makes the batch visible, all of it in one turn. Called once, after it is durable. The trees for many rows are made aside
   * first, over several turns.
   */
  async apply(
    { sizes, shadowing }: StoreChanges,
    cache: PartitionCache,
    feed: ChangeFeed,
    timers: Timers,
  ): Promise<void> {
    const aside = sizes.size > ROWS_PER_TURN;
    const tellings = this.#tellings(feed);
    const edits: (readonly [Partition, PartitionEdit])[] = [];
    let applied = 0;
    for (const [partition, changes] of this.#changes) {
      cache.noteWrites(partition.schema.definition.id, changes.size);
      if (partition.state !== "resident") continue;
      const edit = partition.edit(aside);
      edits.push([partition, edit]);
      for (const [key, row] of changes) {
        edit.set(key, row, sizes.get(row) ?? 0, shadowing.has(row));
        if (aside && ++applied % ROWS_PER_TURN === 0) await timers.yield();
      }
    }
    for (const [prefix, { segment, stayed }] of this.#moves) {
      const partition = cache.resident(prefix);
      if (partition === undefined) continue;
      const edit = partition.edit(true);
      partition.dropIndexes();
      edit.moveOut(segment.segment.firstKey, segment.segment.lastKey, stayed);
      edits.push([partition, edit]);
    }
    for (const [partition, edit] of edits) partition.finish(edit);
    for (const [partition, seq] of this.#removals) partition.lastRemoval = seq;
    for (const work of this.#applied) work();
    if (this.#lastSeq > feed.lastSeq) feed.lastSeq = this.#lastSeq;
    for (const { follower, partition, changes } of tellings) follower.tell(partition, changes);
  }

  /**
   * What those are to be told who follow the partitions: every version that was staged, in order, also one that a later job of this
   * batch has replaced.
   */
  #tellings(feed: ChangeFeed): readonly Telling[] {
    if (feed.isEmpty) return NO_TELLINGS;
    const tellings = new Map<ReadonlyMap<string, Row>, Telling & { readonly newer: Map<string, Row> }>();
    for (const [partition, changes] of this.#changes) {
      const follower = feed.followerOf(partition);
      if (follower !== undefined) tellings.set(changes, { follower, partition, changes: [], newer: new Map() });
    }
    if (tellings.size === 0) return NO_TELLINGS;
    for (const { changes, key, former, quiet } of this.#undo.toReversed()) {
      const telling = tellings.get(changes);
      if (telling === undefined) continue;
      const row = (telling.newer.get(key) ?? changes.get(key)) as Row;
      if (former !== undefined) telling.newer.set(key, former);
      if (quiet) continue;
      const before = former ?? this.#former(telling.partition, key) ?? this.#coldRows.get(telling.partition)?.get(key);
      telling.changes.push({ key, former: before?.[DELETED_SLOT] === true ? undefined : before, row });
    }
    for (const { changes } of tellings.values()) changes.reverse();
    return [...tellings.values()];
  }
}

function live(version: Row | undefined): Row | undefined {
  return version === undefined || version[DELETED_SLOT] === true ? undefined : version;
}
