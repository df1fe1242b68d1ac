import { KalamError } from "../../../errors/index.ts";
import type { ResultType } from "../../types/column-type.ts";
import { compareValues } from "../../types/index.ts";
import { coerce } from "./coerce.ts";
import { comparablePair, compileComparison, isOrdered } from "./comparison.ts";
import { Compiled, dependencyOf, type Evaluate, VOLATILE } from "./frame.ts";
import { NotSimple } from "./not-simple.ts";
import { isUntyped, type Operand, settle, typeOf } from "./operand.ts";
import { postgresName, unionType } from "./type-rules.ts";

/**
 * The operands brought to one type, as PostgreSQL does for CASE, COALESCE and their like.
 *
 * @param place named in the error: `CASE`, `COALESCE`.
 * @param expected the type to take when no operand has one of its own.
 */
export function unify(
  place: string,
  operands: readonly Operand[],
  position: number | undefined,
  expected?: ResultType,
): Compiled[] {
  let type: ResultType | undefined;
  for (const operand of operands) {
    const next = typeOf(operand);
    if (next === undefined) continue;
    const common = type === undefined ? next : sameDecimal(type, next) ? type : unionType(type, next);
    if (common === undefined) {
      const message = `${place} types ${postgresName(type)} and ${postgresName(next)} cannot be matched`;
      throw new KalamError("datatype_mismatch", { message }, position === undefined ? {} : { position });
    }
    type = common;
  }
  if (type === undefined) {
    if (expected === undefined && operands.some((operand) => isUntyped(operand) && operand.kind === "parameter")) {
      throw new NotSimple(`${place} over parameters alone`);
    }
    type = expected ?? { kind: "text" };
  }
  const common = type;
  return operands.map((operand) => coerce(operand, common));
}

function sameDecimal(a: ResultType, b: ResultType): boolean {
  return a.kind === b.kind && a.precision === b.precision && a.scale === b.scale && a.dimensions === b.dimensions;
}

/** The first part that is not NULL. */
export function coalesce(parts: readonly Compiled[]): Compiled {
  const evaluations = parts.map((part) => part.evaluate);
  const evaluate: Evaluate = (row, frame) => {
    for (const part of evaluations) {
      const value = part(row, frame);
      if (value !== null) return value;
    }
    return null;
  };
  return new Compiled((parts[0] as Compiled).type, evaluate, dependencyOf(parts));
}

/** GREATEST and LEAST: NULLs are passed over. */
export function extreme(parts: readonly Compiled[], greatest: boolean): Compiled {
  const { type } = parts[0] as Compiled;
  if (!isOrdered(type)) throw new NotSimple(`ordering ${type.kind}`);
  const compare = compareValues(type);
  const evaluations = parts.map((part) => part.evaluate);
  const evaluate: Evaluate = (row, frame) => {
    let best = null;
    for (const part of evaluations) {
      const value = part(row, frame);
      if (value === null) continue;
      if (best === null || (greatest ? compare(value, best) > 0 : compare(value, best) < 0)) best = value;
    }
    return best;
  };
  return new Compiled(type, evaluate, dependencyOf(parts));
}

/** NULLIF: the left operand, or NULL when both are equal. */
export function nullIf(left: Operand, right: Operand, position: number | undefined): Compiled {
  const value = settle(left);
  if (value.dependency === VOLATILE) throw new NotSimple("a volatile value used twice");
  const [a, b] = comparablePair("=", value, right, position);
  const equal = compileComparison("=", a, b, position).evaluate;
  const evaluate: Evaluate = (row, frame) => (equal(row, frame) === true ? null : value.evaluate(row, frame));
  return new Compiled(value.type, evaluate, dependencyOf([value, b]));
}

/** CASE: the result of the first condition that holds, else the last result. */
export function caseOf(conditions: readonly Compiled[], results: readonly Compiled[]): Compiled {
  const branches = conditions.map((condition, at) => ({
    condition: condition.evaluate,
    result: (results[at] as Compiled).evaluate,
  }));
  const otherwise = results[conditions.length] as Compiled;
  const evaluate: Evaluate = (row, frame) => {
    for (const branch of branches) if (branch.condition(row, frame) === true) return branch.result(row, frame);
    return otherwise.evaluate(row, frame);
  };
  return new Compiled(otherwise.type, evaluate, dependencyOf([...conditions, ...results]));
}
