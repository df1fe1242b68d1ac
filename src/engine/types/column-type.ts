import type { Decimal } from "./decimal.ts";

/** The kinds a column can have. */
export const STORABLE_KINDS = [
  "boolean",
  "smallint",
  "integer",
  "bigint",
  "real",
  "double",
  "decimal",
  "text",
  "bytea",
  "date",
  "time",
  "timestamp",
  "timestamptz",
  "datetime",
  "uuid",
  "json",
  "embedding",
  "file",
] as const;

export type StorableKind = (typeof STORABLE_KINDS)[number];

/** Kinds that only expressions and results have: an untyped literal, a span of time, an array. */
export type ResultKind = StorableKind | "unknown" | "interval" | "list";

/**
 * The type of a column or of an expression.
 *
 * | kind | value in the process |
 * | --- | --- |
 * | boolean | `boolean` |
 * | smallint, integer | `number` (whole) |
 * | bigint | `bigint` |
 * | real, double | `number` (real is rounded to 32 bits) |
 * | decimal | `Decimal` |
 * | text, json, file, uuid, interval, unknown | `string` (uuid in lower case with hyphens; json as the text given) |
 * | bytea | `Uint8Array` |
 * | date | `number`, days since 1970-01-01 |
 * | time | `number`, microseconds since midnight |
 * | timestamp, timestamptz, datetime | `bigint`, microseconds since 1970-01-01T00:00:00 (UTC where zoned) |
 * | embedding | `Float32Array` |
 * | list | array of the element's values |
 *
 * NULL is `null` in every type.
 */
export interface ColumnType {
  readonly kind: StorableKind;
  /** VARCHAR(n), CHAR(n): characters. */
  readonly length?: number;
  /** DECIMAL(p,s): 1–38. */
  readonly precision?: number;
  readonly scale?: number;
  /** EMBEDDING(n). */
  readonly dimensions?: number;
}

export interface ResultType extends Omit<ColumnType, "kind"> {
  readonly kind: ResultKind;
  /** Of a list. */
  readonly element?: ResultType;
}

export type Value = null | boolean | number | bigint | string | Decimal | Uint8Array | Float32Array | readonly Value[];

/** The values of one row, one per slot of its table. */
export type Row = readonly Value[];
