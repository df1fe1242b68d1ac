import { KalamError } from "../../../errors/index.ts";
import type { ResultType, Value } from "../../types/column-type.ts";
import { compareValues } from "../../types/index.ts";
import { coerce } from "./coerce.ts";
import { Compiled, dependencyOf, type Evaluate } from "./frame.ts";
import { NotSimple } from "./not-simple.ts";
import { InputOperand, isUntyped, type Operand, settle, typeOf } from "./operand.ts";
import { categoryOf, commonType, isFloat, isInteger, postgresName, unbounded } from "./type-rules.ts";

export type ComparisonOperator = "=" | "<>" | "<" | "<=" | ">" | ">=";

const BOOLEAN: ResultType = { kind: "boolean" };

/** How the values of two operands of one kind are ordered. */
type Order = "primitive" | ((a: Value, b: Value) => number);

export function isComparison(operator: string): operator is ComparisonOperator {
  return ["=", "<>", "<", "<=", ">", ">="].includes(operator);
}

/** `left operator right`; NULL when either is. */
export function compileComparison(
  operator: ComparisonOperator,
  left: Operand,
  right: Operand,
  position: number | undefined,
): Compiled {
  const [a, b] = comparablePair(operator, left, right, position);
  return new Compiled(BOOLEAN, comparison(operator, a, b), dependencyOf([a, b]));
}

/** `left IS [NOT] DISTINCT FROM right`: never NULL. */
export function compileDistinct(
  left: Operand,
  right: Operand,
  negated: boolean,
  position: number | undefined,
): Compiled {
  const [a, b] = comparablePair("=", left, right, position);
  const equal = comparison("=", a, b);
  const evaluate: Evaluate = (row, frame) => {
    const aNull = a.evaluate(row, frame) === null;
    const bNull = b.evaluate(row, frame) === null;
    const same = aNull || bNull ? aNull && bNull : equal(row, frame);
    return same === negated;
  };
  return new Compiled(BOOLEAN, evaluate, dependencyOf([a, b]));
}

/**
 * Both operands in a form in which their values can be compared.
 *
 * @throws KalamError `undefined_operator` when their types have nothing in common.
 */
export function comparablePair(
  operator: string,
  left: Operand,
  right: Operand,
  position: number | undefined,
): [Compiled, Compiled] {
  if (isUntyped(left) && isUntyped(right)) return [left.natural(), right.natural()];
  if (right instanceof InputOperand && !isUntyped(left)) {
    const a = settle(left);
    return [a, beside(right, a, () => undefinedOperator(operator, left, right, position))];
  }
  if (left instanceof InputOperand) {
    const b = settle(right);
    return [beside(left, b, () => undefinedOperator(operator, left, right, position)), b];
  }
  const a = settle(left);
  const b = settle(right);
  const common = commonType(a.type, b.type);
  if (common === undefined) throw undefinedOperator(operator, left, right, position);
  if (categoryOf(common) === "other") throw new NotSimple(`comparing ${common.kind}`);
  if (isFloat(common) && isFloat(a.type) && isFloat(b.type)) return [a, b];
  return [coerce(a, common), coerce(b, common)];
}

function beside(input: InputOperand, other: Compiled, mismatch: () => KalamError): Compiled {
  const natural = input.naturalType;
  const category = categoryOf(other.type);
  if (category === "other") throw new NotSimple(`comparing ${other.type.kind}`);
  if (natural === undefined) return input.as(unbounded(other.type), "comparison");
  if (categoryOf(natural) !== category) throw mismatch();
  return input.as(other.type.kind === "real" ? { kind: "double" } : unbounded(other.type), "comparison");
}

export function undefinedOperator(
  operator: string,
  left: Operand | undefined,
  right: Operand,
  position: number | undefined,
): KalamError {
  const before = left === undefined ? "" : `${postgresName(typeOf(left))} `;
  const text = `${before}${operator} ${postgresName(typeOf(right))}`;
  return new KalamError("undefined_operator", { operator: text }, position === undefined ? {} : { position });
}

function orderOf(type: ResultType): Order {
  switch (type.kind) {
    case "decimal":
    case "real":
    case "double":
    case "text":
    case "bytea":
      return compareValues(type);
    default:
      return "primitive";
  }
}

/** True when the values of the type can be ordered here. */
export function isOrdered(type: ResultType): boolean {
  return categoryOf(type) !== "other";
}

function comparison(operator: ComparisonOperator, a: Compiled, b: Compiled): Evaluate {
  const order = orderOf(a.type);
  if (order === "primitive") return primitiveComparison(operator, a, b.evaluate);
  if (a.type.kind === "text" && (operator === "=" || operator === "<>")) {
    return primitiveComparison(operator, a, b.evaluate);
  }
  return orderedComparison(operator, a.evaluate, b.evaluate, order);
}

/** Values that JavaScript's own operators compare; a whole number and a bigint compare by value. */
function primitiveComparison(operator: ComparisonOperator, left: Compiled, b: Evaluate): Evaluate {
  const a = left.evaluate;
  switch (operator) {
    case "=":
      return left.slot === undefined ? equal(a, b) : columnEqual(left.slot, b);
    case "<>":
      return (row, frame) => {
        const x = a(row, frame);
        const y = b(row, frame);
        return x === null || y === null ? null : x !== y;
      };
    case "<":
      return (row, frame) => {
        const x = a(row, frame);
        const y = b(row, frame);
        return x === null || y === null ? null : (x as number) < (y as number);
      };
    case "<=":
      return (row, frame) => {
        const x = a(row, frame);
        const y = b(row, frame);
        return x === null || y === null ? null : (x as number) <= (y as number);
      };
    case ">":
      return (row, frame) => {
        const x = a(row, frame);
        const y = b(row, frame);
        return x === null || y === null ? null : (x as number) > (y as number);
      };
    case ">=":
      return (row, frame) => {
        const x = a(row, frame);
        const y = b(row, frame);
        return x === null || y === null ? null : (x as number) >= (y as number);
      };
  }
}

function equal(a: Evaluate, b: Evaluate): Evaluate {
  return (row, frame) => {
    const x = a(row, frame);
    const y = b(row, frame);
    return x === null || y === null ? null : x === y;
  };
}

function columnEqual(slot: number, b: Evaluate): Evaluate {
  return (row, frame) => {
    const x = row[slot] ?? null;
    const y = b(row, frame);
    return x === null || y === null ? null : x === y;
  };
}

const HOLDS: Readonly<Record<ComparisonOperator, (order: number) => boolean>> = {
  "=": (order) => order === 0,
  "<>": (order) => order !== 0,
  "<": (order) => order < 0,
  "<=": (order) => order <= 0,
  ">": (order) => order > 0,
  ">=": (order) => order >= 0,
};

function orderedComparison(
  operator: ComparisonOperator,
  a: Evaluate,
  b: Evaluate,
  order: (a: Value, b: Value) => number,
): Evaluate {
  const holds = HOLDS[operator];
  return (row, frame) => {
    const x = a(row, frame);
    const y = b(row, frame);
    return x === null || y === null ? null : holds(order(x, y));
  };
}

/** True when equal values of the type are the same JavaScript value, so that a Set can look them up. */
export function hasIdentity(type: ResultType): boolean {
  return orderOf(type) === "primitive" || type.kind === "text" || isInteger(type);
}
