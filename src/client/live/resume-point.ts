import type { SubscriptionOptions as WireOptions } from "../../protocol/live.ts";
import { SeqId } from "../seq-id.ts";
import type { SubscriptionOptions } from "./events.ts";

/** Rows of a batch where none are named. */
const DEFAULT_BATCH = 1000;

/**
 * How far a subscription has come, and with that, what it asks for when it begins or goes on.
 *
 * A point is set with everything that is given out, batches of the beginning included: they ascend by `_seq`, so that a beginning
 * that was interrupted goes on in its middle.
 */
export class ResumePoint {
  readonly #options: SubscriptionOptions;
  #seq: bigint | undefined;
  #hasBegun = false;
  #startsOver = false;

  constructor(options: SubscriptionOptions) {
    this.#options = options;
  }

  get seq(): bigint | undefined {
    return this.#seq;
  }

  /** Something was given out already that the next request must not give again. */
  get isSet(): boolean {
    return this.#seq !== undefined;
  }

  /** None of the first rows are wanted. The newest is asked for nevertheless: its `_seq` is where a reconnect goes on. */
  get dropsFirstRows(): boolean {
    return this.#options.last_rows === 0 && !this.isSet && !this.#hasBegun;
  }

  advance(seq: unknown): void {
    if (seq === null || seq === undefined) return;
    const value = BigInt(seq as string | number | bigint);
    if (this.#seq === undefined || value > this.#seq) this.#seq = value;
  }

  /** All first rows were given. Had there been one, there would be a point: what comes later is new, however much it is. */
  begun(): void {
    this.#hasBegun = true;
  }

  /** Everything is wanted anew: also a `from` that was asked for cannot be had. */
  forget(): void {
    this.#seq = undefined;
    this.#hasBegun = false;
    this.#startsOver = true;
  }

  request(): WireOptions {
    const { last_rows, from, until, since } = this.#options;
    // The newest rows come in one batch.
    const batch_size =
      last_rows !== undefined && last_rows > DEFAULT_BATCH
        ? Math.max(last_rows, this.#options.batch_size ?? 0)
        : this.#options.batch_size;
    const always = {
      ...(batch_size === undefined ? {} : { batch_size }),
      ...(until === undefined ? {} : { until: SeqId.from(until).toBigInt() }),
      ...(since === undefined ? {} : { since: since instanceof Date ? BigInt(since.getTime()) * 1000n : since }),
      gone_in_batch: true,
    };
    if (this.#seq !== undefined) return { ...always, from: this.#seq };
    if (from !== undefined && !this.#startsOver) return { ...always, from: SeqId.from(from).toBigInt() };
    return last_rows === undefined || this.#hasBegun ? always : { ...always, last_rows: Math.max(1, last_rows) };
  }
}
