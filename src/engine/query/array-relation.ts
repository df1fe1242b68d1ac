import type { Row } from "../types/column-type.ts";
import type { KeyRange, Relation, RelationShape } from "./relation.ts";

/** Rows that were computed for one statement, in the order in which they shall be seen. It has no key to look up. */
export class ArrayRelation implements Relation {
  readonly shape: RelationShape;
  readonly #rows: readonly Row[];

  constructor(shape: RelationShape, rows: readonly Row[]) {
    this.shape = { ...shape, keySlots: [] };
    this.#rows = rows;
  }

  get rowEstimate(): number {
    return this.#rows.length;
  }

  lookup(): readonly Row[] {
    return [];
  }

  scan(_range: KeyRange, reverse: boolean): Iterable<readonly Row[]> {
    return [reverse ? this.#rows.toReversed() : this.#rows];
  }
}
