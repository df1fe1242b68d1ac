import type { DuckDBType } from "@duckdb/node-api";
import { KalamError } from "../../errors/index.ts";
import type { ResultType } from "../types/column-type.ts";
import { duckApi } from "./native.ts";

/** The type that a column of a relation has in DuckDB. */
export function vectorType(type: ResultType): DuckDBType {
  const api = duckApi();
  switch (type.kind) {
    case "boolean":
      return api.BOOLEAN;
    case "smallint":
      return api.SMALLINT;
    case "integer":
      return api.INTEGER;
    case "bigint":
      return api.BIGINT;
    case "real":
      return api.FLOAT;
    case "double":
      return api.DOUBLE;
    case "decimal":
      return api.DECIMAL(type.precision ?? 38, type.scale ?? 10);
    case "bytea":
      return api.BLOB;
    case "date":
      return api.DATE;
    case "time":
      return api.TIME;
    case "timestamp":
    case "datetime":
      return api.TIMESTAMP;
    case "timestamptz":
      return api.TIMESTAMPTZ;
    case "uuid":
      return api.UUID;
    case "json":
    case "file":
      return api.DuckDBVarCharType.create("JSON");
    case "embedding":
      return api.ARRAY(api.FLOAT, type.dimensions ?? 1);
    case "text":
    case "unknown":
    case "interval":
      return api.VARCHAR;
    case "list":
      throw new KalamError("feature_not_supported", { feature: "a column of arrays in a query of this kind" });
  }
}
