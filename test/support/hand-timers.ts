import { systemTimers, type Timers } from "../../src/runtime/timers.ts";

/** Timers whose repeated work runs when the test says so. */
export class HandTimers implements Timers {
  readonly #repeated = new Map<number, () => void>();
  after = systemTimers.after;
  soon = systemTimers.soon;
  yield = systemTimers.yield;
  sleep = systemTimers.sleep;

  every(millis: number, work: () => void) {
    this.#repeated.set(millis, work);
    return { cancel: () => void this.#repeated.delete(millis) };
  }

  tick(seconds: number): void {
    this.#repeated.get(seconds * 1000)?.();
  }

  get waiting(): number {
    return this.#repeated.size;
  }
}
