import { SNOWFLAKE_EPOCH_MS } from "../runtime/snowflake.ts";

/**
 * The version of a row, `_seq`: it grows in the order of commits, and 64 bits are more than a number holds exactly.
 *
 *     41 bits milliseconds since 2024 | 10 bits node | 12 bits counter
 *
 * @example
 * const last = client.getLastSeqId(id);
 * await client.subscribe("chat.messages", show, last === undefined ? {} : { from: last });
 */
export class SeqId {
  /** Milliseconds since 1970 of the zero of every id. */
  static readonly EPOCH = SNOWFLAKE_EPOCH_MS;
  readonly #value: bigint;

  private constructor(value: bigint) {
    this.#value = value;
  }

  /** @throws SyntaxError for text that is no whole number; RangeError for a number with a fraction. */
  static from(value: SeqId | bigint | number | string): SeqId {
    return value instanceof SeqId ? value : new SeqId(BigInt(value));
  }

  /** When the version was made, in milliseconds since 1970. */
  get timestampMillis(): number {
    return Number(this.#value >> 22n) + SNOWFLAKE_EPOCH_MS;
  }

  get worker(): number {
    return Number((this.#value >> 12n) & 0x3ffn);
  }

  get sequence(): number {
    return Number(this.#value & 0xfffn);
  }

  toDate(): Date {
    return new Date(this.timestampMillis);
  }

  toBigInt(): bigint {
    return this.#value;
  }

  /** Loses digits beyond 2^53. */
  toNumber(): number {
    return Number(this.#value);
  }

  toString(): string {
    return this.#value.toString();
  }

  /** Its digits: a JSON number would lose some. */
  toJSON(): string {
    return this.toString();
  }

  /** Negative, 0 or positive, as `Array.sort` wants it. */
  compare(other: SeqId): number {
    return this.#value < other.#value ? -1 : this.#value > other.#value ? 1 : 0;
  }
}
