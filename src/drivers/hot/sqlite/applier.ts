import type { Timer, Timers } from "../../../runtime/timers.ts";
import type { CommitLog, LoggedBatch } from "./commit-log.ts";
import { touches } from "./packed-view.ts";
import type { Writer } from "./writer.ts";

/** How long a batch waits for others before it is brought to SQLite. */
const GATHER_MILLIS = 100;
/** Share of a half of the log that is not waited for any longer, */
const ENOUGH_FILLED = 0.25;
/** and as many batches: whoever reads looks through all that wait. */
const ENOUGH_BATCHES = 1000;

/**
 * Brings what is in the commit log to SQLite: in order, a half of the log as one transaction, which also notes how far it
 * came.
 *
 * What cannot be applied stays in the log and in memory, and is tried again whenever somebody needs it: before the next commit,
 * which is refused with the reason if that fails again, and before a read of what waits. So there is never more than what the
 * log holds, and nothing has to guess when a disk has room again.
 */
export class Applier {
  readonly #log: CommitLog;
  readonly #writer: Writer;
  readonly #timers: Timers;
  /** Being applied, or to be tried again. */
  #taken: readonly LoggedBatch[] = [];
  #applied: number;
  #running: Promise<void> | undefined;
  #timer: Timer | undefined;
  #failed = false;

  /** @param log everything in it has been applied. */
  constructor(log: CommitLog, writer: Writer, timers: Timers) {
    this.#log = log;
    this.#writer = writer;
    this.#timers = timers;
    this.#applied = log.sequence;
  }

  /** The last attempt failed: nothing more may be logged before `settle` succeeded. */
  get failed(): boolean {
    return this.#failed;
  }

  /** Call when a batch has been logged. */
  logged(): void {
    if (this.#running !== undefined) return;
    if (this.#log.filled >= ENOUGH_FILLED || this.#log.batches.length >= ENOUGH_BATCHES) this.#begin();
    else this.#timer ??= this.#timers.after(GATHER_MILLIS, () => this.#begin());
  }

  /** Resolves when everything that was durable before the call is in SQLite; rejects with what prevents it. */
  async settle(): Promise<void> {
    const target = this.#log.sequence;
    while (this.#applied < target) await this.#run();
  }

  /** As `settle`, if something between `start` and `end` (exclusive) waits to be applied. */
  async settleRange(start: Buffer, end: Buffer): Promise<void> {
    if (this.#waitsIn(this.#taken, start, end) || this.#waitsIn(this.#log.batches, start, end)) await this.settle();
  }

  /** Makes room in the log: it gets a half that was not written yet, which takes until the one before is applied. */
  async turn(): Promise<void> {
    const { batches } = this.#log;
    while (this.#log.batches === batches) await this.#run();
  }

  /** Stops applying by itself. */
  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #waitsIn(logged: readonly LoggedBatch[], start: Buffer, end: Buffer): boolean {
    return logged.some(({ batch }) => touches(batch, start, end));
  }

  /** Nobody waits for this one: why it failed is told to the next commit, which begins with another attempt. */
  #begin(): void {
    this.#run().catch(() => undefined);
  }

  #run(): Promise<void> {
    this.#running ??= this.#apply().finally(() => {
      this.#running = undefined;
      if (!this.#failed && this.#log.batches.length > 0) this.logged();
    });
    return this.#running;
  }

  async #apply(): Promise<void> {
    this.stop();
    try {
      if (this.#taken.length === 0) {
        await this.#log.idle();
        // In one turn: what waits must never be missing from both lists, which reads look through.
        this.#taken = this.#log.takeHalf();
      }
      const last = this.#taken.at(-1);
      if (last === undefined) return;
      await this.#writer.apply(this.#taken);
      this.#applied = last.sequence;
      this.#taken = [];
      this.#failed = false;
    } catch (error) {
      this.#failed = true;
      throw error;
    }
  }
}
