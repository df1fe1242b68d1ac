import {
  type DuckDBArrayType,
  type DuckDBArrayValue,
  type DuckDBBlobValue,
  type DuckDBDateValue,
  type DuckDBDecimalValue,
  type DuckDBIntervalValue,
  type DuckDBListType,
  type DuckDBListValue,
  type DuckDBTimestampValue,
  type DuckDBTimeValue,
  type DuckDBType,
  DuckDBTypeId,
  type DuckDBUUIDValue,
  type DuckDBValue,
} from "@duckdb/node-api";
import type { ResultType, Value } from "../../../types/column-type.ts";
import { Decimal } from "../../../types/decimal.ts";
import { intervalText } from "./interval-text.ts";
import { jsonText } from "./json-text.ts";

/** Turns one value of a column, never NULL, into ours. */
export type ValueReader = (value: DuckDBValue) => Value;

export function valueReader(type: DuckDBType, to: ResultType): ValueReader {
  switch (type.typeId) {
    case DuckDBTypeId.UINTEGER:
      return (value) => BigInt(value as number);
    case DuckDBTypeId.DECIMAL:
      return (value) => {
        const decimal = value as DuckDBDecimalValue;
        return new Decimal(decimal.value, decimal.scale);
      };
    case DuckDBTypeId.BLOB:
      return (value) => (value as DuckDBBlobValue).bytes;
    case DuckDBTypeId.DATE:
      return (value) => (value as DuckDBDateValue).days;
    case DuckDBTypeId.TIME:
      return (value) => Number((value as DuckDBTimeValue).micros);
    case DuckDBTypeId.TIMESTAMP:
    case DuckDBTypeId.TIMESTAMP_TZ:
      return (value) => (value as DuckDBTimestampValue).micros;
    case DuckDBTypeId.UUID:
      return (value) => (value as DuckDBUUIDValue).toString().toLowerCase();
    case DuckDBTypeId.INTERVAL:
      return (value) => intervalText(value as DuckDBIntervalValue);
    case DuckDBTypeId.STRUCT:
    case DuckDBTypeId.MAP:
    case DuckDBTypeId.UNION:
      return jsonText;
    case DuckDBTypeId.ARRAY:
      if (to.kind === "embedding") return (value) => Float32Array.from((value as DuckDBArrayValue).items as number[]);
      return listReader((type as DuckDBArrayType).valueType, to.element ?? { kind: "text" });
    case DuckDBTypeId.LIST:
      return listReader((type as DuckDBListType).valueType, to.element ?? { kind: "text" });
    case DuckDBTypeId.VARCHAR:
    case DuckDBTypeId.BOOLEAN:
    case DuckDBTypeId.TINYINT:
    case DuckDBTypeId.UTINYINT:
    case DuckDBTypeId.SMALLINT:
    case DuckDBTypeId.USMALLINT:
    case DuckDBTypeId.INTEGER:
    case DuckDBTypeId.BIGINT:
    case DuckDBTypeId.UBIGINT:
    case DuckDBTypeId.HUGEINT:
    case DuckDBTypeId.UHUGEINT:
    case DuckDBTypeId.FLOAT:
    case DuckDBTypeId.DOUBLE:
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
