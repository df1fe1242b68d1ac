import type { ColumnType } from "./column-type.ts";

/** Decimal digits that every value of a whole-number type fits into. */
const DIGITS = { smallint: 5, integer: 10, bigint: 19 } as const;

/**
 * Whether every value of one type is a value of the other, and rows that were written before are read as if they had been written
 * after: a column can change from one to the other without touching its rows.
 */
export function widens(from: ColumnType, to: ColumnType): boolean {
  switch (from.kind) {
    case "smallint":
      return ["smallint", "integer", "bigint", "real", "double"].includes(to.kind) || holdsWhole(from.kind, to);
    case "integer":
      return ["integer", "bigint", "double"].includes(to.kind) || holdsWhole(from.kind, to);
    case "bigint":
      return to.kind === "bigint" || holdsWhole(from.kind, to);
    case "real":
      return to.kind === "real" || to.kind === "double";
    case "decimal":
      return to.kind === "decimal" && scaleOf(to) >= scaleOf(from) && wholeDigits(to) >= wholeDigits(from);
    case "text":
      return to.kind === "text" && (to.length === undefined || to.length >= (from.length ?? Number.POSITIVE_INFINITY));
    default:
      return from.kind === to.kind && from.dimensions === to.dimensions;
  }
}

/** What a column of a type can become, for a message; undefined when there is nothing wider. */
export function widerTypes(from: ColumnType): string | undefined {
  switch (from.kind) {
    case "smallint":
      return `INT, BIGINT, FLOAT, DOUBLE or a DECIMAL with ${DIGITS.smallint} digits before the point`;
    case "integer":
      return `BIGINT, DOUBLE or a DECIMAL with ${DIGITS.integer} digits before the point`;
    case "bigint":
      return `a DECIMAL with ${DIGITS.bigint} digits before the point`;
    case "real":
      return "DOUBLE";
    case "decimal":
      return "a DECIMAL with as many digits before and behind the point, or more";
    case "text":
      return from.length === undefined ? undefined : "a longer VARCHAR or TEXT";
    default:
      return undefined;
  }
}

function holdsWhole(kind: keyof typeof DIGITS, to: ColumnType): boolean {
  return to.kind === "decimal" && wholeDigits(to) >= DIGITS[kind];
}

function scaleOf({ scale }: ColumnType): number {
  return scale ?? 0;
}

function wholeDigits(type: ColumnType): number {
  return (type.precision ?? 38) - scaleOf(type);
}
