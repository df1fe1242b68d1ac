import { KalamError } from "../../errors/index.ts";
import { type KeyFilter, KeyFilterBuilder } from "./key-filter.ts";

/** The keys of a segment's rows as they go by. */
export class SegmentKeys {
  readonly #filter = new KeyFilterBuilder();
  first = "";
  last = "";
  count = 0;

  /** @throws internal when the rows are not sorted: every reader relies on it */
  add(key: string): void {
    if (this.count === 0) this.first = key;
    else if (key <= this.last) throw new KalamError("internal", { reason: "the rows of a segment are not sorted" });
    this.last = key;
    this.count++;
    this.#filter.add(key);
  }

  filter(): KeyFilter {
    return this.#filter.build();
  }
}
