import { KalamError } from "../../../errors/index.ts";
import type { Value } from "../../types/column-type.ts";
import { approximateBytes } from "../../types/index.ts";

/**
 * Counts what one statement makes of rows. A short text can ask for more than there is memory (`UPDATE t SET body = repeat(body, 1000)`),
 * so it is refused as soon as it holds more than a transaction may, whether or not it stands in one.
 */
export class WriteAllowance {
  readonly #maximum: number;
  #bytes = 0;

  constructor(maximum: number) {
    this.#maximum = maximum;
  }

  /** @throws KalamError transaction_too_large */
  take(values: readonly (Value | symbol)[]): void {
    for (const value of values) if (typeof value !== "symbol") this.#bytes += approximateBytes(value);
    if (this.#bytes > this.#maximum) {
      throw new KalamError("transaction_too_large", { bytes: this.#bytes, maximum: this.#maximum });
    }
  }
}
