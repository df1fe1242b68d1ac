import type { ColumnType, ResultKind, ResultType } from "./column-type.ts";
import { MAX_DECIMAL_PRECISION } from "./decimal.ts";

const DISPLAY: Record<ResultKind, string> = {
  boolean: "BOOLEAN",
  smallint: "SMALLINT",
  integer: "INT",
  bigint: "BIGINT",
  real: "FLOAT",
  double: "DOUBLE",
  decimal: "DECIMAL",
  text: "TEXT",
  bytea: "BYTES",
  date: "DATE",
  time: "TIME",
  timestamp: "TIMESTAMP",
  timestamptz: "TIMESTAMPTZ",
  datetime: "DATETIME",
  uuid: "UUID",
  json: "JSON",
  embedding: "EMBEDDING",
  file: "FILE",
  unknown: "TEXT",
  interval: "INTERVAL",
  list: "TEXT[]",
};

const WIRE: Record<ResultKind, string> = {
  boolean: "Boolean",
  smallint: "SmallInt",
  integer: "Int",
  bigint: "BigInt",
  real: "Float",
  double: "Double",
  decimal: "Decimal",
  text: "Text",
  bytea: "Bytes",
  date: "Date",
  time: "Time",
  timestamp: "Timestamp",
  timestamptz: "DateTime",
  datetime: "DateTime",
  uuid: "Uuid",
  json: "Json",
  embedding: "Embedding",
  file: "File",
  unknown: "Text",
  interval: "Text",
  list: "Text",
};

const POSTGRES: Record<ResultKind, string> = {
  boolean: "boolean",
  smallint: "smallint",
  integer: "integer",
  bigint: "bigint",
  real: "real",
  double: "double precision",
  decimal: "numeric",
  text: "text",
  bytea: "bytea",
  date: "date",
  time: "time without time zone",
  timestamp: "timestamp without time zone",
  timestamptz: "timestamp with time zone",
  datetime: "timestamp without time zone",
  uuid: "uuid",
  json: "json",
  embedding: "embedding",
  file: "file",
  unknown: "unknown",
  interval: "interval",
  list: "array",
};

/** The name of a type as `DESCRIBE TABLE` shows it: `DECIMAL(10, 2)`, `VARCHAR(20)`, `FLOAT` for 32 bits. */
export function sqlTypeName(type: ResultType): string {
  switch (type.kind) {
    case "decimal":
      return `DECIMAL(${type.precision ?? MAX_DECIMAL_PRECISION}, ${type.scale ?? 0})`;
    case "text":
      return type.length === undefined ? "TEXT" : `VARCHAR(${type.length})`;
    case "embedding":
      return type.dimensions === undefined ? "EMBEDDING" : `EMBEDDING(${type.dimensions})`;
    case "list":
      return type.element === undefined ? DISPLAY.list : `${sqlTypeName(type.element)}[]`;
    default:
      return DISPLAY[type.kind];
  }
}

/** The name to write in `SHOW CREATE TABLE`: `resolveType` reads it back as the same type, which `FLOAT` would not be. */
export function sqlTypeDefinition(type: ColumnType): string {
  return type.kind === "real" ? "REAL" : sqlTypeName(type);
}

/** `schema[].data_type` of the wire: a name, or an object for a type with parameters. */
export function wireType(type: ResultType): string | Record<string, unknown> {
  switch (type.kind) {
    case "decimal":
      return { Decimal: { precision: type.precision ?? MAX_DECIMAL_PRECISION, scale: type.scale ?? 0 } };
    case "embedding":
      return { Embedding: type.dimensions ?? 0 };
    default:
      return WIRE[type.kind];
  }
}

/** The name that PostgreSQL uses in its messages: `double precision`, `character varying(20)`. */
export function postgresTypeName(type: ResultType): string {
  if (type.kind === "text" && type.length !== undefined) return `character varying(${type.length})`;
  if (type.kind === "list" && type.element !== undefined) return `${postgresTypeName(type.element)}[]`;
  return POSTGRES[type.kind];
}

/** The name in PostgreSQL's complaints about a text: `invalid input syntax for type timestamp`. */
export function inputTypeName(type: ResultType): string {
  return postgresTypeName(type).replace(" without time zone", "");
}
