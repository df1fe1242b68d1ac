import { joinTimestamp, splitTimestamp } from "./calendar.ts";
import type { ColumnType, ResultKind, ResultType, Value } from "./column-type.ts";
import { Decimal } from "./decimal.ts";
import { checkDimensions, embeddingOf } from "./embedding-text.ts";
import { formatText, isList } from "./format-text.ts";
import { parseFloatText, roundHalfEven } from "./number-text.ts";
import { fitDecimal, fitInteger, limitLength, parseText } from "./parse-text.ts";
import { postgresTypeName } from "./type-display.ts";
import { castError, valueError } from "./value-errors.ts";

export type CastMode = "assignment" | "explicit";

/**
 * A value of one type as a value of another, by PostgreSQL's casts.
 *
 * Whatever has a text form casts to text, and a text to whatever has an input function: in both modes, since clients of the
 * reference rely on INSERT … SELECT doing so. `datetime` and `timestamptz` stand for the same moment; `timestamp` is taken as
 * UTC. Between booleans and integers only an explicit cast goes.
 *
 * @param mode an assignment refuses text that is too long for VARCHAR(n), an explicit cast cuts it.
 * @throws what `parseText` throws; cannot_cast, or datatype_mismatch when a column is named
 * @example castValue(2.5, { kind: "double" }, { kind: "integer" }, "explicit") // 2
 */
export function castValue(value: Value, from: ResultType, to: ResultType, mode: CastMode, column?: string): Value {
  if (value === null) return null;
  switch (to.kind) {
    case "text":
      return limitLength(formatText(value, from), to as ColumnType, mode, column);
    case "unknown":
    case "interval":
      return typeof value === "string" || to.kind === "unknown" ? formatText(value, from) : refuse(from, to, column);
    case "list":
      return castList(value, from, to, mode, column);
  }
  const target = to as ColumnType;
  if (from.kind === "text" || from.kind === "unknown") return parseText(String(value), target, column);
  switch (target.kind) {
    case "smallint":
    case "integer":
    case "bigint":
      return toInteger(value, from, target, mode, column);
    case "real":
    case "double":
      return toFloat(value, from, target, column);
    case "decimal":
      return toDecimal(value, from, target, column);
    case "boolean":
      if (from.kind === "boolean") return value;
      return isInteger(from.kind) && mode === "explicit" ? Number(value) !== 0 : refuse(from, to, column);
    case "date":
    case "time":
    case "timestamp":
    case "timestamptz":
    case "datetime":
      return toTemporal(value, from, target, column);
    case "embedding":
      return toEmbedding(value, from, target, column);
    case "json":
    case "file":
      return toDocument(value, from, target, column);
    default:
      return from.kind === target.kind ? value : refuse(from, to, column);
  }
}

function toInteger(value: Value, from: ResultType, to: ColumnType, mode: CastMode, column: string | undefined): Value {
  if (typeof value === "bigint" && from.kind === "bigint") return fitInteger(value, to, column);
  if (typeof value === "number" && (from.kind === "smallint" || from.kind === "integer")) {
    return to.kind === "bigint" ? BigInt(value) : fitInteger(BigInt(value), to, column);
  }
  if (typeof value === "number" && isFloat(from.kind)) {
    if (!Number.isFinite(value)) throw valueError("out_of_range", formatText(value, from), to, column);
    return fitInteger(BigInt(roundHalfEven(value)), to, column);
  }
  if (value instanceof Decimal) return fitInteger(value.toBigInt(), to, column);
  if (typeof value === "boolean" && mode === "explicit") return fitInteger(value ? 1n : 0n, to, column);
  return refuse(from, to, column);
}

function toFloat(value: Value, from: ResultType, to: ColumnType, column: string | undefined): Value {
  if (!isNumeric(from.kind)) return refuse(from, to, column);
  if (value instanceof Decimal) {
    const number = parseFloatText(value.toString(), to.kind === "real");
    if (typeof number === "number") return number;
    throw valueError("out_of_range", value.toString(), to, column);
  }
  const number = Number(value);
  if (to.kind === "double") return number;
  const single = Math.fround(number);
  if (Number.isFinite(number) && (!Number.isFinite(single) || (single === 0 && number !== 0))) {
    throw valueError("out_of_range", formatText(value, from), to, column);
  }
  return single;
}

