import type { DuckDBDataChunk, DuckDBType } from "@duckdb/node-api";
import type { ResultType, Value } from "../types/column-type.ts";
import { duckApi, duckBindings } from "./native.ts";
import { readStrings } from "./string-reader.ts";
import { isValid, validityOf } from "./validity.ts";
import { valueReader } from "./values.ts";

/** Reads one column of a chunk. */
export type ColumnReader = (chunk: DuckDBDataChunk, column: number, count: number) => ArrayLike<Value>;

type Layout = (bytes: Uint8Array, count: number) => ArrayLike<number | bigint>;

const int32: Layout = (bytes, count) => new Int32Array(bytes.buffer, bytes.byteOffset, count);
const int64: Layout = (bytes, count) => new BigInt64Array(bytes.buffer, bytes.byteOffset, count);
const float64: Layout = (bytes, count) => new Float64Array(bytes.buffer, bytes.byteOffset, count);

/** The layout of types whose vectors hold our values as they are. */
function plainLayout(type: DuckDBType): readonly [bytes: number, Layout] | undefined {
  const { DuckDBTypeId: Id } = duckApi();
  switch (type.typeId) {
    case Id.INTEGER:
    case Id.DATE:
      return [4, int32];
    case Id.BIGINT:
    case Id.TIMESTAMP:
    case Id.TIMESTAMP_TZ:
      return [8, int64];
    case Id.DOUBLE:
      return [8, float64];
    default:
      return undefined;
  }
}

export function columnReader(type: DuckDBType, to: ResultType): ColumnReader {
  if (type.typeId === duckApi().DuckDBTypeId.VARCHAR) {
    return (chunk, column, count) => readStrings(duckBindings().data_chunk_get_vector(chunk.chunk, column), count);
  }
  const plain = plainLayout(type);
  if (plain !== undefined) {
    const [size, layout] = plain;
    return (chunk, column, count) => {
      const vector = duckBindings().data_chunk_get_vector(chunk.chunk, column);
      const values = layout(duckBindings().vector_get_data(vector, count * size), count);
      const validity = validityOf(vector, count);
      return validity === null ? values : Array.from(values, (value, at) => (isValid(validity, at) ? value : null));
    };
  }
  const read = valueReader(type, to);
  return (chunk, column, count) => {
    const vector = chunk.getColumnVector(column);
    return Array.from({ length: count }, (_, at) => {
      const value = vector.getItem(at);
      return value === null ? null : read(value);
    });
  };
}
