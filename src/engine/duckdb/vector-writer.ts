import type { DataChunk, Vector } from "@duckdb/node-bindings";
import type { ResultType, Row } from "../types/column-type.ts";
import { Decimal } from "../types/decimal.ts";
import { duckBindings } from "./native.ts";
import { writeStrings } from "./string-vector.ts";

/** Rows of a DuckDB vector. */
export const VECTOR_SIZE = 2048;

/** Writes `count` values of one column into a vector. */
export type ColumnWriter = (vector: Vector, rows: readonly Row[], count: number) => void;

/**
 * Vectors are written in blocks: the values of a column go into a typed array in DuckDB's own layout, and one native call copies
 * it. A call for each value would cost ten times as much.
 */
export function columnWriter(type: ResultType, slot: number): ColumnWriter {
  switch (type.kind) {
    case "boolean":
      return fixed(new Uint8Array(VECTOR_SIZE), slot, (into, at, value) => {
        into[at] = value === true ? 1 : 0;
      });
    case "smallint":
      return fixed(new Int16Array(VECTOR_SIZE), slot, putNumber);
    case "integer":
    case "date":
      return fixed(new Int32Array(VECTOR_SIZE), slot, putNumber);
    case "real":
      return fixed(new Float32Array(VECTOR_SIZE), slot, putNumber);
    case "double":
      return fixed(new Float64Array(VECTOR_SIZE), slot, putNumber);
    case "bigint":
    case "timestamp":
    case "timestamptz":
    case "datetime":
      return fixed(new BigInt64Array(VECTOR_SIZE), slot, (into, at, value) => {
        into[at] = typeof value === "bigint" ? value : BigInt(value as number);
      });
    case "time":
      return fixed(new BigInt64Array(VECTOR_SIZE), slot, (into, at, value) => {
        into[at] = BigInt(value as number);
      });
    case "decimal":
      return decimalWriter(type, slot);
    case "uuid":
      return fixed(new BigUint64Array(VECTOR_SIZE * 2), slot, putUuid, 2);
    case "embedding":
      return embeddingWriter(type.dimensions ?? 1, slot);
    default:
      return (vector, rows, count) => {
        writeStrings(vector, rows, slot, count);
        validity.write(vector, rows, slot, count);
      };
  }
}

export function vectorOf(chunk: DataChunk, column: number): Vector {
  return duckBindings().data_chunk_get_vector(chunk, column);
}

type Store = { readonly buffer: ArrayBufferLike; readonly byteOffset: number; readonly BYTES_PER_ELEMENT: number };

function fixed<T extends Store>(
  into: T,
  slot: number,
  put: (into: T, at: number, value: NonNullable<Row[number]>) => void,
  width = 1,
): ColumnWriter {
  const buffer = into.buffer as ArrayBuffer;
  return (vector, rows, count) => {
    let nulls = false;
    for (let at = 0; at < count; at++) {
      const value = rows[at]?.[slot];
      if (value === null || value === undefined) nulls = true;
      else put(into, at, value);
    }
    duckBindings().copy_data_to_vector(vector, 0, buffer, into.byteOffset, count * into.BYTES_PER_ELEMENT * width);
    if (nulls) validity.write(vector, rows, slot, count);
  };
}

function putNumber(into: Int16Array | Int32Array | Float32Array | Float64Array, at: number, value: unknown): void {
  into[at] = value as number;
}

/** DuckDB keeps UUIDs as signed 128-bit integers with the highest bit turned, so that they sort. */
function putUuid(into: BigUint64Array, at: number, value: unknown): void {
  const text = value as string;
  const high = BigInt(`0x${text.slice(0, 8)}${text.slice(9, 13)}${text.slice(14, 18)}`);
  into[at * 2] = BigInt(`0x${text.slice(19, 23)}${text.slice(24)}`);
  into[at * 2 + 1] = high ^ (1n << 63n);
}

function decimalWriter(type: ResultType, slot: number): ColumnWriter {
  const precision = type.precision ?? 38;
  const scale = type.scale ?? 10;
  const unscaled = (value: unknown): bigint => (value instanceof Decimal ? value.rescale(scale).unscaled : 0n);
  if (precision <= 4) {
    return fixed(new Int16Array(VECTOR_SIZE), slot, (into, at, value) => {
      into[at] = Number(unscaled(value));
    });
  }
  if (precision <= 9) {
    return fixed(new Int32Array(VECTOR_SIZE), slot, (into, at, value) => {
      into[at] = Number(unscaled(value));
    });
  }
  if (precision <= 18) {
    return fixed(new BigInt64Array(VECTOR_SIZE), slot, (into, at, value) => {
      into[at] = unscaled(value);
    });
  }
  return fixed(
    new BigInt64Array(VECTOR_SIZE * 2),
    slot,
    (into, at, value) => {
      const whole = unscaled(value);
      into[at * 2] = BigInt.asIntN(64, whole);
      into[at * 2 + 1] = whole >> 64n;
    },
    2,
  );
}

function embeddingWriter(dimensions: number, slot: number): ColumnWriter {
  const into = new Float32Array(VECTOR_SIZE * dimensions);
  return (vector, rows, count) => {
    for (let at = 0; at < count; at++) {
      const value = rows[at]?.[slot];
      if (value instanceof Float32Array) into.set(value.subarray(0, dimensions), at * dimensions);
    }
    const child = duckBindings().array_vector_get_child(vector);
    duckBindings().copy_data_to_vector(child, 0, into.buffer, 0, count * dimensions * 4);
    validity.write(vector, rows, slot, count);
  };
}

/** One bit for each row, set where there is a value. Nothing is written for a column without NULL. */
const validity = {
  bits: new Uint8Array(VECTOR_SIZE / 8),
  write(vector: Vector, rows: readonly Row[], slot: number, count: number): void {
    let nulls = false;
    for (let at = 0; at < count; at++) {
      if (rows[at]?.[slot] != null) continue;
      if (!nulls) this.bits.fill(255);
      nulls = true;
      const byte = at >> 3;
      this.bits[byte] = (this.bits[byte] ?? 0) & ~(1 << (at & 7));
    }
    if (!nulls) return;
    duckBindings().vector_ensure_validity_writable(vector);
    duckBindings().copy_data_to_vector_validity(vector, 0, this.bits.buffer, 0, this.bits.byteLength);
  },
};
