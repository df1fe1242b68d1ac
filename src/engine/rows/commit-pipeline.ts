import type { Entry, HotStore } from "../../drivers/hot/hot-store.ts";
import { KalamError } from "../../errors/index.ts";
import type { Runtime } from "../../runtime/runtime.ts";
import { SNOWFLAKE_EPOCH_MS } from "../../runtime/snowflake.ts";
import type { ColdFindings } from "../cold/cold-findings.ts";
import { ChangeFeed } from "./change-feed.ts";
import type { HotVersion, Partition } from "./partition.ts";
import type { PartitionCache } from "./partition-cache.ts";
import { isShadowing } from "./row-codec.ts";
import { noteKey, toBuffer } from "./store-keys.ts";
import { WriteBatch } from "./write-batch.ts";

/** Jobs of one driver batch; bounds the time that one turn takes from the event loop. */
const MAX_JOBS_PER_BATCH = 1024;
/** Rows (as announced) of one driver batch. */
const MAX_ROWS_PER_BATCH = 4096;
/** How far ahead of the clock the sequence is reserved. */
const SEQ_RESERVE_MS = 5_000;

export interface PartitionReads {
  readonly partition: Partition;
  /** Keys that `prepare` will ask for; only used when the partition is spilled. */
  readonly keys: readonly string[];
  /** What segments have of the keys that are not hot; undefined when they have none of the partition. */
  readonly cold?: ColdFindings | undefined;
}

/** One unit of work that commits or fails as a whole. */
export interface WriteJob<T> {
  readonly reads: readonly PartitionReads[];
  /** Runs alone in its batch: DDL and whoever stages raw entries. */
  readonly exclusive?: boolean;
  /**
   * Checks and stages, on the state that its predecessors leave. What it throws fails this job alone. A large job may give the
   * event loop back now and then (nothing is committed meanwhile); small ones return at once.
   */
  prepare(batch: WriteBatch): T | Promise<T>;
}

interface Waiting {
  readonly job: WriteJob<unknown>;
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * The one place where anything is written. Group commit: while one batch is on its way to the disk, what arrives waits and
 * becomes the next batch, so more writers make larger batches and not more trips.
 *
 *     arrivals   a b c   d e f g        h
 *     batch 1    [a]··disk··┤
 *     batch 2               [b c d e]··disk··┤
 *     batch 3                                [f g h]·····
 *
 *     one batch:  prepare all jobs in order  →  store.commit (durable)  →  apply to cached partitions  →  answer all
 *
 * Jobs are prepared one after another, so they see each other's changes in order and no committed row changes under them; `_seq` is given out here, which makes it grow with the order of commits. Nobody else sees a change, and
 * nobody is answered, before the store has made the batch durable. If the store refuses the batch, all its jobs fail.
 */
export class CommitPipeline {
  readonly #store: HotStore;
  readonly #cache: PartitionCache;
  readonly #runtime: Runtime;
  readonly #maxWaiting: number;
  readonly feed = new ChangeFeed();
  #waiting: Waiting[] = [];
  #running: Promise<void> | undefined;
  #closed = false;
  #seqCeiling = 0n;
  #lastSeq = 0n;

  constructor(store: HotStore, cache: PartitionCache, runtime: Runtime, maxWaiting: number) {
    this.#store = store;
    this.#cache = cache;
    this.#runtime = runtime;
    this.#maxWaiting = maxWaiting;
  }

  /** Continues the sequence where the last run can have left it at most. */
  async start(): Promise<void> {
    const [note] = await this.#store.get([toBuffer(noteKey("seq_ceiling"))]);
    if (note === undefined) return;
    const ceiling = note.readBigUInt64BE(0);
    this.feed.startSeq = ceiling;
    this.feed.lastSeq = ceiling;
    this.#runtime.seq.raise(ceiling);
  }

