import { decodePart, encodeKey, partEnd, partWidth } from "../rows/key-codec.ts";
import { daysFromCivil, MICROS_PER_DAY } from "../types/calendar.ts";
import { type ColumnType, Decimal, INTEGER_BOUNDS, type Value } from "../types/index.ts";
import { leastText } from "./least-text.ts";

/**
 * The keys at or behind a bound, said in values: those whose leading parts are greater than `values`, or equal to them unless
 * `strict`. Without values it is every key, or none when `strict`.
 */
export interface KeyBound {
  readonly values: readonly Value[];
  readonly strict: boolean;
}

const ESCAPE = "\u0001";
/** The dates that can be written (`types/temporal-text.ts`). */
const DAYS = { min: daysFromCivil(-290_308, 1, 1), max: daysFromCivil(5_874_897, 12, 31) };
const TIME_OF_DAY = { min: 0, max: MICROS_PER_DAY };

/**
 * What a bound of a `KeyRange` means for the columns of the key. A bound is any string of bytes: a whole key, some leading parts of
 * one, the beginning of a text, or the successor of one of these, which need not be the key of anything.
 */
export function keyBound(types: readonly ColumnType[], bound: string): KeyBound {
  const values: Value[] = [];
  let at = 0;
  for (const type of types) {
    if (at === bound.length) break;
    const end = partEnd(type, bound, at);
    if (end !== undefined) {
      const value = decodePart(type, bound.slice(at, end));
      if (isValueOf(type, value) && encodeKey([type], [value]) === bound.slice(at, end)) {
        values.push(value);
        at = end;
        continue;
      }
    }
    const least = leastValue(type, bound.slice(at));
    if (least === undefined) return { values, strict: true };
    return { values: [...values, least], strict: false };
  }
  // Bytes behind the last part: every key that begins like this is before the bound.
  return { values, strict: at < bound.length };
}

/** The least value of the type whose part of a key is not before these bytes; undefined when there is none. */
export function leastValue(type: ColumnType, bytes: string): Value | undefined {
  if (type.kind === "text") return leastText(unescapeBound(bytes));
  if (type.kind === "bytea") {
    const { raw, strict } = unescapeBound(bytes);
    return new Uint8Array(Buffer.from(strict ? `${raw}\0` : raw, "latin1"));
  }
  const width = partWidth(type) ?? 0;
  const part = bytes.slice(0, width).padEnd(width, "\0");
  switch (type.kind) {
    case "boolean":
      return part <= "\u0001" ? part === "\u0001" : undefined;
    case "real":
    case "double":
      return leastFloat(type, part);
    case "decimal":
      return leastDecimal(type, decodePart(type, part) as Decimal);
    default: {
      const value = decodePart(type, part);
      const limits = limitsOf(type);
      if (limits === undefined) return value;
      return (value as number) > limits.max ? undefined : Math.max(value as number, limits.min);
    }
  }
}

function isValueOf(type: ColumnType, value: Value): boolean {
  const limits = limitsOf(type);
  if (limits !== undefined) return (value as number) >= limits.min && (value as number) <= limits.max;
  if (type.kind === "real") return Object.is(Math.fround(value as number), value);
  if (type.kind === "text") return !(value as string).includes("\0");
  return !(value instanceof Decimal) || value.digits <= (type.precision ?? 38);
}

function limitsOf(type: ColumnType): { readonly min: number; readonly max: number } | undefined {
  switch (type.kind) {
    case "smallint":
    case "integer": {
      const { minimum, maximum } = INTEGER_BOUNDS[type.kind];
      return { min: Number(minimum), max: Number(maximum) };
    }
    case "date":
      return DAYS;
    case "time":
      return TIME_OF_DAY;
    default:
      return undefined;
  }
}

function leastFloat(type: ColumnType, part: string): number | undefined {
  if (part > encodeKey([type], [Number.NaN])) return undefined;
  if (part < encodeKey([type], [Number.NEGATIVE_INFINITY])) return Number.NEGATIVE_INFINITY;
  const value = decodePart(type, part) as number;
  if (type.kind === "double" || Number.isNaN(value)) return value;
  const rounded = Math.fround(value);
  return rounded < value ? nextFloat(rounded) : rounded;
}

/** The 32-bit number after this one. */
function nextFloat(value: number): number {
  const float = new Float32Array([value]);
  const bits = new Int32Array(float.buffer);
  if (value === 0) bits[0] = 1;
  else bits[0] = (bits[0] ?? 0) + (value > 0 ? 1 : -1);
  return float[0] ?? 0;
}

function leastDecimal(type: ColumnType, value: Decimal): Decimal | undefined {
  if (value.digits <= (type.precision ?? 38)) return value;
  return value.unscaled > 0n ? undefined : new Decimal(1n - 10n ** BigInt(type.precision ?? 38), value.scale);
}

/** The bytes that an escaped beginning of a text stands for; `strict` when what is meant lies behind all of them. */
function unescapeBound(bytes: string): { readonly raw: string; readonly strict: boolean } {
  let raw = "";
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes.charAt(at);
    // A terminator: the text itself, whatever follows in the key.
    if (byte === "\0") return { raw, strict: at + 1 < bytes.length };
    if (byte !== ESCAPE) {
      raw += byte;
      continue;
    }
    at += 1;
    const escaped = bytes.charCodeAt(at);
    if (escaped === 1) raw += "\0";
    else if (escaped === 2) raw += ESCAPE;
    else if (escaped > 2) return { raw: `${raw}\u0002`, strict: false };
    else return { raw, strict: true };
  }
  return { raw, strict: false };
}
