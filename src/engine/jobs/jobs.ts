import type { HotStore } from "../../drivers/hot/hot-store.ts";
import { KalamError } from "../../errors/index.ts";
import type { Runtime } from "../../runtime/runtime.ts";
import type { Service } from "../../runtime/service.ts";
import type { Database } from "../database.ts";
import type { EngineOptions } from "../options.ts";
import type { CommitPipeline } from "../rows/commit-pipeline.ts";
import type { WriteBatch } from "../rows/write-batch.ts";
import type { Surroundings } from "../surroundings.ts";
import { Executor } from "./executor.ts";
import { isFinished, type Job, type JobParameters } from "./job.ts";
import { JobKinds } from "./job-kinds.ts";
import { JobTable } from "./job-table.ts";
import { JOB_KINDS } from "./kinds/index.ts";
import { settle } from "./settlement.ts";

export interface CreateOptions {
  /** While a job with this key is active, no other is made. */
  readonly idempotencyKey?: string;
  readonly createdBy?: string;
}

/** The id of the job that was made, or why none was. */
export type Created =
  | { readonly id: string; readonly skipped?: undefined }
  | { readonly id?: undefined; readonly skipped: string };

export interface JobsParts {
  readonly store: HotStore;
  readonly pipeline: CommitPipeline;
  readonly runtime: Runtime;
  readonly options: EngineOptions;
  readonly surroundings: Pick<Surroundings, "report" | "jobKinds">;
  /** Jobs are a part of the database that they work on. */
  readonly database: () => Database;
}

/**
 * Work in the background. A job is written before it is begun and at every step, so that it survives the server: see `settle` for
 * what a start makes of jobs that were left unfinished.
 *
 * @example
 * const created = await database.jobs.create("job_cleanup", { retention_days: 7 }, { idempotencyKey: "job_cleanup" });
 * if (created.id !== undefined) await database.jobs.whenDone(created.id);
 */
export class Jobs implements Service {
  readonly name = "jobs";
  readonly #parts: JobsParts;
  readonly #kinds: JobKinds;
  readonly #table: JobTable;
  readonly #executor: Executor;

