import type { Node } from "libpg-query";
import { type Compiled, type Frame, type Scope, STATEMENT } from "../query/expression/frame.ts";
import { columnConditions, conjunctsOf } from "../query/expression/key-conditions.ts";
import { toKeyValue } from "../query/expression/key-values.ts";
import { encodeKey } from "../rows/key-codec.ts";
import type { ColumnType, Row } from "../types/column-type.ts";

/** One ANDed part of a WHERE that says which value a column has: `room = 'a'`. */
export interface EqualityCondition {
  readonly slot: number;
  readonly type: ColumnType;
  readonly value: Compiled;
}

const NO_ROW: Row = [];

/** The first equality of a WHERE, if it has one; every row of its answer meets it. */
export function equalityOf(where: Node, scope: Scope): EqualityCondition | undefined {
  for (const conjunct of conjunctsOf(where)) {
    for (const { column, operator, values } of columnConditions(conjunct, scope, ({ hidden }) => !hidden)) {
      const [value] = values;
      if (operator !== "=" || value === undefined || value.dependency > STATEMENT) continue;
      return { slot: column.slot, type: column.type as ColumnType, value };
    }
  }
  return undefined;
}

/** The value that rows must have, as a key: undefined where it is none that a key can express. */
export function wantedKey({ type, value }: EqualityCondition, frame: Frame): string | undefined {
  const wanted = toKeyValue(value.evaluate(NO_ROW, frame), type);
  return wanted.kind === "exact" ? encodeKey([type], [wanted.value]) : undefined;
}

/** What a row has there, as a key; undefined for NULL, which equals nothing. */
export function keyIn(row: Row, slot: number, type: ColumnType): string | undefined {
  const value = row[slot] ?? null;
  return value === null ? undefined : encodeKey([type], [value]);
}
