import type { ResultType, Value } from "../../types/column-type.ts";
import { compileComparison, hasIdentity } from "./comparison.ts";
import { Compiled, dependencyOf, type Evaluate, type Frame, STATEMENT, VOLATILE } from "./frame.ts";
import { and, not, or } from "./logic.ts";
import { NotSimple } from "./not-simple.ts";
import { InputOperand, type Operand, typeOf } from "./operand.ts";
import { categoryOf, isFloat, unbounded } from "./type-rules.ts";

const BOOLEAN: ResultType = { kind: "boolean" };
/** Lists longer than this are looked up in a Set. */
const SHORT_LIST = 4;

/** `value [NOT] IN (items)`: NULL when nothing is equal and something is NULL. */
export function compileIn(
  value: Operand,
  items: readonly Operand[],
  negated: boolean,
  position: number | undefined,
): Compiled {
  const found =
    setMembership(value, items) ?? or(items.map((item) => compileComparison("=", again(value), item, position)));
  return negated ? not(found) : found;
}

function setMembership(value: Operand, items: readonly Operand[]): Compiled | undefined {
  if (items.length <= SHORT_LIST || value instanceof InputOperand) return undefined;
  if (isFloat(value.type) || !hasIdentity(value.type) || categoryOf(value.type) === "other") return undefined;
  const category = categoryOf(value.type);
  const parts: Compiled[] = [];
  for (const item of items) {
    if (!(item instanceof InputOperand)) return undefined;
    const type = typeOf(item);
    if (type !== undefined && categoryOf(type) !== category) return undefined;
    parts.push(item.as(unbounded(value.type), "comparison"));
  }
  if (dependencyOf(parts) > STATEMENT) return undefined;
  const inner = value.evaluate;
  const sets = new WeakMap<Frame, ReadonlySet<Value>>();
  const evaluate: Evaluate = (row, frame) => {
    const wanted = inner(row, frame);
    if (wanted === null) return null;
    let set = sets.get(frame);
    if (set === undefined) {
      set = new Set(parts.map((part) => part.evaluate(row, frame)));
      sets.set(frame, set);
    }
    return set.has(wanted) ? true : set.has(null) ? null : false;
  };
  return new Compiled(BOOLEAN, evaluate, value.dependency);
}

/** `value BETWEEN low AND high`, as the two comparisons that it stands for. */
export function compileBetween(
  value: Operand,
  low: Operand,
  high: Operand,
  symmetric: boolean,
  position: number | undefined,
): Compiled {
  const within = (from: Operand, to: Operand): Compiled =>
    and([compileComparison(">=", again(value), from, position), compileComparison("<=", again(value), to, position)]);
  return symmetric ? or([within(low, high), within(high, low)]) : within(low, high);
}

/** A value that is computed more than once per row must be the same each time. */
function again(value: Operand): Operand {
  if (!(value instanceof InputOperand) && value.dependency === VOLATILE)
    throw new NotSimple("a volatile value used twice");
  return value;
}
