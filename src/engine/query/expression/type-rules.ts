import type { ResultKind, ResultType } from "../../types/column-type.ts";
import { postgresTypeName } from "../../types/type-display.ts";

/** Kinds whose values may stand on both sides of a comparison. */
export type Category = "number" | "text" | "boolean" | "moment" | "time" | "uuid" | "bytes" | "other";

const CATEGORIES: Readonly<Record<ResultKind, Category>> = {
  boolean: "boolean",
  smallint: "number",
  integer: "number",
  bigint: "number",
  real: "number",
  double: "number",
  decimal: "number",
  text: "text",
  bytea: "bytes",
  date: "moment",
  time: "time",
  timestamp: "moment",
  timestamptz: "moment",
  datetime: "moment",
  uuid: "uuid",
  json: "other",
  embedding: "other",
  file: "other",
  unknown: "other",
  interval: "other",
  list: "other",
};

export function categoryOf(type: ResultType): Category {
  return CATEGORIES[type.kind];
}

/** The type in PostgreSQL's messages about operators; lengths do not count there. */
export function postgresName(type: ResultType | undefined): string {
  return postgresTypeName({ kind: type?.kind ?? "unknown" });
}

export function isInteger(type: ResultType): boolean {
  return type.kind === "integer" || type.kind === "bigint" || type.kind === "smallint";
}

export function isFloat(type: ResultType): boolean {
  return type.kind === "double" || type.kind === "real";
}

const WIDTHS: Readonly<Partial<Record<ResultKind, number>>> = {
  smallint: 1,
  integer: 2,
  bigint: 3,
  decimal: 4,
  real: 5,
  double: 6,
  date: 11,
  datetime: 12,
  timestamp: 12,
  timestamptz: 13,
};
const INTEGER_DIGITS: Readonly<Partial<Record<ResultKind, number>>> = { smallint: 5, integer: 10, bigint: 19 };

/** The narrowest type that holds the values of both, or undefined when there is none. */
export function commonType(a: ResultType, b: ResultType): ResultType | undefined {
  const category = categoryOf(a);
  if (category !== categoryOf(b)) return undefined;
  if (a.kind === "decimal" || b.kind === "decimal") {
    return isFloat(a) || isFloat(b) ? { kind: "double" } : commonDecimal(a, b);
  }
  if (category === "number" && a.kind !== b.kind && (isFloat(a) || isFloat(b))) return { kind: "double" };
  if (category === "number" || category === "moment") {
    return (WIDTHS[a.kind] ?? 0) >= (WIDTHS[b.kind] ?? 0) ? { kind: a.kind } : { kind: b.kind };
  }
  return category === "other" && a.kind !== b.kind ? undefined : { kind: a.kind };
}

/** The type of a column that holds both, as in CASE: real stays real there, while an operator widens it beside other numbers. */
export function unionType(a: ResultType, b: ResultType): ResultType | undefined {
  const isReal = a.kind === "real" || b.kind === "real";
  const isDouble = a.kind === "double" || b.kind === "double";
  if (isReal && !isDouble && categoryOf(a) === categoryOf(b)) return { kind: "real" };
  return commonType(a, b);
}

function commonDecimal(a: ResultType, b: ResultType): ResultType {
  const left = asDecimalType(a);
  const right = asDecimalType(b);
  if (left.scale === undefined || right.scale === undefined) return { kind: "decimal" };
  const scale = Math.max(left.scale, right.scale);
  const whole = Math.max((left.precision ?? 38) - left.scale, (right.precision ?? 38) - right.scale);
  return { kind: "decimal", precision: Math.min(38, whole + scale), scale };
}

/** An integer kind as the decimal type that holds it; decimals as they are. */
export function asDecimalType(type: ResultType): ResultType {
  const digits = INTEGER_DIGITS[type.kind];
  return digits === undefined ? type : { kind: "decimal", precision: digits, scale: 0 };
}

/** The type without what bounds it (length, scale): what the other side of a comparison is read as. */
export function unbounded(type: ResultType): ResultType {
  return { kind: type.kind };
}
