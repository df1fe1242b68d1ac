import type { Timers } from "../../../runtime/timers.ts";

/** What the event loop may wait for the disk. */
const PATIENCE_MILLIS = 1;
/** Entries up to which a batch is taken for one that somebody wrote alone. */
const FEW_ENTRIES = 2;
/** Small batches that must follow one another before whoever writes is taken to be alone. */
const ALONE_AFTER = 16;
/** Share of the newest measurement in the estimate when the disk becomes faster. */
const SMOOTHING = 1 / 8;

/**
 * Decides where to wait for the disk: in the event loop, or in the thread pool.
 *
 *     alone     work a ─ disk ─ answer a          a trip to the pool and back costs more than half of what the disk needs
 *     company   work a ─ work b c d … ─ answer    while one batch is on its way, the next one grows
 *
 * The event loop waits for somebody who writes alone, on a disk that has been fast lately, and at most once in a turn: a
 * second batch in the same turn shows that others write too, and that those after it had better become one batch.
 */
export class SyncPace {
  readonly #timers: Timers;
  /** Milliseconds; rises at once, falls slowly. Until the first measurement nothing is known. */
  #estimate = Number.POSITIVE_INFINITY;
  /** Small batches to come before whoever writes is alone. */
  #company = 0;
  #waitedInTurn = false;

  constructor(timers: Timers) {
    this.#timers = timers;
  }

  /** Whether the event loop itself waits until the next batch, of so many entries, is on the disk. Ask once for each batch. */
  mayWait(entries: number): boolean {
    if (entries > FEW_ENTRIES || this.#waitedInTurn) this.#company = ALONE_AFTER;
    else if (this.#company > 0) this.#company--;
    return this.#company === 0 && this.#estimate < PATIENCE_MILLIS;
  }

  /** The event loop has waited. */
  waited(millis: number): void {
    this.measured(millis);
    this.#waitedInTurn = true;
    this.#timers.soon(() => {
      this.#waitedInTurn = false;
    });
  }

  /** How long the disk has taken. */
  measured(millis: number): void {
    const known = this.#estimate !== Number.POSITIVE_INFINITY;
    this.#estimate = known && millis < this.#estimate ? this.#estimate + (millis - this.#estimate) * SMOOTHING : millis;
  }
}