  /** Resolves with what `prepare` returned, when that is durable. */
  submit<T>(job: WriteJob<T>): Promise<T> {
    if (this.#closed) return Promise.reject(new KalamError("shutting_down"));
    if (this.#waiting.length >= this.#maxWaiting) {
      return Promise.reject(new KalamError("overloaded", { waiting: this.#waiting.length }));
    }
    for (const { partition } of job.reads) partition.pins++;
    return new Promise<T>((resolve, reject) => {
      this.#waiting.push({ job, resolve: resolve as (result: unknown) => void, reject });
      this.#running ??= this.#run();
    });
  }

  /** Takes no more jobs; resolves when those taken have ended. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#running;
    if (this.#lastSeq === 0n) return;
    // The next start need not leave a gap. Where this cannot be noted, the ceiling noted before is a sound one.
    await this.#store.commit({ puts: [seqNote(this.#lastSeq)] }).catch(() => undefined);
  }

  async #run(): Promise<void> {
    // Let those who were woken together arrive together.
    await Promise.resolve();
    while (this.#waiting.length > 0) {
      const group = this.#takeGroup();
      try {
        await this.#commit(group);
      } finally {
        for (const { job } of group) for (const { partition } of job.reads) partition.pins--;
      }
    }
    this.#running = undefined;
  }

  #takeGroup(): Waiting[] {
    if (this.#waiting[0]?.job.exclusive) return this.#waiting.splice(0, 1);
    let jobs = 0;
    let rows = 0;
    for (const { job } of this.#waiting) {
      if (job.exclusive || jobs === MAX_JOBS_PER_BATCH || rows >= MAX_ROWS_PER_BATCH) break;
      jobs++;
      for (const { keys } of job.reads) rows += keys.length;
    }
    return this.#waiting.splice(0, jobs);
  }

  async #commit(group: Waiting[]): Promise<void> {
    const batch = new WriteBatch(this.#runtime.seq);
    const prepared: { waiting: Waiting; result: unknown }[] = [];
    try {
      await this.#preload(group, batch);
      for (const waiting of group) {
        const mark = batch.mark();
        try {
          for (const { partition, cold } of waiting.job.reads) if (cold !== undefined) batch.lookAt(partition, cold);
          const result = waiting.job.prepare(batch);
          prepared.push({ waiting, result: result instanceof Promise ? await result : result });
        } catch (error) {
          batch.rollback(mark);
          waiting.reject(error);
        }
      }
      if (prepared.length === 0) return;
      await this.#write(batch);
      this.#cache.trim(batch.partitions);
    } catch (error) {
      for (const { reject } of group) reject(error);
      return;
    }
    for (const { waiting, result } of prepared) waiting.resolve(result);
  }

  /** Brings a batch to the store and then to those who read. */
  async #write(batch: WriteBatch): Promise<void> {
    const { timers } = this.#runtime;
    const ceiling = this.#ceilingFor(batch.lastSeq);
    if (ceiling !== undefined) batch.putNote(seqNote(ceiling));
    const staged = await batch.toStore(timers);
    const { changes } = staged;
    const { snapshots } = this.#cache;
    batch.announce(snapshots);
    try {
      if (changes.puts.length + changes.deletes.length + changes.deleteRanges.length > 0) {
        await this.#store.commit(changes);
      }
      if (ceiling !== undefined) this.#seqCeiling = ceiling;
      if (batch.lastSeq > this.#lastSeq) this.#lastSeq = batch.lastSeq;
      await batch.apply(staged, this.#cache, this.feed, timers);
      batch.release(snapshots, true);
    } catch (error) {
      this.#cache.distrust(batch.partitions);
      batch.doubt();
      batch.release(snapshots, false);
      throw error;
    }
  }

  async #preload(group: readonly Waiting[], batch: WriteBatch): Promise<void> {
    const loads: Promise<void>[] = [];
    for (const { job } of group) {
      for (const { partition } of job.reads) {
        const load = this.#cache.ready(partition);
        if (load !== undefined) loads.push(load);
      }
    }
    if (loads.length > 0) await Promise.all(loads);
    const wanted = new Map<Partition, Set<string>>();
    for (const { job } of group) {
      for (const { partition, keys } of job.reads) {
        if (partition.state !== "spilled") continue;
        const set = wanted.get(partition) ?? new Set<string>();
        for (const key of keys) set.add(key);
        wanted.set(partition, set);
      }
    }
    for (const [partition, keys] of wanted) batch.provide(partition, await this.#fetch(partition, [...keys]));
  }

  async #fetch(partition: Partition, keys: readonly string[]): Promise<Map<string, HotVersion | undefined>> {
    const values = await this.#store.get(keys.map((key) => toBuffer(partition.prefix + key)));
    const versions = new Map<string, HotVersion | undefined>();
    keys.forEach((key, index) => {
      const value = values[index];
      const version =
        value === undefined ? undefined : { row: partition.schema.decode(value), shadows: isShadowing(value) };
      versions.set(key, version);
    });
    return versions;
  }

  /**
   * After a crash `_seq` must go on above every version ever written, even if the clock went back meanwhile. Instead of noting
   * each version, a ceiling some seconds ahead is noted now and then; the next start begins above it.
   */
  #ceilingFor(lastSeq: bigint): bigint | undefined {
    if (lastSeq < this.#seqCeiling || lastSeq === 0n) return undefined;
    const ahead = BigInt(this.#runtime.clock.now() + SEQ_RESERVE_MS - SNOWFLAKE_EPOCH_MS) << 22n;
    return ahead > lastSeq ? ahead : lastSeq + (BigInt(SEQ_RESERVE_MS) << 22n);
  }
}

function seqNote(seq: bigint): Entry {
  const value = Buffer.alloc(8);
  value.writeBigUInt64BE(seq);
  return { key: toBuffer(noteKey("seq_ceiling")), value };
}
