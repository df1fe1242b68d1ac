import type { ResultType } from "../types/column-type.ts";

/** The type of DuckDB that holds values of ours. */
export function duckType(type: ResultType): string {
  switch (type.kind) {
    case "boolean":
      return "BOOLEAN";
    case "smallint":
      return "SMALLINT";
    case "integer":
      return "INTEGER";
    case "bigint":
      return "BIGINT";
    case "real":
      return "FLOAT";
    case "double":
      return "DOUBLE";
    case "decimal":
      return `DECIMAL(${type.precision ?? 38}, ${type.scale ?? 10})`;
    case "bytea":
      return "BLOB";
    case "date":
      return "DATE";
    case "time":
      return "TIME";
    case "timestamp":
    case "datetime":
      return "TIMESTAMP";
    case "timestamptz":
      return "TIMESTAMPTZ";
    case "uuid":
      return "UUID";
    case "json":
    case "file":
      return "JSON";
    case "interval":
      return "INTERVAL";
    case "embedding":
      return `FLOAT[${type.dimensions ?? 1}]`;
    case "list":
      return `${duckType(type.element ?? { kind: "text" })}[]`;
    case "text":
    case "unknown":
      return "VARCHAR";
  }
}
