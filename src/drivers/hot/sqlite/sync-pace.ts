/** What the event loop may wait for the disk. */
const PATIENCE_MILLIS = 1;
/** Entries up to which a batch is taken for one that nobody else waits behind. */
const FEW_ENTRIES = 2;
/** Share of the newest measurement in the estimate when the disk becomes faster. */
const SMOOTHING = 1 / 8;

/**
 * Decides where to wait for the disk.
 *
 * A trip to the thread pool and back costs more than half of what a fast disk needs for a small record, and somebody who
 * writes alone has nothing else for the event loop to do meanwhile. When many write, and on a disk that is slow or has just
 * been slow, the event loop has better things to do than to wait.
 */
export class SyncPace {
  /** Milliseconds; rises at once, falls slowly. Until the first measurement nothing is known. */
  #estimate = Number.POSITIVE_INFINITY;

  /** Whether the event loop itself may wait until a batch of so many entries is on the disk. */
  mayWait(entries: number): boolean {
    return entries <= FEW_ENTRIES && this.#estimate < PATIENCE_MILLIS;
  }

  measured(millis: number): void {
    const known = this.#estimate !== Number.POSITIVE_INFINITY;
    this.#estimate = known && millis < this.#estimate ? this.#estimate + (millis - this.#estimate) * SMOOTHING : millis;
  }
}
