import { KalamError } from "../../errors/index.ts";
import { parseBytes } from "./bytes-text.ts";
import type { ColumnType, Value } from "./column-type.ts";
import { Decimal } from "./decimal.ts";
import { parseEmbedding } from "./embedding-text.ts";
import { parseFloatText, parseInteger } from "./number-text.ts";
import { parseDate, parseTime, parseTimestamp, type TemporalFailure } from "./temporal-text.ts";
import { columnSuffix, valueError } from "./value-errors.ts";

const UUID = /^[0-9a-f]{4}(?:-?[0-9a-f]{4}){7}$/i;
/** Tested first: many times faster than looking for the lone ones. */
const SURROGATE = /[\ud800-\udfff]/;
const LONE_SURROGATE = /\p{Surrogate}/u;
/** A longer text is no DECIMAL, whatever it says. */
const MAX_DECIMAL_TEXT = 1000;

/** Bounds of the integer types. */
export const INTEGER_BOUNDS = {
  smallint: { minimum: -32_768n, maximum: 32_767n },
  integer: { minimum: -2_147_483_648n, maximum: 2_147_483_647n },
  bigint: { minimum: -(2n ** 63n), maximum: 2n ** 63n - 1n },
} as const;

/**
 * A text as PostgreSQL's input function of the type reads it.
 *
 * What differs from PostgreSQL: CHAR(n) is not padded; `datetime` takes a zone in the text into account as `timestamptz` does;
 * `infinity`, `now` and `today` are no dates.
 *
 * @param column named in the error.
 * @throws invalid_text, out_of_range, numeric_overflow, string_too_long, invalid_datetime, datetime_out_of_range,
 * invalid_character, embedding_dimensions
 * @example parseText(" 42 ", { kind: "bigint" }) // 42n
 */
export function parseText(text: string, to: ColumnType, column?: string): Value {
  switch (to.kind) {
    case "text":
      return limitLength(checkCharacters(text, column), to, "assignment", column);
    case "boolean":
      return parseBoolean(text) ?? fail(text, to, column);
    case "smallint":
    case "integer":
    case "bigint": {
      const value = parseInteger(text);
      if (value === "syntax") return fail(text, to, column);
      return value === "range" ? outOfRange(text, to, column) : fitInteger(value, to, column);
    }
    case "real":
    case "double": {
      const value = parseFloatText(text, to.kind === "real");
      if (value === "syntax") return fail(text, to, column);
      return value === "range" ? outOfRange(text, to, column) : value;
    }
    case "decimal": {
      const trimmed = text.trim();
      const value = trimmed.length > MAX_DECIMAL_TEXT ? undefined : Decimal.parse(trimmed);
      return value === undefined ? fail(text, to, column) : fitDecimal(value, to, column);
    }
    case "date":
      return temporal(parseDate(text), text, to, column);
    case "time":
      return temporal(parseTime(text), text, to, column);
    case "timestamp":
      return temporal(parseTimestamp(text, false), text, to, column);
    case "timestamptz":
    case "datetime":
      return temporal(parseTimestamp(text, true), text, to, column);
    case "bytea":
      return parseBytes(text) ?? fail(text, to, column);
    case "uuid":
      return parseUuid(text) ?? fail(text, to, column);
    case "json":
      return parseJson(text) === undefined ? fail(text, to, column) : checkCharacters(text, column);
    case "file": {
      const file = parseJson(text)?.value;
      if (typeof file !== "object" || file === null || Array.isArray(file)) return fail(text, to, column);
      return checkCharacters(text, column);
    }
    case "embedding":
      return parseEmbedding(text, to, column);
  }
}

/** A whole number as a value of an integer type: `bigint` for BIGINT, `number` for the others. */
export function fitInteger(value: bigint, to: ColumnType, column: string | undefined): Value {
  if (to.kind !== "smallint" && to.kind !== "integer" && to.kind !== "bigint") return fail(String(value), to, column);
  const { minimum, maximum } = INTEGER_BOUNDS[to.kind];
  if (value < minimum || value > maximum) return outOfRange(String(value), to, column);
  return to.kind === "bigint" ? value : Number(value);
}

/** Rounds to the scale of the type and checks that the digits before the point fit. */
export function fitDecimal(value: Decimal, to: ColumnType, column: string | undefined): Decimal {
  const precision = to.precision ?? 38;
  const scale = to.scale ?? value.scale;
  const rounded = value.rescale(scale);
  if (rounded.digits <= precision) return rounded;
  const room = precision - scale;
  const hint = `A field with precision ${precision}, scale ${scale} must round to an absolute value less than ${room === 0 ? "1" : `10^${room}`}.`;
  throw valueError("numeric_overflow", value.toString(), to, column, hint);
}

/**
 * VARCHAR(n) counts characters (code points). Spaces at the end that do not fit are cut; anything else is an error on
 * assignment, and cut by an explicit cast.
 */
export function limitLength(
  text: string,
  to: ColumnType,
  mode: "assignment" | "explicit",
  column: string | undefined,
): string {
  const limit = to.length;
  if (limit === undefined || text.length <= limit) return text;
  let units = 0;
  for (let characters = 0; characters < limit && units < text.length; characters++) {
    units += (text.codePointAt(units) ?? 0) > 0xffff ? 2 : 1;
  }
  if (units >= text.length) return text;
  for (let at = units; mode === "assignment" && at < text.length; at++) {
    if (text.charCodeAt(at) !== 32) throw valueError("string_too_long", text, to, column);
  }
  return text.slice(0, units);
}

/** Text must be valid UTF-8 without U+0000, as in PostgreSQL; a lone half of a surrogate pair would be lost on disk. */
export function checkCharacters(text: string, column: string | undefined): string {
  if (text.includes("\0")) throw invalidCharacter("0x00", column);
  const lone = SURROGATE.test(text) ? LONE_SURROGATE.exec(text) : null;
  if (lone !== null) throw invalidCharacter(`U+${lone[0].charCodeAt(0).toString(16).toUpperCase()}`, column);
  return text;
}

function invalidCharacter(bytes: string, column: string | undefined): KalamError {
  return new KalamError("invalid_character", { bytes, column: columnSuffix(column) });
}

/** PostgreSQL takes every unambiguous beginning of true, false, yes, no, on, off. */
function parseBoolean(text: string): boolean | undefined {
  const word = text.trim().toLowerCase();
  if (word === "") return undefined;
  if (word === "1" || word === "on" || "true".startsWith(word) || "yes".startsWith(word)) return true;
  if (word === "0" || "false".startsWith(word) || "no".startsWith(word)) return false;
  return word === "of" || word === "off" ? false : undefined;
}

function parseUuid(text: string): string | undefined {
  const bare = text.startsWith("{") && text.endsWith("}") ? text.slice(1, -1) : text;
  if (!UUID.test(bare)) return undefined;
  const hex = bare.replaceAll("-", "").toLowerCase();
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

function parseJson(text: string): { value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) };
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function temporal(
  value: number | bigint | TemporalFailure,
  text: string,
  to: ColumnType,
  column: string | undefined,
): Value {
  if (value === "syntax") throw valueError("invalid_datetime", text, to, column);
  if (value === "range") throw valueError("datetime_out_of_range", text, to, column);
  return value;
}

function fail(text: string, to: ColumnType, column: string | undefined): never {
  throw valueError("invalid_text", text, to, column);
}

function outOfRange(text: string, to: ColumnType, column: string | undefined): never {
  throw valueError("out_of_range", text, to, column);
}
