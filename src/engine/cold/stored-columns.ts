import type { Vector } from "@duckdb/node-bindings";
import { duckBindings } from "../duckdb/native.ts";
import { writeBytes } from "../duckdb/string-vector.ts";
import { type ColumnWriter, columnWriter, VECTOR_SIZE } from "../duckdb/vector-writer.ts";
import { type ByteReader, corrupt } from "../rows/byte-reader.ts";
import { decodeSlot, FORM_BYTES, FORM_VARINT, FORM_WIDE, type Form, unzigzag } from "../rows/slot-forms.ts";
import type { ColumnType, Value } from "../types/column-type.ts";

/** The values of one column, a vector full at most, between the bytes of stored rows and a vector. */
export interface StoredColumn {
  /** Takes the value of row `at` off the reader. Rows for which it is not called are NULL. */
  take(at: number, form: Form, reader: ByteReader): void;
  /** Moves the values of `count` rows into the vector, and begins anew. */
  write(vector: Vector, count: number): void;
}

/** Values go from bytes to bytes where DuckDB's form is near to ours, and else by way of values of the process. */
export function storedColumn(type: ColumnType): StoredColumn {
  switch (type.kind) {
    case "text":
    case "json":
    case "file":
    case "bytea":
      return new BytesColumn(type);
    case "bigint":
    case "timestamp":
    case "timestamptz":
    case "datetime":
    case "time":
      return new WideColumn(type);
    case "boolean":
      return new NumberColumn(new Uint8Array(VECTOR_SIZE), type);
    case "smallint":
      return new NumberColumn(new Int16Array(VECTOR_SIZE), type);
    case "integer":
    case "date":
      return new NumberColumn(new Int32Array(VECTOR_SIZE), type);
    case "real":
      return new NumberColumn(new Float32Array(VECTOR_SIZE), type);
    case "double":
      return new NumberColumn(new Float64Array(VECTOR_SIZE), type);
    default:
      return new ValueColumn(type);
  }
}

/** Which rows have a value. */
class Presence {
  readonly #bits = new Uint8Array(VECTOR_SIZE / 8);
  #count = 0;

  set(at: number): void {
    this.#bits[at >> 3] = (this.#bits[at >> 3] ?? 0) | (1 << (at & 7));
    this.#count++;
  }

  write(vector: Vector, count: number): void {
    if (this.#count < count) {
      duckBindings().vector_ensure_validity_writable(vector);
      duckBindings().copy_data_to_vector_validity(vector, 0, this.#bits.buffer, 0, this.#bits.byteLength);
    }
    this.#bits.fill(0);
    this.#count = 0;
  }
}

const FIRST_ROOM = 1 << 16;
/** What one large value needed is given back. */
const MAX_KEPT_ROOM = 1 << 22;

class BytesColumn implements StoredColumn {
  readonly #type: ColumnType;
  readonly #presence = new Presence();
  readonly #lengths = new Uint32Array(VECTOR_SIZE);
  #room = Buffer.allocUnsafeSlow(FIRST_ROOM);
  #used = 0;

  constructor(type: ColumnType) {
    this.#type = type;
  }

  take(at: number, form: Form, reader: ByteReader): void {
    if (form !== FORM_BYTES) throw wrongForm(this.#type, form);
    const length = reader.length();
    if (this.#used + length > this.#room.length) {
      const larger = Buffer.allocUnsafeSlow(2 * (this.#used + length));
      this.#room.copy(larger, 0, 0, this.#used);
      this.#room = larger;
    }
    reader.copy(length, this.#room, this.#used);
    this.#lengths[at] = length;
    this.#used += length;
    this.#presence.set(at);
  }

  write(vector: Vector, count: number): void {
    writeBytes(vector, this.#room.subarray(0, this.#used), this.#lengths, count);
    this.#presence.write(vector, count);
    this.#lengths.fill(0);
    this.#used = 0;
    if (this.#room.length > MAX_KEPT_ROOM) this.#room = Buffer.allocUnsafeSlow(FIRST_ROOM);
  }
}

/** 64-bit integers: most are stored as small ones, and need no bigint on their way. */
class WideColumn implements StoredColumn {
  readonly #type: ColumnType;
  readonly #presence = new Presence();
  readonly #values = new BigInt64Array(VECTOR_SIZE);
  readonly #words = new Int32Array(this.#values.buffer);

  constructor(type: ColumnType) {
    this.#type = type;
  }

  take(at: number, form: Form, reader: ByteReader): void {
    if (form === FORM_VARINT) {
      const value = unzigzag(reader.varint());
      this.#words[2 * at] = value;
      this.#words[2 * at + 1] = value >> 31;
    } else if (form === FORM_WIDE) {
      this.#values[at] = reader.int64();
    } else {
      throw wrongForm(this.#type, form);
    }
    this.#presence.set(at);
  }

  write(vector: Vector, count: number): void {
    duckBindings().copy_data_to_vector(vector, 0, this.#values.buffer, 0, 8 * count);
    this.#presence.write(vector, count);
  }
}

type Numbers = Uint8Array | Int16Array | Int32Array | Float32Array | Float64Array;

class NumberColumn implements StoredColumn {
  readonly #values: Numbers;
  readonly #type: ColumnType;
  readonly #presence = new Presence();

  constructor(values: Numbers, type: ColumnType) {
    this.#values = values;
    this.#type = type;
  }

  take(at: number, form: Form, reader: ByteReader): void {
    this.#values[at] = Number(decodeSlot(reader, this.#type, form));
    this.#presence.set(at);
  }

  write(vector: Vector, count: number): void {
    const { buffer, BYTES_PER_ELEMENT } = this.#values;
    duckBindings().copy_data_to_vector(vector, 0, buffer as ArrayBuffer, 0, count * BYTES_PER_ELEMENT);
    this.#presence.write(vector, count);
  }
}

class ValueColumn implements StoredColumn {
  readonly #type: ColumnType;
  readonly #writer: ColumnWriter;
  readonly #rows: Value[][] = Array.from({ length: VECTOR_SIZE }, () => [null]);

  constructor(type: ColumnType) {
    this.#type = type;
    this.#writer = columnWriter(type, 0);
  }

  take(at: number, form: Form, reader: ByteReader): void {
    this.#rows[at] = [decodeSlot(reader, this.#type, form)];
  }

  write(vector: Vector, count: number): void {
    this.#writer(vector, this.#rows, count);
    for (let at = 0; at < count; at++) this.#rows[at] = [null];
  }
}

function wrongForm(type: ColumnType, form: Form): Error {
  return corrupt(`a value of type ${type.kind} is stored in form ${form}`);
}
