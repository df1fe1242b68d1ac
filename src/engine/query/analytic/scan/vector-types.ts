import {
  ARRAY,
  BIGINT,
  BLOB,
  BOOLEAN,
  DATE,
  DECIMAL,
  DOUBLE,
  type DuckDBType,
  DuckDBVarCharType,
  FLOAT,
  INTEGER,
  SMALLINT,
  TIME,
  TIMESTAMP,
  TIMESTAMPTZ,
  UUID,
  VARCHAR,
} from "@duckdb/node-api";
import { KalamError } from "../../../../errors/index.ts";
import type { ResultType } from "../../../types/column-type.ts";

const JSON_TEXT = DuckDBVarCharType.create("JSON");

/** The type that a column of a relation has in DuckDB. */
export function vectorType(type: ResultType): DuckDBType {
  switch (type.kind) {
    case "boolean":
      return BOOLEAN;
    case "smallint":
      return SMALLINT;
    case "integer":
      return INTEGER;
    case "bigint":
      return BIGINT;
    case "real":
      return FLOAT;
    case "double":
      return DOUBLE;
    case "decimal":
      return DECIMAL(type.precision ?? 38, type.scale ?? 10);
    case "bytea":
      return BLOB;
    case "date":
      return DATE;
    case "time":
      return TIME;
    case "timestamp":
    case "datetime":
      return TIMESTAMP;
    case "timestamptz":
      return TIMESTAMPTZ;
    case "uuid":
      return UUID;
    case "json":
    case "file":
      return JSON_TEXT;
    case "embedding":
      return ARRAY(FLOAT, type.dimensions ?? 1);
    case "text":
    case "unknown":
    case "interval":
      return VARCHAR;
    case "list":
      throw new KalamError("feature_not_supported", { feature: "a column of arrays in a query of this kind" });
  }
}
