import type { DuckDBArrayType, DuckDBDecimalType, DuckDBListType, DuckDBType } from "@duckdb/node-api";
import { duckApi } from "../../../duckdb/native.ts";
import type { ResultKind, ResultType } from "../../../types/column-type.ts";

/** Names of DuckDB's type ids. */
const PLAIN: Readonly<Record<string, ResultKind>> = {
  BOOLEAN: "boolean",
  TINYINT: "smallint",
  UTINYINT: "smallint",
  SMALLINT: "smallint",
  USMALLINT: "integer",
  INTEGER: "integer",
  UINTEGER: "bigint",
  BIGINT: "bigint",
  UBIGINT: "bigint",
  HUGEINT: "bigint",
  UHUGEINT: "bigint",
  FLOAT: "real",
  DOUBLE: "double",
  BLOB: "bytea",
  DATE: "date",
  TIME: "time",
  TIME_TZ: "time",
  TIMESTAMP: "timestamp",
  TIMESTAMP_S: "timestamp",
  TIMESTAMP_MS: "timestamp",
  TIMESTAMP_NS: "timestamp",
  TIMESTAMP_TZ: "timestamptz",
  UUID: "uuid",
  INTERVAL: "interval",
  STRUCT: "json",
  MAP: "json",
  UNION: "json",
};

const NUMERIC: ReadonlySet<ResultKind> = new Set(["smallint", "integer", "bigint", "real", "double", "decimal"]);

/** The type of a result column, from DuckDB's type and what the renderer knows beyond it. */
export function resultType(type: DuckDBType, known: ResultType | undefined): ResultType {
  if (known?.kind === "unknown") return { kind: "text" };
  const found = fromDuck(type);
  if (known === undefined) return found;
  if (
    known.kind === "list" &&
    found.kind === "list" &&
    known.element !== undefined &&
    type.typeId === duckApi().DuckDBTypeId.LIST
  ) {
    return { kind: "list", element: resultType((type as DuckDBListType).valueType, known.element) };
  }
  return refines(known, found) ? known : found;
}

/** DuckDB has one type for several of ours: the renderer knows which it was. */
function refines(known: ResultType, found: ResultType): boolean {
  // NULL of any type comes as an integer.
  if (found.kind === "integer" && !NUMERIC.has(known.kind)) return true;
  if (known.kind === found.kind) return known.kind === "text" || known.kind === "embedding";
  if (known.kind === "file") return found.kind === "json";
  if (known.kind === "json") return found.kind === "text";
  return known.kind === "datetime" && found.kind === "timestamp";
}

function fromDuck(type: DuckDBType): ResultType {
  const { DuckDBTypeId: Id } = duckApi();
  switch (type.typeId) {
    case Id.DECIMAL: {
      const { width, scale } = type as DuckDBDecimalType;
      return { kind: "decimal", precision: width, scale };
    }
    case Id.VARCHAR:
      return { kind: type.alias === "JSON" ? "json" : "text" };
    case Id.LIST:
      return { kind: "list", element: fromDuck((type as DuckDBListType).valueType) };
    case Id.ARRAY: {
      const { valueType, length } = type as DuckDBArrayType;
      if (valueType.typeId === Id.FLOAT) return { kind: "embedding", dimensions: length };
      return { kind: "list", element: fromDuck(valueType) };
    }
    default:
      return { kind: PLAIN[Id[type.typeId]] ?? "text" };
  }
}
