import { KalamError } from "../../errors/index.ts";
import { type ColumnType, Decimal, type Value } from "../types/index.ts";
import { UUID_BYTES, uuidFromBytes, uuidToBytes } from "./uuid-bytes.ts";

/** Ends a text; every byte that a text is made of is greater. */
const TERMINATOR = "\u0000";
/** Stands before 0x01 for a byte 0x00 and before 0x02 for a byte 0x01, so that neither looks like the terminator. */
const ESCAPE = "\u0001";

const scratch = new DataView(new ArrayBuffer(8));
const SIGN = 0x80000000;

/**
 * The key of a row as bytes in a latin-1 string, one character a byte: comparing two keys with `<` orders them as comparing
 * their values one by one would.
 *
 * Every part says itself where it ends, so the encoding of some leading parts is a prefix of the whole key.
 *
 * | type | bytes |
 * | --- | --- |
 * | integers, date, time, timestamps | 8, big-endian, sign bit flipped (one form for all widths) |
 * | real, double | 8, IEEE 754 with the sign bit flipped, negative ones inverted; -0 as 0, NaN greatest |
 * | decimal | 16, unscaled value at the type's scale, big-endian, sign bit flipped |
 * | text | UTF-8, 0x00 as 01 01, 0x01 as 01 02, then 00 |
 * | bytea | the bytes, likewise |
 * | uuid | 16 |
 * | boolean | 1 |
 *
 * Keys are NOT NULL.
 */
export function encodeKey(types: readonly ColumnType[], values: readonly Value[]): string {
  let key = "";
  for (let index = 0; index < values.length; index++) {
    const type = types[index];
    const value = values[index];
    if (type === undefined || value === undefined || value === null) {
      throw new KalamError("internal", { reason: `part ${index + 1} of a key is missing` });
    }
    key += encodePart(type, value);
  }
  return key;
}

/**
 * The values that a whole key was made of, in the form that columns hold them: -0 comes back as 0, a decimal at the scale of its
 * type.
 *
 * @throws data_corrupt when the bytes are no key of these types
 */
export function decodeKey(types: readonly ColumnType[], key: string): Value[] {
  const values: Value[] = [];
  let at = 0;
  for (const type of types) {
    const end = partEnd(type, key, at);
    if (end === undefined) throw noKey();
    values.push(decodePart(type, key.slice(at, end)));
    at = end;
  }
  if (at !== key.length || encodeKey(types, values) !== key) throw noKey();
  return values;
}

/** Where the part of a key that begins at `at` ends; undefined when the bytes end before the part does. */
export function partEnd(type: ColumnType, key: string, at: number): number | undefined {
  const width = partWidth(type);
  const end = width === undefined ? key.indexOf(TERMINATOR, at) + 1 : at + width;
  return end === 0 || end > key.length ? undefined : end;
}

/** Bytes of a part, where all values of the type have as many. */
export function partWidth(type: ColumnType): number | undefined {
  switch (type.kind) {
    case "text":
    case "bytea":
      return undefined;
    case "boolean":
      return 1;
    case "uuid":
    case "decimal":
      return UUID_BYTES;
    default:
      return 8;
  }
}

/** The value of one whole part. Bytes that no value has give one that is encoded otherwise. */
export function decodePart(type: ColumnType, part: string): Value {
  switch (type.kind) {
    case "text":
      return latin1Bytes(unescapeBytes(part.slice(0, -1))).toString("utf8");
    case "smallint":
    case "integer":
    case "date":
    case "time":
      return Number(decodeInteger(part, 0));
    case "bigint":
    case "timestamp":
    case "timestamptz":
    case "datetime":
      return decodeInteger(part, 0);
    case "uuid":
      return uuidFromBytes(latin1Bytes(part));
    case "boolean":
      return part === "\u0001";
    case "real":
    case "double":
      return decodeFloat(part);
    case "decimal":
      return new Decimal((decodeInteger(part, 0) << 64n) | BigInt.asUintN(64, readInt64(part, 8)), type.scale ?? 0);
    case "bytea":
      return new Uint8Array(latin1Bytes(unescapeBytes(part.slice(0, -1))));
    default:
      throw new KalamError("internal", { reason: `a value of type ${type.kind} cannot be part of a key` });
  }
}

/** Whether values of the type have an order that keys can keep. */
export function isKeyType(type: ColumnType): boolean {
  return type.kind !== "json" && type.kind !== "file" && type.kind !== "embedding";
}

/** The beginning of the keys whose text at this place begins with `text`: for `LIKE 'abc%'`. */
export function encodeTextPrefix(text: string): string {
  return escapeBytes(utf8AsLatin1(text));
}

