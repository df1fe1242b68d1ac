import type { Node } from "libpg-query";
import { KalamError } from "../../errors/index.ts";
import type { ColumnType, Value } from "../types/column-type.ts";
import { resolveColumn } from "./expression/columns.ts";
import { STATEMENT } from "./expression/frame.ts";
import {
  compileKeyAccess,
  type Frame,
  InputBinder,
  type InputKinds,
  keyFormOf,
  NotSimple,
  type Scope,
} from "./expression/index.ts";
import { type ColumnCondition, columnConditions, conjunctsOf } from "./expression/key-conditions.ts";
import { toKeyValue } from "./expression/key-values.ts";
import type { ColumnComparison, KeyRange, RelationShape, RowBounds } from "./relation.ts";

const NO_ROW: readonly Value[] = [];
const NO_KEYS: KeyRange = { start: "", end: "" };

/**
 * What the WHERE of a query says about the rows of one relation in its FROM, in terms that leave out parts of it without looking
 * at its rows. What cannot be said so is left to the WHERE itself.
 *
 * @param alias what the relation is called there
 * @param frameOf the inputs of this execution in the form that a plan wants them
 */
export function rowBounds(
  where: Node,
  shape: RelationShape,
  alias: string,
  kinds: InputKinds,
  frameOf: (binder: InputBinder) => Frame,
): RowBounds {
  const scope = (): Scope => ({ shape, alias, binder: new InputBinder(kinds) });
  return {
    range: tried(() => keyRange(where, scope(), frameOf)) ?? {},
    comparisons: conjunctsOf(where).flatMap((conjunct) => tried(() => comparisons(conjunct, scope(), frameOf)) ?? []),
  };
}

/** A value that is not good for this, or a mistake, which the query itself will report. */
function tried<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch (error) {
    if (error instanceof NotSimple || error instanceof KalamError) return undefined;
    throw error;
  }
}

function keyRange(where: Node, scope: Scope, frameOf: (binder: InputBinder) => Frame): KeyRange {
  const { columns = [], keySlots = [] } = scope.shape ?? {};
  const types = keySlots.map((slot) => columns.find((column) => column.slot === slot)?.type as ColumnType);
  const target = compileKeyAccess(where, scope, keyFormOf(scope.shape, types))?.resolve(frameOf(scope.binder));
  if (target === undefined) return {};
  if ("range" in target) return target.range;
  const [first, last] = [target.keys[0], target.keys.at(-1)];
  return first === undefined || last === undefined ? NO_KEYS : { start: first, end: `${last}\0` };
}

function comparisons(
  conjunct: Node,
  scope: Scope,
  frameOf: (binder: InputBinder) => Frame,
): readonly ColumnComparison[] {
  if ("NullTest" in conjunct) {
    const { arg, nulltesttype } = conjunct.NullTest;
    if (arg === undefined || !("ColumnRef" in arg)) return [];
    const { slot } = resolveColumn(arg.ColumnRef, scope);
    return [{ slot, operator: nulltesttype === "IS_NULL" ? "is null" : "is not null", values: [] }];
  }
  const conditions = columnConditions(conjunct, scope, () => true);
  if (conditions.length === 0) return [];
  const frame = frameOf(scope.binder);
  return conditions.flatMap((condition) => comparison(condition, frame) ?? []);
}

/** Undefined where a value is none that the column can have: the WHERE knows what that means. */
function comparison({ column, operator, values }: ColumnCondition, frame: Frame): ColumnComparison | undefined {
  const constants: Value[] = [];
  for (const { dependency, evaluate } of values) {
    if (dependency > STATEMENT) return undefined;
    const constant = toKeyValue(evaluate(NO_ROW, frame), column.type as ColumnType);
    if (constant.kind !== "exact") return undefined;
    constants.push(constant.value);
  }
  return { slot: column.slot, operator, values: constants };
}
