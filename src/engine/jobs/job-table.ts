import type { HotStore } from "../../drivers/hot/hot-store.ts";
import type { CommitPipeline } from "../rows/commit-pipeline.ts";
import { keySuccessor } from "../rows/key-codec.ts";
import { fromBuffer, JOB_PREFIX, jobKey, toBuffer } from "../rows/store-keys.ts";
import type { WriteBatch } from "../rows/write-batch.ts";
import { decodeJob, encodeJob, isFinished, type Job } from "./job.ts";

const CHUNK = 1000;

/**
 * All jobs, in memory and in the hot store. Memory shows a change when the store has made it durable; changes of one job happen one
 * after another, each on what the one before has left, because all of them go through the commit pipeline.
 */
export class JobTable {
  readonly #store: HotStore;
  readonly #pipeline: CommitPipeline;
  readonly #maxKept: number;
  /** In the order in which they were made. */
  readonly #jobs = new Map<string, Job>();
  readonly #active = new Map<string, Job>();
  readonly #watchers = new Map<string, ((job: Job) => void)[]>();

  /** @param maxKept documents of finished jobs; older ones make room */
  constructor(store: HotStore, pipeline: CommitPipeline, maxKept: number) {
    this.#store = store;
    this.#pipeline = pipeline;
    this.#maxKept = maxKept;
  }

  /** Reads all documents. @throws KalamError `data_corrupt` */
  async load(): Promise<void> {
    const found: Job[] = [];
    const end = toBuffer(keySuccessor(JOB_PREFIX) as string);
    let start: Buffer = toBuffer(JOB_PREFIX);
    for (;;) {
      const entries = await this.#store.scan({ start, end, limit: CHUNK });
      for (const { key, value } of entries) found.push(decodeJob(fromBuffer(key), value));
      const last = entries.at(-1);
      if (entries.length < CHUNK || last === undefined) break;
      start = Buffer.concat([last.key, Buffer.from([0])]);
    }
    found.sort((a, b) => a.createdAt - b.createdAt || (a.id < b.id ? -1 : 1));
    for (const job of found) this.#set(job);
  }

  get(id: string): Job | undefined {
    return this.#jobs.get(id);
  }

  /** Oldest first. */
  list(): readonly Job[] {
    return [...this.#jobs.values()];
  }

  /** Those that are not finished, oldest first. */
  active(): readonly Job[] {
    return [...this.#active.values()];
  }

  /** Shows a job that is about to become durable. */
  announce(job: Job): void {
    this.#set(job);
  }

  /** Takes back what never became durable. */
  withdraw(id: string): void {
    this.#jobs.delete(id);
    this.#active.delete(id);
  }

  /** Writes a job with a batch of the commit pipeline. */
  stage(batch: WriteBatch, job: Job): void {
    batch.putRaw(jobKey(job.id), encodeJob(job));
    batch.onApplied(() => this.#set(job));
  }

  /** Writes a job that is new; the oldest finished ones go when there are too many. */
  stageNew(batch: WriteBatch, job: Job): void {
    this.stage(batch, job);
    const surplus = this.#jobs.size + (this.#jobs.has(job.id) ? 0 : 1) - this.#maxKept;
    if (surplus <= 0) return;
    const oldest = this.list().filter(isFinished).slice(0, surplus);
    for (const { id } of oldest) this.#stageRemoval(batch, id);
  }

  /**
   * @param update what becomes of the job; undefined leaves it as it is
   * @returns the changed job, when it is durable
   */
  change(id: string, update: (job: Job) => Job | undefined): Promise<Job | undefined> {
    return this.#pipeline.submit({
      reads: [],
      exclusive: true,
      prepare: (batch) => {
        const job = this.#jobs.get(id);
        const changed = job && update(job);
        if (changed !== undefined) this.stage(batch, changed);
        return changed;
      },
    });
  }

  /** Changes many jobs in one batch. */
  async changeAll(update: (job: Job) => Job | undefined): Promise<readonly Job[]> {
    return this.#pipeline.submit({
      reads: [],
      exclusive: true,
      prepare: (batch) => {
        const changed = this.list().flatMap((job) => update(job) ?? []);
        for (const job of changed) this.stage(batch, job);
        return changed;
      },
    });
  }

  /** Shows how a job ended though the store refuses to know it; the next start finds it unfinished. */
  overrule(id: string, update: (job: Job) => Job | undefined): void {
    const job = this.#jobs.get(id);
    const changed = job && update(job);
    if (changed !== undefined) this.#set(changed);
  }

  /** @returns how many were removed */
  async removeFinished(before: number, signal?: AbortSignal): Promise<number> {
    const old = this.list().filter((job) => isFinished(job) && (job.finishedAt ?? job.updatedAt) < before);
    for (let from = 0; from < old.length; from += CHUNK) {
      signal?.throwIfAborted();
      await this.#pipeline.submit({
        reads: [],
        exclusive: true,
        prepare: (batch) => {
          for (const { id } of old.slice(from, from + CHUNK)) this.#stageRemoval(batch, id);
        },
      });
    }
    return old.length;
  }

  /** Calls back once, when the job has finished. */
  onFinished(id: string, callback: (job: Job) => void): void {
    const watchers = this.#watchers.get(id);
    if (watchers === undefined) this.#watchers.set(id, [callback]);
    else watchers.push(callback);
  }

  #stageRemoval(batch: WriteBatch, id: string): void {
    batch.deleteRaw(jobKey(id));
    batch.onApplied(() => this.#jobs.delete(id));
  }

  #set(job: Job): void {
    this.#jobs.set(job.id, job);
    if (!isFinished(job)) {
      this.#active.set(job.id, job);
      return;
    }
    this.#active.delete(job.id);
    const watchers = this.#watchers.get(job.id) ?? [];
    this.#watchers.delete(job.id);
    for (const callback of watchers) callback(job);
  }
}
