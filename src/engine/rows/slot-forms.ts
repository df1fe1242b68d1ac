import { KalamError } from "../../errors/index.ts";
import { type ColumnType, Decimal, MAX_DECIMAL_PRECISION, type StorableKind, type Value } from "../types/index.ts";
import { type ByteReader, corrupt } from "./byte-reader.ts";
import type { ByteWriter } from "./byte-writer.ts";
import { UUID_BYTES, uuidFromBytes, uuidToBytes } from "./uuid-bytes.ts";

/** How a value is stored. */
export type Form = typeof FORM_NULL | typeof FORM_VARINT | typeof FORM_WIDE | typeof FORM_BYTES;
export const FORM_NULL = 0;
/** A whole number of 32 bits, zigzag (0, -1, 1, -2 …), seven bits a byte. */
export const FORM_VARINT = 1;
/** 8 bytes, big-endian: a 64-bit integer or an IEEE double, as the type of the slot says. */
export const FORM_WIDE = 2;
/** Twice a length (one more for ASCII text) and as many bytes. */
export const FORM_BYTES = 3;

const UUID_TEXT_LENGTH = 36;
const MAX_DECIMAL_BYTES = 17;

/**
 * Writes a value that is not null and says in which form. A value that is not of the type is refused here, because nobody
 * could read it later.
 */
export function encodeSlot(writer: ByteWriter, type: ColumnType, value: Value): Form {
  switch (type.kind) {
    case "text":
    case "json":
    case "file":
      if (typeof value !== "string") break;
      writer.text(value);
      return FORM_BYTES;
    case "smallint":
    case "integer":
    case "bigint":
    case "date":
    case "time":
    case "timestamp":
    case "timestamptz":
    case "datetime":
      if (typeof value === "bigint") return encodeInteger(writer, value);
      if (typeof value !== "number" || !Number.isSafeInteger(value)) break;
      if ((value | 0) !== value) return encodeInteger(writer, BigInt(value));
      writer.varint(zigzag(value));
      return FORM_VARINT;
    case "boolean":
      if (typeof value !== "boolean") break;
      writer.varint(value ? 2 : 0);
      return FORM_VARINT;
    case "real":
    case "double":
      if (typeof value !== "number") break;
      writer.float64(value);
      return FORM_WIDE;
    case "uuid":
      if (typeof value !== "string" || value.length !== UUID_TEXT_LENGTH) break;
      encodeUuid(writer, value);
      return FORM_BYTES;
    case "bytea":
      if (!(value instanceof Uint8Array)) break;
      writer.bytes(value);
      return FORM_BYTES;
    case "embedding":
      if (!(value instanceof Float32Array)) break;
      writer.bytes(floatBytes(value));
      return FORM_BYTES;
    case "decimal":
      if (!(value instanceof Decimal)) break;
      writer.bytes(decimalBytes(value));
      return FORM_BYTES;
  }
  throw new KalamError("internal", { reason: `a ${typeof value} cannot be stored in a column of type ${type.kind}` });
}

/** Reads a value of a type in the form it was written in. */
export function decodeSlot(reader: ByteReader, type: ColumnType, form: Form): Value {
  switch (type.kind) {
    case "text":
    case "json":
    case "file":
      expect(form, FORM_BYTES, type.kind);
      return reader.text();
    case "bigint":
    case "timestamp":
    case "timestamptz":
    case "datetime":
      return form === FORM_VARINT ? BigInt(unzigzag(reader.varint())) : wide(reader, form, type.kind);
    case "smallint":
    case "integer":
    case "date":
    case "time":
      return form === FORM_VARINT ? unzigzag(reader.varint()) : Number(wide(reader, form, type.kind));
    case "boolean":
      expect(form, FORM_VARINT, type.kind);
      return reader.varint() !== 0;
    case "real":
    case "double":
      // In a column that once was of whole numbers.
      if (form === FORM_VARINT) return unzigzag(reader.varint());
      expect(form, FORM_WIDE, type.kind);
      return reader.float64();
    case "decimal":
      return rescaled(form === FORM_BYTES ? decimalOf(reader.bytes()) : wholeDecimal(reader, form), type);
    default:
      expect(form, FORM_BYTES, type.kind);
      return decodeObject(reader.bytes(), type.kind);
  }
}

