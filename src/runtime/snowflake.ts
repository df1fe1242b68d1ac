import type { Clock } from "./clock.ts";

/** 2024-01-01T00:00:00Z, the zero of every snowflake. */
export const SNOWFLAKE_EPOCH_MS = 1_704_067_200_000;

/**
 * Makes 64-bit ids that grow with time.
 *
 *     41 bits milliseconds since 2024 | 10 bits node | 12 bits counter
 *
 * Ids of one generator are unique and strictly growing, whatever the clock does: when the counter of a millisecond is
 * used up, or the clock went back, the generator goes on from its own last millisecond instead of waiting, so it may run
 * ahead of the clock by as many milliseconds as it was overdrawn.
 */
export class SnowflakeGenerator {
  readonly #clock: Clock;
  readonly #node: bigint;
  #millis = 0;
  #counter = 0;

  /** @param node 0–1023, unique among the servers of one database. */
  constructor(clock: Clock, node: number) {
    this.#clock = clock;
    this.#node = BigInt(node & 0x3ff) << 12n;
  }

  next(): bigint {
    const now = this.#clock.now() - SNOWFLAKE_EPOCH_MS;
    if (now > this.#millis) {
      this.#millis = now;
      this.#counter = 0;
    } else if (++this.#counter > 0xfff) {
      this.#millis++;
      this.#counter = 0;
    }
    return (BigInt(this.#millis) << 22n) | this.#node | BigInt(this.#counter);
  }

  /** From now on only ids above `floor` are made; used at start with the greatest id found in the store. */
  raise(floor: bigint): void {
    const millis = Number(floor >> 22n);
    if (millis < this.#millis) return;
    this.#millis = millis + 1;
    this.#counter = 0;
  }
}

/** The moment that a snowflake was made, in milliseconds since 1970. */
export function snowflakeMillis(id: bigint): number {
  return Number(id >> 22n) + SNOWFLAKE_EPOCH_MS;
}
