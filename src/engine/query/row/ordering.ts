import type { Node, SortBy } from "libpg-query";
import { KalamError } from "../../../errors/index.ts";
import type { Row, Value } from "../../types/column-type.ts";
import { compareValues } from "../../types/index.ts";
import { isOrdered } from "../expression/comparison.ts";
import { compileExpression } from "../expression/compile.ts";
import { type Compiled, type Frame, type Scope, STATEMENT } from "../expression/frame.ts";
import { NotSimple } from "../expression/not-simple.ts";
import type { Target } from "./target-list.ts";

/** One part of an ORDER BY. */
export interface SortKey {
  readonly expression: Compiled;
  readonly descending: boolean;
  readonly nullsFirst: boolean;
}

/** The parts of an ORDER BY: an output name, a position in the SELECT list, or an expression over the relation. */
export function compileOrder(clause: readonly Node[], targets: readonly Target[], scope: Scope): SortKey[] {
  return clause.map((node) => {
    if (!("SortBy" in node) || node.SortBy.useOp !== undefined) throw new NotSimple("ORDER BY of this shape");
    const { sortby_dir, sortby_nulls } = node.SortBy;
    const expression = sortExpression(node.SortBy, targets, scope);
    if (!isOrdered(expression.type)) throw new NotSimple(`ordering by ${expression.type.kind}`);
    const descending = sortby_dir === "SORTBY_DESC";
    const nullsFirst = sortby_nulls === "SORTBY_NULLS_FIRST" || (sortby_nulls !== "SORTBY_NULLS_LAST" && descending);
    return { expression, descending, nullsFirst };
  });
}

function sortExpression(sort: SortBy, targets: readonly Target[], scope: Scope): Compiled {
  const { node } = sort;
  if (node === undefined) throw new NotSimple("ORDER BY nothing");
  if ("A_Const" in node) return byPosition(node.A_Const.ival?.ival, targets, node.A_Const.location);
  if ("ParamRef" in node) throw new NotSimple("ORDER BY a value");
  const named = byName(node, targets);
  return named ?? compileExpression(node, scope);
}

function byPosition(position: number | undefined, targets: readonly Target[], location: number | undefined): Compiled {
  if (position === undefined) throw new NotSimple("ORDER BY a constant");
  const target = targets[position - 1];
  if (target !== undefined) return target.expression;
  const message = `ORDER BY position ${position} is not in select list`;
  throw new KalamError("invalid_column_reference", { message }, location === undefined ? {} : { position: location });
}

/** A bare name means a column of the result before one of the relation. */
function byName(node: Node, targets: readonly Target[]): Compiled | undefined {
  if (!("ColumnRef" in node) || node.ColumnRef.fields?.length !== 1) return undefined;
  const [field] = node.ColumnRef.fields;
  const name = field !== undefined && "String" in field ? field.String.sval : undefined;
  const found = targets.filter((target) => target.column.name === name);
  const [first] = found;
  if (first === undefined) return undefined;
  if (
    found.some((target) => target.expression.slot === undefined || target.expression.slot !== first.expression.slot)
  ) {
    if (found.length > 1) throw new NotSimple("ORDER BY an ambiguous name");
  }
  return first.expression;
}

/**
 * The direction in which the relation's own order is the one asked for; undefined when rows have to be sorted.
 *
 * @param keySlots the columns of the key in order
 * @param bound how many leading ones have one value in all rows
 */
export function scanDirection(
  order: readonly SortKey[],
  keySlots: readonly number[],
  bound: number,
): "forward" | "backward" | undefined {
  let next = bound;
  let direction: "forward" | "backward" | undefined;
  for (const key of order) {
    const { slot, dependency } = key.expression;
    if (dependency <= STATEMENT) continue;
    if (slot === undefined) return undefined;
    const part = keySlots.indexOf(slot);
    if (part >= 0 && part < bound) continue;
    if (next === keySlots.length && keySlots.length > 0) break;
    if (slot !== keySlots[next]) return undefined;
    const wanted = key.descending ? "backward" : "forward";
    if (direction !== undefined && direction !== wanted) return undefined;
    direction = wanted;
    next++;
  }
  return direction ?? "forward";
}

/** A row with the values that it is sorted by. */
export interface SortedRow {
  readonly row: Row;
  readonly keys: readonly Value[];
  /** Place in the scan: equal rows stay in its order. */
  readonly place: number;
}

export function sortKeysOf(order: readonly SortKey[], row: Row, frame: Frame): Value[] {
  return order.map((key) => key.expression.evaluate(row, frame));
}

export function rowOrder(order: readonly SortKey[]): (a: SortedRow, b: SortedRow) => number {
  const parts = order.map((key) => ({ ...key, compare: compareValues(key.expression.type) }));
  return (a, b) => {
    for (let i = 0; i < parts.length; i++) {
      const { compare, descending, nullsFirst } = parts[i] as (typeof parts)[number];
      const x = a.keys[i] as Value;
      const y = b.keys[i] as Value;
      if (x === null || y === null) {
        if (x === y) continue;
        return (x === null) === nullsFirst ? -1 : 1;
      }
      const result = compare(x, y);
      if (result !== 0) return descending ? -result : result;
    }
    return a.place - b.place;
  };
}
