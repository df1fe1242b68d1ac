import type { Parameter } from "../request.ts";
import { type Literal, NumberLiteral } from "../sql/statement.ts";
import { daysFromCivil, MICROS_PER_DAY } from "./calendar.ts";
import type { ColumnType, Value } from "./column-type.ts";
import { Decimal } from "./decimal.ts";
import { parseFloatText } from "./number-text.ts";
import { fitDecimal, fitInteger, limitLength, parseText } from "./parse-text.ts";
import { castError, valueError } from "./value-errors.ts";

const INTEGER = /^-?\d+$/;
/** So many characters are never more than 32 bits hold. */
const SHORT_INTEGER = 9;
/** The years that `parseText` takes. */
const MIN_DAYS = daysFromCivil(-290_308, 1, 1);
const MAX_DAYS = daysFromCivil(5_874_897, 12, 31);
/** A literal with more digits or a greater exponent fits no exact type. */
const MAX_NUMBER_TEXT = 1000;

/**
 * A literal of the statement or a parameter of the request as a value of a column, by the rules of INSERT.
 *
 * A string goes through the type's input function. A number goes to every numeric type (rounded where the column is coarser),
 * to text as its digits, and, since clients send back what they read, to the temporal types in the unit of the wire: days for
 * DATE, microseconds for TIME, TIMESTAMP, TIMESTAMPTZ and DATETIME. BOOLEAN takes the numbers 0 and 1, as MySQL and SQLite
 * write booleans. A boolean goes to BOOLEAN, text and JSON.
 *
 * @param column named in the error.
 * @throws what `parseText` throws; datatype_mismatch or cannot_cast
 * @example assignInput(new NumberLiteral("2.5"), { kind: "integer" }) // 3
 */
export function assignInput(input: Literal | Parameter, to: ColumnType, column?: string): Value {
  if (input === null) return null;
  if (typeof input === "string") return parseText(input, to, column);
  if (typeof input === "number") return assignNumber(input, to, column);
  if (typeof input === "bigint") return assignExact(input.toString(), to, column);
  if (input instanceof NumberLiteral) return assignExact(input.text, to, column);
  if (to.kind === "boolean") return input;
  if (to.kind === "text") return limitLength(input ? "true" : "false", to, "assignment", column);
  if (to.kind === "json") return input ? "true" : "false";
  throw castError("boolean", to, column);
}

/** Whole numbers in integer and floating columns, by far the most frequent, without a detour over text. */
function assignNumber(input: number, to: ColumnType, column: string | undefined): Value {
  if (to.kind === "double") return input;
  if (Number.isSafeInteger(input)) {
    if (to.kind === "integer" && (input | 0) === input) return input | 0;
    if (to.kind === "bigint") return BigInt(input);
  }
  return assignExact(String(input), to, column);
}

function assignExact(text: string, to: ColumnType, column: string | undefined): Value {
  switch (to.kind) {
    case "integer":
      if (text.length <= SHORT_INTEGER && INTEGER.test(text)) return Number(text) | 0;
      return fitInteger(wholeNumber(text, to, column), to, column);
    case "smallint":
    case "bigint":
      return fitInteger(wholeNumber(text, to, column), to, column);
    case "real":
    case "double": {
      const value = parseFloatText(text, to.kind === "real");
      if (typeof value === "number") return value;
      throw valueError(value === "range" ? "out_of_range" : "invalid_text", text, to, column);
    }
    case "decimal":
      return fitDecimal(exactNumber(text, to, column), to, column);
    case "text":
      return limitLength(numberText(text), to, "assignment", column);
    case "json":
      return parseText(numberText(text), to, column);
    case "boolean":
      if (text === "0" || text === "1") return text === "1";
      throw castError(INTEGER.test(text) ? "integer" : "numeric", to, column);
    case "date":
      return wireNumber(text, to, MIN_DAYS, MAX_DAYS, column);
    case "time":
      return wireNumber(text, to, 0, MICROS_PER_DAY, column);
    case "timestamp":
    case "timestamptz":
    case "datetime":
      if (!INTEGER.test(text)) throw castError("numeric", to, column);
      return timestampOf(text, to, column);
    default:
      throw castError(INTEGER.test(text) ? "integer" : "numeric", to, column);
  }
}

function wireNumber(
  text: string,
  to: ColumnType,
  minimum: number,
  maximum: number,
  column: string | undefined,
): number {
  if (!INTEGER.test(text)) throw castError("numeric", to, column);
  const value = Number(text);
  if (value < minimum || value > maximum) throw valueError("datetime_out_of_range", text, to, column);
  return value;
}

function timestampOf(text: string, to: ColumnType, column: string | undefined): bigint {
  const micros = text.length > 20 ? undefined : BigInt(text);
  if (micros === undefined || BigInt.asIntN(64, micros) !== micros) {
    throw valueError("datetime_out_of_range", text, to, column);
  }
  return micros;
}

function wholeNumber(text: string, to: ColumnType, column: string | undefined): bigint {
  if (INTEGER.test(text) && text.length <= 20) return BigInt(text);
  return exactNumber(text, to, column, "out_of_range").toBigInt();
}

function exactNumber(
  text: string,
  to: ColumnType,
  column: string | undefined,
  tooLong: "out_of_range" | "numeric_overflow" = "numeric_overflow",
): Decimal {
  if (text.length > MAX_NUMBER_TEXT) throw valueError(tooLong, text, to, column);
  const value = Decimal.parse(text);
  if (value === undefined) throw valueError("invalid_text", text, to, column);
  return value;
}

/** PostgreSQL's text of a numeric literal: `007` is 7, `1.50` stays, `1e3` is 1000. */
function numberText(text: string): string {
  if (/^-?(?:0|[1-9]\d*)(?:\.\d+)?$/.test(text) || text.length > MAX_NUMBER_TEXT) return text;
  const exponent = /e[+-]?(\d+)$/i.exec(text);
  if (exponent !== null && Number(exponent[1]) > 30) return text;
  return Decimal.parse(text)?.toString() ?? text;
}
