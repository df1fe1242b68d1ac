import { KalamError } from "../../errors/index.ts";
import type { ColumnType, Decimal, Value } from "../types/index.ts";
import { uuidToBytes } from "./uuid-bytes.ts";

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
