import { randomBytes } from "node:crypto";

/** Randomness, behind an interface so that a seed gives the same run again. */
export interface Random {
  bytes(length: number): Uint8Array;
  /** A whole number from 0 up to but not including `bound`. */
  below(bound: number): number;
}

export const systemRandom: Random = {
  bytes: (length) => randomBytes(length),
  below: (bound) => Math.floor(Math.random() * bound),
};

/**
 * A small seeded generator (mulberry32, public domain, Tommy Ettinger 2017): good enough for tests and example data,
 * never for secrets.
 */
export class SeededRandom implements Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  #next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let t = this.#state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return (t ^ (t >>> 14)) >>> 0;
  }

  bytes(length: number): Uint8Array {
    const out = new Uint8Array(length);
    for (let i = 0; i < length; i++) out[i] = this.#next() & 0xff;
    return out;
  }

  below(bound: number): number {
    return Math.floor((this.#next() / 0x1_0000_0000) * bound);
  }
}
