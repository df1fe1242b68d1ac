import { KalamError } from "../../errors/index.ts";
import type { Runtime } from "../../runtime/runtime.ts";
import type { Timer } from "../../runtime/timers.ts";
import type { Database } from "../database.ts";
import type { Report } from "../surroundings.ts";
import { Attempt, type Ending, type Outcome } from "./attempt.ts";
import type { FinalStatus, Job } from "./job.ts";
import type { JobKinds } from "./job-kinds.ts";
import type { JobTable } from "./job-table.ts";

/** How often the end of a job is written again when the store refuses it. */
const MAX_WRITES = 5;
const MAX_BACKOFF_MS = 60_000;
const MAX_TRACE = 4000;

export interface ExecutorOptions {
  readonly maxConcurrent: number;
  readonly retryBackoffMs: number;
  readonly timeoutSeconds: number;
  readonly graceSeconds: number;
}

/** What work came to; undefined when the job was cancelled before it began. */
type Result = { readonly status: Extract<FinalStatus, "completed" | "skipped">; readonly message: string } | undefined;

interface Slot {
  readonly attempt: Attempt<Result>;
  /** Resolves when the outcome is written and the slot is free. */
  readonly released: Promise<void>;
}

/**
 * Runs queued jobs, so many at a time, in the order in which they came. A job that fails is begun again after a while, twice as long
 * each time. Work that does not end when it is told to is no longer waited for: its slot goes to the next job, and the job says that
 * its work goes on.
 */
export class Executor {
  readonly #table: JobTable;
  readonly #kinds: JobKinds;
  readonly #runtime: Runtime;
  readonly #options: ExecutorOptions;
  readonly #database: () => Database;
  readonly #report: Report;
  readonly #queue: string[] = [];
  readonly #slots = new Map<string, Slot>();
  /** Ended in name, at work still. */
  readonly #working = new Set<string>();
  readonly #backoffs = new Map<string, Timer>();
  #takesWork = false;

  constructor(
    table: JobTable,
    kinds: JobKinds,
    runtime: Runtime,
    options: ExecutorOptions,
    database: () => Database,
    report: Report,
  ) {
    this.#table = table;
    this.#kinds = kinds;
    this.#runtime = runtime;
    this.#options = options;
    this.#database = database;
    this.#report = report;
  }

  start(): void {
    this.#takesWork = true;
    this.#fill();
  }

  /** Begins no more jobs. */
  pause(): void {
    this.#takesWork = false;
    for (const timer of this.#backoffs.values()) timer.cancel();
    this.#backoffs.clear();
  }

  /** Resolves when no job runs; call `pause` first. */
  async idle(): Promise<void> {
    while (this.#slots.size > 0) await Promise.all([...this.#slots.values()].map(({ released }) => released));
  }

  enqueue(id: string): void {
    this.#queue.push(id);
    this.#fill();
  }

  /** Takes a job that was cancelled before its turn out of the queue. */
  forget(id: string): void {
    const at = this.#queue.indexOf(id);
    if (at >= 0) this.#queue.splice(at, 1);
    this.#backoffs.get(id)?.cancel();
    this.#backoffs.delete(id);
  }

  /** Tells a running job to give up. Resolves when it no longer counts as running; at once when it does not run. */
  async end(id: string, ending: Ending, graceMs?: number): Promise<void> {
    const slot = this.#slots.get(id);
    slot?.attempt.end(ending, graceMs);
    await slot?.released;
  }

  progressOf(id: string): string | undefined {
    return this.#slots.get(id)?.attempt.progress;
  }

  /** Jobs that finished in name while their work goes on. */
  get working(): ReadonlySet<string> {
    return this.#working;
  }

  #fill(): void {
    while (this.#takesWork && this.#slots.size < this.#options.maxConcurrent) {
      const id = this.#queue.shift();
      if (id === undefined) return;
      const { timeoutSeconds, graceSeconds } = this.#options;
      const limits = { hangsAfterMs: timeoutSeconds * 1000, graceMs: graceSeconds * 1000 };
      const attempt = new Attempt(this.#runtime, limits, (signal, progress) => this.#work(id, signal, progress));
      this.#slots.set(id, { attempt, released: this.#settle(id, attempt) });
    }
  }

  async #work(id: string, signal: AbortSignal, progress: (message: string) => void): Promise<Result> {
    const job = await this.#table.change(id, (found) =>
      found.status === "queued" || found.status === "retrying" ? this.#begun(found) : undefined,
    );
    if (job === undefined) return undefined;
    signal.throwIfAborted();
    const work = this.#kinds.get(job.type).bind(job.parameters);
    const database = this.#database();
    if (job.retries === 0) {
      const nothing = await work.precheck(database);
      if (nothing !== undefined) return { status: "skipped", message: nothing };
    }
    return { status: "completed", message: await work.run({ database, jobId: id, signal, progress }) };
  }