/** What a column that once was of whole numbers has of that time. */
function wholeDecimal(reader: ByteReader, form: Form): Decimal {
  return new Decimal(form === FORM_VARINT ? BigInt(unzigzag(reader.varint())) : wide(reader, form, "decimal"), 0);
}

function rescaled(value: Decimal, { scale }: ColumnType): Decimal {
  return scale === undefined ? value : value.rescale(scale);
}

/** Passes over a value whose type is no longer known. */
export function skipSlot(reader: ByteReader, form: Form): void {
  if (form === FORM_VARINT) reader.varint();
  else if (form === FORM_WIDE) reader.skip(8);
  else reader.skip(Math.floor(reader.varint() / 2));
}

function encodeInteger(writer: ByteWriter, value: bigint): Form {
  if (value >= -0x80000000n && value <= 0x7fffffffn) {
    writer.varint(zigzag(Number(value)));
    return FORM_VARINT;
  }
  writer.int64(value);
  return FORM_WIDE;
}

function encodeUuid(writer: ByteWriter, value: string): void {
  writer.varint(UUID_BYTES * 2);
  uuidToBytes(value, (byte) => writer.byte(byte));
}

function decodeObject(bytes: Buffer, kind: StorableKind): Value {
  switch (kind) {
    case "uuid": {
      if (bytes.length !== UUID_BYTES) throw corrupt(`a uuid has ${bytes.length} bytes`);
      return uuidFromBytes(bytes);
    }
    case "bytea":
      return new Uint8Array(bytes);
    default:
      return floatsOf(bytes);
  }
}

/** The scale, then the unscaled value in two's complement, big-endian, as few bytes as hold it. */
function decimalBytes(value: Decimal): Uint8Array {
  let width = 1;
  while (width < MAX_DECIMAL_BYTES && BigInt.asIntN(8 * width, value.unscaled) !== value.unscaled) width += 1;
  const bytes = new Uint8Array(1 + width);
  bytes[0] = value.scale;
  let rest = value.unscaled;
  for (let at = width; at > 0; at--) {
    bytes[at] = Number(rest & 0xffn);
    rest >>= 8n;
  }
  return bytes;
}

function decimalOf(bytes: Buffer): Decimal {
  const scale = bytes[0];
  const width = bytes.length - 1;
  if (scale === undefined || scale > MAX_DECIMAL_PRECISION || width < 1 || width > MAX_DECIMAL_BYTES) {
    throw corrupt(`a decimal has ${bytes.length} bytes and the scale ${scale}`);
  }
  const magnitude = BigInt(`0x${bytes.toString("hex", 1)}`);
  return new Decimal(BigInt.asIntN(8 * width, magnitude), scale);
}

/** 32-bit floats, little-endian whatever the machine is. */
function floatBytes(values: Float32Array): Uint8Array {
  const bytes = new Uint8Array(values.length * 4);
  const view = new DataView(bytes.buffer);
  for (let at = 0; at < values.length; at++) view.setFloat32(at * 4, values[at] ?? 0, true);
  return bytes;
}

function floatsOf(bytes: Buffer): Float32Array {
  if (bytes.length % 4 !== 0) throw corrupt(`an embedding has ${bytes.length} bytes`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const values = new Float32Array(bytes.length / 4);
  for (let at = 0; at < values.length; at++) values[at] = view.getFloat32(at * 4, true);
  return values;
}

function wide(reader: ByteReader, form: Form, kind: StorableKind): bigint {
  expect(form, FORM_WIDE, kind);
  return reader.int64();
}

function expect(form: Form, wanted: Form, kind: StorableKind): void {
  if (form !== wanted) throw corrupt(`a value of type ${kind} is stored in form ${form}`);
}

function zigzag(value: number): number {
  return ((value << 1) ^ (value >> 31)) >>> 0;
}

export function unzigzag(value: number): number {
  return (value >>> 1) ^ -(value & 1);
}
