import { KalamError } from "../../../errors/index.ts";
import type { ResultType, Value } from "../../types/column-type.ts";
import { Decimal } from "../../types/index.ts";
import { coerce } from "./coerce.ts";
import { undefinedOperator } from "./comparison.ts";
import { Compiled, dependencyOf, type Evaluate } from "./frame.ts";
import { NotSimple } from "./not-simple.ts";
import { isUntyped, type Operand, settle, typeOf } from "./operand.ts";
import { asDecimalType, categoryOf, commonType, isFloat, postgresName } from "./type-rules.ts";

export type ArithmeticOperator = "+" | "-" | "*" | "/" | "%";

const MAX_PRECISION = 38;
const INT8_MAX = 2n ** 63n - 1n;
const INT8_MIN = -(2n ** 63n);

/** `left operator right` on numbers, with PostgreSQL's types: whole numbers stay whole and may overflow. */
export function compileArithmetic(
  operator: ArithmeticOperator,
  left: Operand,
  right: Operand,
  position: number | undefined,
): Compiled {
  const leftType = typeOf(left) ?? typeOf(right);
  const rightType = typeOf(right) ?? leftType;
  if (leftType === undefined || rightType === undefined) throw new NotSimple("arithmetic on parameters alone");
  if (categoryOf(leftType) !== "number" || categoryOf(rightType) !== "number") {
    throw undefinedOperator(operator, left, right, position);
  }
  const common = commonType(leftType, rightType);
  if (common === undefined) throw undefinedOperator(operator, left, right, position);
  if (common.kind === "decimal") return decimalArithmetic(operator, left, right);
  if (isUntyped(left) && isUntyped(right)) throw new NotSimple("arithmetic on parameters alone");
  const a = coerce(left, common);
  const b = coerce(right, common);
  const evaluate = isFloat(common)
    ? floatArithmetic(operator, a.evaluate, b.evaluate, common, position)
    : common.kind === "bigint"
      ? bigArithmetic(operator, a.evaluate, b.evaluate, position)
      : wholeArithmetic(operator, a.evaluate, b.evaluate, common, position);
  return new Compiled(common, evaluate, dependencyOf([a, b]));
}

/** `-value`. */
export function compileNegation(operand: Operand, position: number | undefined): Compiled {
  if (isUntyped(operand)) throw new NotSimple("the negative of untyped text");
  const value = settle(operand);
  if (categoryOf(value.type) !== "number") throw undefinedOperator("-", undefined, operand, position);
  const inner = value.evaluate;
  const { type } = value;
  const evaluate: Evaluate = (row, frame) => {
    const number = inner(row, frame);
    if (number === null) return null;
    if (number instanceof Decimal) return new Decimal(-number.unscaled, number.scale);
    if (typeof number === "bigint") return checkBig(-number, position);
    return isFloat(type) ? -(number as number) : checkWhole(-(number as number), type, position);
  };
  return new Compiled(type, evaluate, value.dependency);
}

function placed(position: number | undefined): { position?: number } {
  return position === undefined ? {} : { position };
}

function overflow(type: ResultType, position: number | undefined): KalamError {
  return new KalamError("arithmetic_overflow", { type: postgresName(type) }, placed(position));
}

export function checkWhole(value: number, type: ResultType, position: number | undefined): number {
  const limit = type.kind === "smallint" ? 32_768 : 2_147_483_648;
  if (value >= limit || value < -limit) throw overflow(type, position);
  return value === 0 ? 0 : value;
}

export function checkBig(value: bigint, position: number | undefined): bigint {
  if (value > INT8_MAX || value < INT8_MIN) throw overflow({ kind: "bigint" }, position);
  return value;
}

function wholeArithmetic(
  operator: ArithmeticOperator,
  a: Evaluate,
  b: Evaluate,
  type: ResultType,
  position: number | undefined,
): Evaluate {
  const compute = (x: number, y: number): number => {
    switch (operator) {
      case "+":
        return x + y;
      case "-":
        return x - y;
      case "*":
        return x * y;
      default:
        if (y === 0) throw new KalamError("division_by_zero", {}, placed(position));
        return operator === "/" ? Math.trunc(x / y) : x % y;
    }
  };
  return (row, frame) => {
    const x = a(row, frame);
    const y = b(row, frame);
    return x === null || y === null ? null : checkWhole(compute(x as number, y as number), type, position);
  };
}