  #begun(job: Job): Job {
    const now = this.#runtime.clock.now();
    return { ...job, status: "running", message: null, trace: null, updatedAt: now, startedAt: job.startedAt ?? now };
  }

  /** Writes what came of an attempt and gives its slot to the next job. Never rejects. */
  async #settle(id: string, attempt: Attempt<Result>): Promise<void> {
    const outcome = await attempt.outcome;
    if (outcome.type === "ended" && outcome.working) this.#keepWatching(id, attempt);
    await this.#write(id, (job) => this.#after(job, outcome, attempt.ending));
    this.#slots.delete(id);
    const job = this.#table.get(id);
    if (job?.status === "retrying") this.#beginLater(job);
    if (job?.status === "failed") this.#report(`job ${id} failed: ${job.message}`, undefined);
    this.#fill();
  }

  #after(job: Job, outcome: Outcome<Result>, ending: Ending | undefined): Job | undefined {
    const now = this.#runtime.clock.now();
    switch (outcome.type) {
      case "returned":
        return outcome.value && { ...job, ...outcome.value, updatedAt: now, finishedAt: now };
      case "ended": {
        const { status, message } = outcome.ending;
        return {
          ...job,
          status,
          message: outcome.working ? `${message} (its work has not ended yet)` : message,
          updatedAt: now,
          finishedAt: now,
        };
      }
      case "threw": {
        const failed = { ...job, message: messageOf(outcome.error), trace: traceOf(outcome.error), updatedAt: now };
        if (ending !== undefined) return { ...job, ...ending, updatedAt: now, finishedAt: now };
        return job.retries < job.maxRetries
          ? { ...failed, status: "retrying", retries: job.retries + 1 }
          : { ...failed, status: "failed", finishedAt: now };
      }
    }
  }

  #beginLater({ id, retries }: Job): void {
    if (!this.#takesWork) return;
    const millis = Math.min(this.#options.retryBackoffMs * 2 ** (retries - 1), MAX_BACKOFF_MS);
    const timer = this.#runtime.timers.after(millis, () => {
      this.#backoffs.delete(id);
      this.enqueue(id);
    });
    this.#backoffs.set(id, timer);
  }

  #keepWatching(id: string, attempt: Attempt<Result>): void {
    this.#working.add(id);
    this.#report(`job ${id} was told to give up and does not end`, undefined);
    const ended = async (): Promise<void> => {
      await attempt.over;
      await this.#write(id, (job) => ({
        ...job,
        message: job.message?.replace("its work has not ended yet", "its work ended later") ?? null,
        updatedAt: this.#runtime.clock.now(),
      }));
      this.#working.delete(id);
    };
    void ended();
  }

  /** A job whose end cannot be written has ended all the same: memory says so, and the next start finds out again. */
  async #write(id: string, update: (job: Job) => Job | undefined): Promise<void> {
    for (let tries = 1; ; tries++) {
      try {
        await this.#table.change(id, update);
        return;
      } catch (error) {
        const closed = error instanceof KalamError && error.key === "shutting_down";
        if (closed || tries === MAX_WRITES) {
          this.#report(`the state of job ${id} could not be written`, error);
          this.#table.overrule(id, update);
          return;
        }
        await this.#runtime.timers.sleep(Math.min(this.#options.retryBackoffMs * 2 ** (tries - 1), MAX_BACKOFF_MS));
      }
    }
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function traceOf(error: unknown): string | null {
  return error instanceof Error ? (error.stack ?? error.message).slice(0, MAX_TRACE) : null;
}