  constructor(parts: JobsParts) {
    const { options, surroundings, store, pipeline, runtime, database } = parts;
    this.#parts = parts;
    this.#kinds = new JobKinds([...JOB_KINDS, ...surroundings.jobKinds]);
    this.#table = new JobTable(store, pipeline, options.maxKeptJobs);
    this.#executor = new Executor(
      this.#table,
      this.#kinds,
      runtime,
      {
        maxConcurrent: options.maxConcurrentJobs,
        retryBackoffMs: options.jobRetryBackoffMs,
        timeoutSeconds: options.jobTimeoutSeconds,
        graceSeconds: options.jobGraceSeconds,
      },
      database,
      surroundings.report,
    );
  }

  /** Settles what the last run left unfinished and begins to work. @throws KalamError `data_corrupt` */
  async start(): Promise<void> {
    await this.#table.load();
    const update = (job: Job): Job | undefined => settle(job, this.#kinds, this.#parts.runtime.clock.now());
    try {
      await this.#table.changeAll(update);
    } catch (error) {
      // A full disk must not keep the server from starting.
      this.#parts.surroundings.report("what the last run left unfinished could not be written", error);
      for (const { id } of this.#table.list()) this.#table.overrule(id, update);
    }
    for (const { id, status } of this.#table.active()) if (status === "queued") this.#executor.enqueue(id);
    this.#executor.start();
  }

  /**
   * Makes a job, if there is something to do.
   *
   * @throws KalamError `invalid_job_parameters`, `too_many_jobs`, and what keeps it from being written
   */
  async create(type: string, parameters: JobParameters, options: CreateOptions = {}): Promise<Created> {
    const job = this.#draft(type, parameters, options);
    const equal = this.#equalTo(job);
    if (equal !== undefined) return { skipped: equal };
    this.#table.announce(job);
    try {
      const nothing = await this.#kinds.get(type).bind(parameters).precheck(this.#parts.database());
      if (nothing !== undefined) {
        this.#table.withdraw(job.id);
        return { skipped: nothing };
      }
      await this.#parts.pipeline.submit({ reads: [], exclusive: true, prepare: (batch) => this.#stage(batch, job) });
      return { id: job.id };
    } catch (error) {
      this.#table.withdraw(job.id);
      throw error;
    }
  }

  /** Makes a job with a batch of an exclusive job of the commit pipeline: it is there when, and only when, the batch is. */
  createWith(batch: WriteBatch, type: string, parameters: JobParameters, options: CreateOptions = {}): Created {
    const job = this.#draft(type, parameters, options);
    const equal = this.#equalTo(job);
    if (equal !== undefined) return { skipped: equal };
    this.#stage(batch, job);
    return { id: job.id };
  }

  /**
   * Ends a job that is waiting or running. A running one gets a while to give up; when it has completed by then, that stands.
   *
   * @throws KalamError `job_not_found`, `job_not_active`
   */
  async cancel(id: string, reason = "Cancelled by user"): Promise<Job> {
    const ending = { status: "cancelled", message: reason } as const;
    for (;;) {
      const cancelled = await this.#table.change(id, (job) => {
        if (job.status !== "queued" && job.status !== "retrying") return undefined;
        const now = this.#parts.runtime.clock.now();
        return { ...job, ...ending, updatedAt: now, finishedAt: now };
      });
      if (cancelled !== undefined) {
        this.#executor.forget(id);
        return cancelled;
      }
      const job = this.#table.get(id);
      if (job === undefined) throw new KalamError("job_not_found", { job: id });
      if (job.status !== "running") throw notActive(job);
      await this.#executor.end(id, ending);
      const ended = this.#table.get(id) ?? job;
      if (ended.status === "cancelled") return ended;
      if (isFinished(ended)) throw notActive(ended);
    }
  }

  /** Cancels all active jobs that the predicate picks. @returns how many were cancelled; those that finished meanwhile are not */
  async cancelWhere(predicate: (job: Job) => boolean, reason: string): Promise<number> {
    const cancelled = await Promise.all(
      this.#table
        .active()
        .filter(predicate)
        .map(({ id }) =>
          this.cancel(id, reason).then(
            () => 1,
            (error: unknown) => {
              if (error instanceof KalamError && error.key === "job_not_active") return 0;
              throw error;
            },
          ),
        ),
    );
    return cancelled.reduce<number>((sum, one) => sum + one, 0);
  }

  /** Cancels the jobs that work on the rows of a table which was dropped. Never rejects: the table is gone already. */
  async cancelOfTable(fullName: string): Promise<void> {
    try {
      const isOfTable = (job: Job): boolean => this.#kinds.get(job.type).bind(job.parameters).table === fullName;
      await this.cancelWhere(isOfTable, `Table ${fullName} was dropped`);
    } catch (error) {
      this.#parts.surroundings.report(`the jobs of ${fullName}, which was dropped, could not be cancelled`, error);
    }
  }

  get(id: string): Job | undefined {
    const job = this.#table.get(id);
    return job && this.#withProgress(job);
  }

  /** Oldest first. */
  list(): readonly Job[] {
    return this.#table.list().map((job) => this.#withProgress(job));
  }

  /** Those that run now. */
  running(): readonly Job[] {
    return this.#table
      .active()
      .filter(({ status }) => status === "running")
      .map((job) => this.#withProgress(job));
  }

  /** Resolves with the job when it has finished. @throws KalamError `job_not_found` */
  async whenDone(id: string): Promise<Job> {
    const job = this.#table.get(id);
    if (job === undefined) throw new KalamError("job_not_found", { job: id });
    return isFinished(job) ? job : new Promise((resolve) => this.#table.onFinished(id, resolve));
  }

  /** Removes the documents of jobs that finished before a moment (milliseconds since 1970). */
  removeFinished(before: number, signal?: AbortSignal): Promise<number> {
    return this.#table.removeFinished(before, signal);
  }

  /** Begins no more jobs and waits for those that run, up to the time that the configuration gives them. Idempotent. */
  async drain(): Promise<void> {
    this.#executor.pause();
    const { runtime, options } = this.#parts;
    const bound = runtime.timers.after(options.shutdownTimeoutSeconds * 1000, () => {
      this.#endAll(`the server stopped before the job ended (${options.shutdownTimeoutSeconds} s)`);
    });
    await this.#executor.idle();
    bound.cancel();
  }

  /** Ends what runs, as failed. Idempotent. */
  async stop(): Promise<void> {
    this.#executor.pause();
    this.#endAll("the server stopped before the job ended");
    await this.#executor.idle();
  }

  /** Marks what runs as failed without waiting for its work: the process is about to end. */
  async abandon(reason: string): Promise<void> {
    this.#executor.pause();
    this.#endAll(reason, 0);
    await this.#executor.idle();
  }

  #endAll(message: string, graceMs?: number): void {
    for (const { id } of this.#table.active()) void this.#executor.end(id, { status: "failed", message }, graceMs);
  }

  #draft(type: string, parameters: JobParameters, options: CreateOptions): Job {
    const kind = this.#kinds.get(type);
    kind.bind(parameters);
    const waiting = this.#table.active().length;
    if (waiting >= this.#parts.options.maxWaitingJobs) throw new KalamError("too_many_jobs", { waiting });
    const now = this.#parts.runtime.clock.now();
    return {
      id: this.#newId(kind.prefix),
      type,
      status: "new",
      parameters,
      message: null,
      trace: null,
      idempotencyKey: options.idempotencyKey ?? null,
      createdBy: options.createdBy ?? null,
      retries: 0,
      maxRetries: kind.retries ?? this.#parts.options.jobRetries,
      createdAt: now,
      updatedAt: now,
      startedAt: null,
      finishedAt: null,
    };
  }

  #newId(prefix: string): string {
    for (;;) {
      const id = `${prefix}-${Buffer.from(this.#parts.runtime.random.bytes(6)).toString("hex")}`;
      if (this.#table.get(id) === undefined) return id;
    }
  }

  /** Why an equal job stands in the way of this one. */
  #equalTo({ idempotencyKey }: Job): string | undefined {
    if (idempotencyKey === null) return undefined;
    const equal = (job: Job | undefined): boolean => job?.idempotencyKey === idempotencyKey;
    const active = this.#table.active().find(equal);
    if (active !== undefined) return `an equal job is already ${active.status} (${active.id})`;
    const working = [...this.#executor.working].find((id) => equal(this.#table.get(id)));
    return working && `the work of an equal job that was ended goes on (${working})`;
  }

  #stage(batch: WriteBatch, job: Job): void {
    this.#table.stageNew(batch, { ...job, status: "queued" });
    batch.onApplied(() => this.#executor.enqueue(job.id));
  }

  #withProgress(job: Job): Job {
    const progress = this.#executor.progressOf(job.id);
    return progress === undefined || job.status !== "running" ? job : { ...job, message: progress };
  }
}

function notActive({ id, status }: Job): KalamError {
  return new KalamError("job_not_active", { job: id, status: status.charAt(0).toUpperCase() + status.slice(1) });
}
