import type {
  DuckDBArrayType,
  DuckDBArrayValue,
  DuckDBBlobValue,
  DuckDBDateValue,
  DuckDBDecimalValue,
  DuckDBIntervalValue,
  DuckDBListType,
  DuckDBListValue,
  DuckDBTimestampValue,
  DuckDBTimeValue,
  DuckDBType,
  DuckDBUUIDValue,
  DuckDBValue,
} from "@duckdb/node-api";
import type { ResultType, Value } from "../types/column-type.ts";
import { Decimal } from "../types/decimal.ts";
import { intervalText } from "./interval-text.ts";
import { jsonText } from "./json-text.ts";
import { duckApi } from "./native.ts";

/** Turns one value of a column, never NULL, into ours. */
export type ValueReader = (value: DuckDBValue) => Value;

export function valueReader(type: DuckDBType, to: ResultType): ValueReader {
  const { DuckDBTypeId: Id } = duckApi();
  switch (type.typeId) {
    case Id.UINTEGER:
      return (value) => BigInt(value as number);
    case Id.DECIMAL:
      return (value) => {
        const decimal = value as DuckDBDecimalValue;
        return new Decimal(decimal.value, decimal.scale);
      };
    case Id.BLOB:
      return (value) => (value as DuckDBBlobValue).bytes;
    case Id.DATE:
      return (value) => (value as DuckDBDateValue).days;
    case Id.TIME:
      return (value) => Number((value as DuckDBTimeValue).micros);
    case Id.TIMESTAMP:
    case Id.TIMESTAMP_TZ:
      return (value) => (value as DuckDBTimestampValue).micros;
    case Id.UUID:
      return (value) => (value as DuckDBUUIDValue).toString().toLowerCase();
    case Id.INTERVAL:
      return (value) => intervalText(value as DuckDBIntervalValue);
    case Id.STRUCT:
    case Id.MAP:
    case Id.UNION:
      return jsonText;
    case Id.ARRAY:
      if (to.kind === "embedding") return (value) => Float32Array.from((value as DuckDBArrayValue).items as number[]);
      return listReader((type as DuckDBArrayType).valueType, to.element ?? { kind: "text" });
    case Id.LIST:
      return listReader((type as DuckDBListType).valueType, to.element ?? { kind: "text" });
    case Id.VARCHAR:
    case Id.BOOLEAN:
    case Id.TINYINT:
    case Id.UTINYINT:
    case Id.SMALLINT:
    case Id.USMALLINT:
    case Id.INTEGER:
    case Id.BIGINT:
    case Id.UBIGINT:
    case Id.HUGEINT:
    case Id.UHUGEINT:
    case Id.FLOAT:
    case Id.DOUBLE:
      return (value) => value as Value;
    default:
      return (value) => String(value);
  }
}

function listReader(element: DuckDBType, to: ResultType): ValueReader {
  const read = valueReader(element, to);
  return (value) =>
    (value as DuckDBListValue | DuckDBArrayValue).items.map((item) => (item === null ? null : read(item)));
}
