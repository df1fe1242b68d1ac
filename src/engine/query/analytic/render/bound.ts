import { KalamError } from "../../../../errors/index.ts";
import { quoteText, typedConstant } from "../../../duckdb/constants.ts";
import { duckType } from "../../../duckdb/duck-type.ts";
import type { Parameter } from "../../../request.ts";
import { type Literal, NumberLiteral } from "../../../sql/statement.ts";
import type { ColumnType, ResultKind, ResultType } from "../../../types/column-type.ts";
import { parseText } from "../../../types/parse-text.ts";
import { parseArrayText } from "./array-text.ts";

/** An expression in DuckDB's words. */
export interface Bound {
  readonly sql: string;
  /** Undefined where only DuckDB knows. */
  readonly type: ResultType | undefined;
  /** Set when it is an input itself, whose type the surroundings may still decide. */
  readonly input?: { readonly value: Literal | Parameter; readonly position: number };
  /** The column of a base relation that this is. */
  readonly primaryKey?: boolean;
}

export const BOOLEAN: ResultType = { kind: "boolean" };
export const INTEGER: ResultType = { kind: "integer" };
export const BIGINT: ResultType = { kind: "bigint" };
export const DOUBLE: ResultType = { kind: "double" };
export const TEXT: ResultType = { kind: "text" };
export const JSON_TYPE: ResultType = { kind: "json" };
export const INTERVAL: ResultType = { kind: "interval" };

const NUMERIC: ReadonlySet<ResultKind> = new Set(["smallint", "integer", "bigint", "real", "double", "decimal"]);
const TEMPORAL: ReadonlySet<ResultKind> = new Set(["date", "timestamp", "timestamptz", "datetime"]);

export function isNumeric(type: ResultType | undefined): boolean {
  return type !== undefined && NUMERIC.has(type.kind);
}

export function isWhole(type: ResultType | undefined): boolean {
  return type?.kind === "smallint" || type?.kind === "integer" || type?.kind === "bigint";
}

export function isTemporal(type: ResultType | undefined): boolean {
  return type !== undefined && TEMPORAL.has(type.kind);
}

export function isFloat(type: ResultType | undefined): boolean {
  return type?.kind === "real" || type?.kind === "double";
}

/** Still undecided: a quoted literal, a text parameter, NULL. */
export function isUnknown(bound: Bound): boolean {
  return bound.type?.kind === "unknown";
}

/** The text of an undecided input, for functions that must know it when the statement is rendered. */
export function constantText(bound: Bound): string | undefined {
  return typeof bound.input?.value === "string" ? bound.input.value : undefined;
}

export function constantNumber(bound: Bound): number | undefined {
  const value = bound.input?.value;
  if (value instanceof NumberLiteral) return Number(value.text);
  return typeof value === "number" || typeof value === "bigint" ? Number(value) : undefined;
}

export function isNull(bound: Bound): boolean {
  return bound.input?.value === null;
}

/**
 * Gives an undecided input the type that its surroundings ask for, as PostgreSQL does: the text is read by the input function of
 * that type, so its mistakes are ours to place. Anything else is left as it is.
 */
export function decide(bound: Bound, type: ResultType | undefined): Bound {
  if (bound.input === undefined || type === undefined) return bound;
  const { value, position } = bound.input;
  if (typeof value === "string") return { sql: constantOf(value, type, position), type };
  if (value === null) return { sql: `CAST(NULL AS ${duckType(type)})`, type };
  if (type.kind === "text" && (typeof value === "number" || typeof value === "bigint")) {
    return { sql: quoteText(String(value)), type };
  }
  return bound;
}

/** A text constant of a type. */
export function constantOf(text: string, type: ResultType, position: number): string {
  try {
    switch (type.kind) {
      case "unknown":
      case "text":
        return quoteText(text);
      case "interval":
        return `CAST(${quoteText(text)} AS INTERVAL)`;
      case "list":
        return `CAST(${parseArrayText(text, type, (element, of) => constantOf(element, of, position))} AS ${duckType(type)})`;
      default:
        return typedConstant(parseText(text, type as ColumnType), type);
    }
  } catch (error) {
    throw error instanceof KalamError ? error.at(position) : error;
  }
}
