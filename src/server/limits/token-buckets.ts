import type { Clock } from "../../runtime/clock.ts";

interface Bucket {
  tokens: number;
  /** Monotonic milliseconds of the last refill. */
  at: number;
}

/**
 * One token bucket per key: `rate` tokens at once, refilled by `rate` a second. Keys beyond `maxKeys` push out the one that was
 * made first; it would be full again soon anyway.
 */
export class TokenBuckets {
  readonly #clock: Clock;
  readonly #rate: number;
  readonly #maxKeys: number;
  readonly #buckets = new Map<string, Bucket>();

  constructor(clock: Clock, rate: number, maxKeys = 100_000) {
    this.#clock = clock;
    this.#rate = rate;
    this.#maxKeys = maxKeys;
  }

  /** Takes one token. @returns false when there is none. */
  take(key: string): boolean {
    const now = this.#clock.monotonic();
    let bucket = this.#buckets.get(key);
    if (bucket === undefined) {
      if (this.#buckets.size >= this.#maxKeys) this.#dropFirst();
      bucket = { tokens: this.#rate, at: now };
      this.#buckets.set(key, bucket);
    } else {
      bucket.tokens = Math.min(this.#rate, bucket.tokens + ((now - bucket.at) * this.#rate) / 1000);
      bucket.at = now;
    }
    if (bucket.tokens < 1) return false;
    bucket.tokens--;
    return true;
  }

  #dropFirst(): void {
    for (const key of this.#buckets.keys()) {
      this.#buckets.delete(key);
      return;
    }
  }
}
