import {
  type DuckDBArrayType,
  type DuckDBDecimalType,
  type DuckDBListType,
  type DuckDBType,
  DuckDBTypeId,
} from "@duckdb/node-api";
import type { ResultKind, ResultType } from "../../../types/column-type.ts";

const PLAIN: ReadonlyMap<DuckDBTypeId, ResultKind> = new Map([
  [DuckDBTypeId.BOOLEAN, "boolean"],
  [DuckDBTypeId.TINYINT, "smallint"],
  [DuckDBTypeId.UTINYINT, "smallint"],
  [DuckDBTypeId.SMALLINT, "smallint"],
  [DuckDBTypeId.USMALLINT, "integer"],
  [DuckDBTypeId.INTEGER, "integer"],
  [DuckDBTypeId.UINTEGER, "bigint"],
  [DuckDBTypeId.BIGINT, "bigint"],
  [DuckDBTypeId.UBIGINT, "bigint"],
  [DuckDBTypeId.HUGEINT, "bigint"],
  [DuckDBTypeId.UHUGEINT, "bigint"],
  [DuckDBTypeId.FLOAT, "real"],
  [DuckDBTypeId.DOUBLE, "double"],
  [DuckDBTypeId.BLOB, "bytea"],
  [DuckDBTypeId.DATE, "date"],
  [DuckDBTypeId.TIME, "time"],
  [DuckDBTypeId.TIME_TZ, "time"],
  [DuckDBTypeId.TIMESTAMP, "timestamp"],
  [DuckDBTypeId.TIMESTAMP_S, "timestamp"],
  [DuckDBTypeId.TIMESTAMP_MS, "timestamp"],
  [DuckDBTypeId.TIMESTAMP_NS, "timestamp"],
  [DuckDBTypeId.TIMESTAMP_TZ, "timestamptz"],
  [DuckDBTypeId.UUID, "uuid"],
  [DuckDBTypeId.INTERVAL, "interval"],
  [DuckDBTypeId.STRUCT, "json"],
  [DuckDBTypeId.MAP, "json"],
  [DuckDBTypeId.UNION, "json"],
]);

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
    type.typeId === DuckDBTypeId.LIST
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
  switch (type.typeId) {
    case DuckDBTypeId.DECIMAL: {
      const { width, scale } = type as DuckDBDecimalType;
      return { kind: "decimal", precision: width, scale };
    }
    case DuckDBTypeId.VARCHAR:
      return { kind: type.alias === "JSON" ? "json" : "text" };
    case DuckDBTypeId.LIST:
      return { kind: "list", element: fromDuck((type as DuckDBListType).valueType) };
    case DuckDBTypeId.ARRAY: {
      const { valueType, length } = type as DuckDBArrayType;
      if (valueType.typeId === DuckDBTypeId.FLOAT) return { kind: "embedding", dimensions: length };
      return { kind: "list", element: fromDuck(valueType) };
    }
    default:
      return { kind: PLAIN.get(type.typeId) ?? "text" };
  }
}
