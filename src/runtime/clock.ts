/**
 * Time, behind an interface so that tests can steer it. Nothing outside `src/runtime` reads the clock.
 */
export interface Clock {
  /** Milliseconds since 1970-01-01T00:00:00Z. */
  now(): number;
  /** Microseconds since 1970-01-01T00:00:00Z. */
  nowMicros(): bigint;
  /** Milliseconds from an arbitrary start, never going back; for measuring spans. */
  monotonic(): number;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  nowMicros: () => BigInt(Math.round((performance.timeOrigin + performance.now()) * 1000)),
  monotonic: () => performance.now(),
};

/** A clock that stands still until told to move. */
export class ManualClock implements Clock {
  #micros: bigint;

  constructor(startMillis = 1_767_225_600_000) {
    this.#micros = BigInt(startMillis) * 1000n;
  }

  now(): number {
    return Number(this.#micros / 1000n);
  }

  nowMicros(): bigint {
    return this.#micros;
  }

  monotonic(): number {
    return Number(this.#micros) / 1000;
  }

  advance(millis: number): void {
    this.#micros += BigInt(Math.round(millis * 1000));
  }
}