function toDecimal(value: Value, from: ResultType, to: ColumnType, column: string | undefined): Value {
  if (value instanceof Decimal) return fitDecimal(value, to, column);
  if (typeof value === "bigint" && from.kind === "bigint") return fitDecimal(new Decimal(value, 0), to, column);
  if (typeof value !== "number" || !isNumeric(from.kind)) return refuse(from, to, column);
  if (!isFloat(from.kind)) return fitDecimal(new Decimal(BigInt(value), 0), to, column);
  // PostgreSQL takes the digits that the type is sure of: 15 of a double, 6 of a real.
  const exact = Number.isFinite(value) ? Decimal.parse(value.toPrecision(from.kind === "real" ? 6 : 15)) : undefined;
  if (exact === undefined) throw valueError("out_of_range", formatText(value, from), to, column);
  return fitDecimal(to.scale === undefined ? trimZeros(exact) : exact, to, column);
}

function toTemporal(value: Value, from: ResultType, to: ColumnType, column: string | undefined): Value {
  if (from.kind === to.kind) return value;
  if (typeof value === "number" && from.kind === "date" && isTimestamp(to.kind)) {
    const micros = joinTimestamp(value, 0);
    if (BigInt.asIntN(64, micros) === micros) return micros;
    throw valueError("datetime_out_of_range", formatText(value, from), to, column);
  }
  if (typeof value !== "bigint" || !isTimestamp(from.kind)) return refuse(from, to, column);
  if (isTimestamp(to.kind)) return value;
  const { days, timeOfDay } = splitTimestamp(value);
  return to.kind === "date" ? days : timeOfDay;
}

function toEmbedding(value: Value, from: ResultType, to: ColumnType, column: string | undefined): Value {
  if (value instanceof Float32Array) {
    checkDimensions(value.length, to, column);
    return value;
  }
  if (from.kind === "json") return parseText(String(value), to, column);
  if (!isList(value) || from.element === undefined || !isNumeric(from.element.kind)) return refuse(from, to, column);
  const numbers = value.map((item) =>
    item instanceof Decimal ? item.toNumber() : item === null ? null : Number(item),
  );
  return embeddingOf(numbers, to, column, formatText(value, from));
}

function toDocument(value: Value, from: ResultType, to: ColumnType, column: string | undefined): Value {
  if (from.kind === to.kind || from.kind === "file") return value;
  if (from.kind === "json") return parseText(String(value), to, column);
  if (from.kind === "embedding" && to.kind === "json") return formatText(value, from);
  return refuse(from, to, column);
}

function castList(value: Value, from: ResultType, to: ResultType, mode: CastMode, column: string | undefined): Value {
  if (value instanceof Float32Array) return castList(Array.from(value), REALS, to, mode, column);
  const [source, target] = [from.element, to.element];
  if (!isList(value) || source === undefined) return refuse(from, to, column);
  return target === undefined ? value : value.map((item) => castValue(item, source, target, mode, column));
}

const REALS: ResultType = { kind: "list", element: { kind: "real" } };

function trimZeros(value: Decimal): Decimal {
  let { unscaled, scale } = value;
  while (scale > 0 && unscaled % 10n === 0n) {
    unscaled /= 10n;
    scale -= 1;
  }
  return new Decimal(unscaled, scale);
}

/** Whether a timestamp kind: days and microseconds since 1970, with or without a zone. */
function isTimestamp(kind: ResultKind): boolean {
  return kind === "timestamp" || kind === "timestamptz" || kind === "datetime";
}

function isInteger(kind: ResultKind): boolean {
  return kind === "smallint" || kind === "integer" || kind === "bigint";
}

function isFloat(kind: ResultKind): boolean {
  return kind === "real" || kind === "double";
}

function isNumeric(kind: ResultKind): boolean {
  return isInteger(kind) || isFloat(kind) || kind === "decimal";
}

function refuse(from: ResultType, to: ResultType, column: string | undefined): never {
  throw castError(postgresTypeName(from), to, column);
}
