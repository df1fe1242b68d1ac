import type { Node } from "libpg-query";
import type { SecondaryIndex } from "../../rows/indexes/secondary-index.ts";
import { keySuccessor } from "../../rows/key-codec.ts";
import type { ColumnType } from "../../types/column-type.ts";
import type { ColumnComparison, KeyRange } from "../relation.ts";
import type { Frame, Scope } from "./frame.ts";
import { accessBy, type KeyAccess } from "./key-access.ts";
import { type KeyCondition, keyConditions } from "./key-conditions.ts";
import { indexFormOf } from "./key-form.ts";
import { toKeyValue } from "./key-values.ts";

const EVERYTHING: readonly KeyRange[] = [{}];
const NO_ROW: readonly [] = [];

/** What a WHERE says of the columns of an index. What it leads to still has to pass the WHERE. */
export class IndexAccess {
  readonly index: SecondaryIndex;
  /** Undefined when nothing is said about the first column. */
  readonly #access: KeyAccess | undefined;
  readonly #conditions: readonly KeyCondition[];

  constructor(index: SecondaryIndex, where: Node | undefined, scope: Scope) {
    const form = indexFormOf(index);
    this.index = index;
    this.#conditions = where === undefined ? [] : keyConditions(where, scope, form);
    this.#access = accessBy(this.#conditions, form);
  }

  /** Leading columns that are bound to one value each. */
  get equalities(): number {
    return this.#access?.equalities ?? 0;
  }

  /** The column behind those is bound to some values, or bounded. */
  get ranged(): boolean {
    if (this.#access === undefined) return false;
    return this.#access.ranged || (this.#access.kind === "keys" && this.equalities < this.index.slots.length);
  }

  /** Of entries, ascending and apart from each other. */
  ranges(frame: Frame): readonly KeyRange[] {
    const target = this.#access?.resolve(frame);
    if (target === undefined) return EVERYTHING;
    if ("range" in target) return [target.range];
    return target.keys.map((start) => ({ start, end: keySuccessor(start) as string }));
  }

  /** The conditions with the values of this execution, where a column can have such a value. */
  comparisons(frame: Frame): readonly ColumnComparison[] {
    return this.#conditions.flatMap(({ part, operator, values }): ColumnComparison[] => {
      const type = this.index.types[part] as ColumnType;
      const found = values.map((value) => toKeyValue(value.evaluate(NO_ROW, frame), type));
      const exact = found.flatMap((value) => (value.kind === "exact" ? [value.value] : []));
      if (exact.length < found.length) return [];
      return [{ slot: this.index.slots[part] as number, operator, values: exact }];
    });
  }
}
