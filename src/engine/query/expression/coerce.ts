import type { ResultType, Value } from "../../types/column-type.ts";
import { castValue, Decimal } from "../../types/index.ts";
import { Compiled, type Evaluate } from "./frame.ts";
import { InputOperand, type Operand } from "./operand.ts";
import { isFloat, isInteger } from "./type-rules.ts";

export const DAY_MICROS = 86_400_000_000n;

export function toDouble(value: Exclude<Value, null>): number {
  if (typeof value === "number") return value;
  return Number(value instanceof Decimal ? value.toString() : value);
}

export function toDecimal(value: Exclude<Value, null>): Decimal {
  return value instanceof Decimal ? value : new Decimal(BigInt(value as bigint), 0);
}

function converter(from: ResultType, to: ResultType): ((value: Exclude<Value, null>) => Value) | undefined {
  if (isFloat(to))
    return isFloat(from) && to.kind === "double" ? undefined : to.kind === "double" ? toDouble : cast(from, to);
  if (to.kind === "decimal") {
    const scale = to.scale;
    if (isInteger(from) || from.kind === "decimal") {
      if (scale === undefined) return from.kind === "decimal" ? undefined : toDecimal;
      return from.kind === "decimal" && from.scale === scale ? undefined : (value) => toDecimal(value).rescale(scale);
    }
    return cast(from, to);
  }
  if (to.kind === "bigint" && isInteger(from))
    return from.kind === "bigint" ? undefined : (value) => BigInt(value as number);
  if (to.kind === "integer" && from.kind === "smallint") return undefined;
  if (from.kind === "date" && to.kind !== "date") return (value) => BigInt(value as number) * DAY_MICROS;
  if (from.kind === to.kind || (isMoment(from) === "micros" && isMoment(to) === "micros")) return undefined;
  return cast(from, to);
}

function isMoment(type: ResultType): "micros" | undefined {
  return type.kind === "timestamp" || type.kind === "timestamptz" || type.kind === "datetime" ? "micros" : undefined;
}

function cast(from: ResultType, to: ResultType): (value: Exclude<Value, null>) => Value {
  return (value) => castValue(value, from, to, "assignment");
}

/** The operand as `type`, by the conversions that PostgreSQL makes without being asked. */
export function coerce(operand: Operand, type: ResultType): Compiled {
  if (operand instanceof InputOperand) {
    const natural = operand.naturalType;
    return operand.as(type, natural !== undefined && isInteger(natural) && isInteger(type) ? "natural" : "value");
  }
  const convert = converter(operand.type, type);
  if (convert === undefined) return new Compiled(type, operand.evaluate, operand.dependency, operand.slot);
  return new Compiled(type, mapped(operand.evaluate, convert), operand.dependency);
}

function mapped(evaluate: Evaluate, convert: (value: Exclude<Value, null>) => Value): Evaluate {
  return (row, frame) => {
    const value = evaluate(row, frame);
    return value === null ? null : convert(value);
  };
}