/** The smallest string greater than every string with this prefix; undefined when there is none. */
export function keySuccessor(prefix: string): string | undefined {
  for (let at = prefix.length - 1; at >= 0; at--) {
    const byte = prefix.charCodeAt(at);
    if (byte < 0xff) return prefix.slice(0, at) + String.fromCharCode(byte + 1);
  }
  return undefined;
}

function encodePart(type: ColumnType, value: Value): string {
  switch (type.kind) {
    case "text":
      return escapeBytes(utf8AsLatin1(value as string)) + TERMINATOR;
    case "smallint":
    case "integer":
    case "date":
    case "time":
      return encodeWhole(value as number);
    case "bigint":
    case "timestamp":
    case "timestamptz":
    case "datetime":
      return encodeBigint(value as bigint);
    case "uuid":
      return encodeUuid(value as string);
    case "boolean":
      return value === true ? "\u0001" : "\u0000";
    case "real":
    case "double":
      return encodeFloat(value as number);
    case "decimal":
      return encodeDecimal(value as Decimal, type.scale);
    case "bytea":
      return escapeBytes(Buffer.from(value as Uint8Array).toString("latin1")) + TERMINATOR;
    default:
      throw new KalamError("internal", { reason: `a value of type ${type.kind} cannot be part of a key` });
  }
}

function encodeUuid(value: string): string {
  let bytes = "";
  uuidToBytes(value, (byte) => {
    bytes += String.fromCharCode(byte);
  });
  return bytes;
}

function encodeWhole(value: number): string {
  const high = Math.floor(value / 4294967296);
  return word((high ^ SIGN) >>> 0) + word((value - high * 4294967296) >>> 0);
}

function encodeBigint(value: bigint): string {
  scratch.setBigInt64(0, value);
  return word((scratch.getUint32(0) ^ SIGN) >>> 0) + word(scratch.getUint32(4));
}

function encodeFloat(value: number): string {
  scratch.setFloat64(0, value === 0 ? 0 : Number.isNaN(value) ? Number.NaN : value);
  const high = scratch.getUint32(0);
  const low = scratch.getUint32(4);
  return high >= SIGN ? word(~high >>> 0) + word(~low >>> 0) : word((high | SIGN) >>> 0) + word(low);
}

function encodeDecimal(value: Decimal, scale: number | undefined): string {
  const unscaled = (scale === undefined ? value : value.rescale(scale)).unscaled;
  return encodeBigint(unscaled >> 64n) + encodeUnsigned(BigInt.asUintN(64, unscaled));
}

function encodeUnsigned(value: bigint): string {
  scratch.setBigUint64(0, value);
  return word(scratch.getUint32(0)) + word(scratch.getUint32(4));
}

function word(value: number): string {
  return String.fromCharCode(value >>> 24, (value >>> 16) & 0xff, (value >>> 8) & 0xff, value & 0xff);
}

function utf8AsLatin1(text: string): string {
  for (let at = 0; at < text.length; at++) {
    if (text.charCodeAt(at) > 0x7f) return Buffer.from(text, "utf8").toString("latin1");
  }
  return text;
}

function escapeBytes(bytes: string): string {
  if (!bytes.includes(TERMINATOR) && !bytes.includes(ESCAPE)) return bytes;
  return bytes.replaceAll(ESCAPE, `${ESCAPE}\u0002`).replaceAll(TERMINATOR, `${ESCAPE}\u0001`);
}

function decodeInteger(part: string, at: number): bigint {
  return readInt64(part, at) ^ -(2n ** 63n);
}

function decodeFloat(part: string): number {
  const high = readWord(part, 0);
  const low = readWord(part, 4);
  scratch.setUint32(0, high >= SIGN ? (high ^ SIGN) >>> 0 : ~high >>> 0);
  scratch.setUint32(4, high >= SIGN ? low : ~low >>> 0);
  return scratch.getFloat64(0);
}

function readInt64(part: string, at: number): bigint {
  scratch.setUint32(0, readWord(part, at));
  scratch.setUint32(4, readWord(part, at + 4));
  return scratch.getBigInt64(0);
}

function readWord(part: string, at: number): number {
  return (
    ((part.charCodeAt(at) << 24) |
      (part.charCodeAt(at + 1) << 16) |
      (part.charCodeAt(at + 2) << 8) |
      part.charCodeAt(at + 3)) >>>
    0
  );
}

function latin1Bytes(bytes: string): Buffer {
  return Buffer.from(bytes, "latin1");
}

function unescapeBytes(bytes: string): string {
  if (!bytes.includes(ESCAPE)) return bytes;
  return bytes.replaceAll(`${ESCAPE}\u0001`, TERMINATOR).replaceAll(`${ESCAPE}\u0002`, ESCAPE);
}

function noKey(): KalamError {
  return new KalamError("data_corrupt", { path: "(cold store)", reason: "a key does not fit its table" });
}