function bigArithmetic(operator: ArithmeticOperator, a: Evaluate, b: Evaluate, position: number | undefined): Evaluate {
  const compute = (x: bigint, y: bigint): bigint => {
    switch (operator) {
      case "+":
        return x + y;
      case "-":
        return x - y;
      case "*":
        return x * y;
      default:
        if (y === 0n) throw new KalamError("division_by_zero", {}, placed(position));
        return operator === "/" ? x / y : x % y;
    }
  };
  return (row, frame) => {
    const x = a(row, frame);
    const y = b(row, frame);
    return x === null || y === null ? null : checkBig(compute(x as bigint, y as bigint), position);
  };
}

function floatArithmetic(
  operator: ArithmeticOperator,
  a: Evaluate,
  b: Evaluate,
  type: ResultType,
  position: number | undefined,
): Evaluate {
  if (operator === "%") throw new NotSimple("the remainder of floating numbers");
  const single = type.kind === "real";
  const compute = (x: number, y: number): number => {
    if (operator === "/" && y === 0 && !Number.isNaN(x)) throw new KalamError("division_by_zero", {}, placed(position));
    const exact = operator === "+" ? x + y : operator === "-" ? x - y : operator === "*" ? x * y : x / y;
    const value = single ? Math.fround(exact) : exact;
    const finite = Number.isFinite(x) && Number.isFinite(y);
    if (finite && !Number.isFinite(value)) throw overflow(type, position);
    if (value === 0 && x !== 0 && finite && (operator === "*" ? y !== 0 : operator === "/"))
      throw overflow(type, position);
    return value;
  };
  return (row, frame) => {
    const x = a(row, frame);
    const y = b(row, frame);
    return x === null || y === null ? null : compute(x as number, y as number);
  };
}

/** Sums, differences and products of exact numbers; a quotient has digits that only PostgreSQL's rules tell. */
function decimalArithmetic(operator: ArithmeticOperator, left: Operand, right: Operand): Compiled {
  if (operator === "/" || operator === "%") throw new NotSimple("the quotient of decimals");
  const a = coerce(left, asDecimalType(typeOf(left) ?? { kind: "decimal" }));
  const b = coerce(right, asDecimalType(typeOf(right) ?? { kind: "decimal" }));
  const type = decimalResult(operator, a.type, b.type);
  const compute = (x: Decimal, y: Decimal): Decimal => {
    if (operator === "*") return new Decimal(x.unscaled * y.unscaled, x.scale + y.scale);
    const scale = Math.max(x.scale, y.scale);
    const first = x.rescale(scale).unscaled;
    const second = y.rescale(scale).unscaled;
    return new Decimal(operator === "+" ? first + second : first - second, scale);
  };
  const evaluate: Evaluate = (row, frame) => {
    const x = a.evaluate(row, frame);
    const y = b.evaluate(row, frame);
    if (x === null || y === null) return null;
    const value = compute(x as Decimal, y as Decimal);
    if (value.scale > MAX_PRECISION || value.digits > MAX_PRECISION) throw new KalamError("numeric_overflow");
    return value satisfies Value;
  };
  return new Compiled(type, evaluate, dependencyOf([a, b]));
}

function decimalResult(operator: ArithmeticOperator, a: ResultType, b: ResultType): ResultType {
  if (a.scale === undefined || b.scale === undefined) return { kind: "decimal" };
  const [p1, p2] = [a.precision ?? MAX_PRECISION, b.precision ?? MAX_PRECISION];
  if (operator === "*") {
    const scale = a.scale + b.scale;
    if (scale > MAX_PRECISION) throw new NotSimple("a product of more than 38 digits after the point");
    return { kind: "decimal", precision: Math.min(MAX_PRECISION, p1 + p2), scale };
  }
  const scale = Math.max(a.scale, b.scale);
  const whole = Math.max(p1 - a.scale, p2 - b.scale) + 1;
  return { kind: "decimal", precision: Math.min(MAX_PRECISION, whole + scale), scale };
}
