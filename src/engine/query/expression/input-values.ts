import { KalamError } from "../../../errors/index.ts";
import type { Parameter } from "../../request.ts";
import { type Literal, NumberLiteral } from "../../sql/statement.ts";
import type { ColumnType, ResultType, Value } from "../../types/column-type.ts";
import { powerOfTen } from "../../types/decimal.ts";
import { assignInput, Decimal } from "../../types/index.ts";
import { intervalMicros } from "./interval-text.ts";
import { NotSimple } from "./not-simple.ts";

/**
 * What a place does with an input.
 *
 * - `value`: it becomes a value of the type, under the rules of INSERT.
 * - `comparison`: it is compared with values of the type. A number that the type cannot hold keeps its place on the number
 *   line, so that `id < 2.5` is right for whole ids: beside `bigint` it may be a (non-whole) `number` or a `bigint` beyond 64
 *   bits, beside `integer` a `number` of any size.
 * - `natural`: a literal that has the type by being written so; one that is too large for it asks for another plan.
 */
export type InputUsage = "value" | "comparison" | "natural";

const INT4_MAX = 2_147_483_647;
const INT4_LIMIT = 2_147_483_648n;

export function convertInput(input: Literal | Parameter, type: ResultType, usage: InputUsage): Value {
  if (input === null) return null;
  switch (type.kind) {
    case "interval":
      return intervalMicros(textOf(input));
    case "unknown":
    case "list":
      throw new NotSimple(`an input of type ${type.kind}`);
    case "smallint":
    case "integer":
    case "bigint":
      if (usage === "natural") return naturalInteger(input, type.kind);
      if (usage === "comparison" && isNumeric(input)) return besideInteger(input, type.kind === "bigint");
      break;
    case "real":
    case "double":
      if (usage === "comparison" && input instanceof NumberLiteral) return Number(input.text);
      break;
    case "decimal":
      if (usage === "comparison" || type.scale === undefined) return exactDecimal(input);
      break;
    default:
  }
  return assignInput(input, type as ColumnType);
}

/** A literal number with a minus before it; undefined for what is no number or has one already. */
export function negative(input: Literal | Parameter): NumberLiteral | undefined {
  if (!(input instanceof NumberLiteral) || input.text.startsWith("-")) return undefined;
  return new NumberLiteral(`-${input.text}`);
}

function textOf(input: Exclude<Literal | Parameter, null>): string {
  return input instanceof NumberLiteral ? input.text : String(input);
}

function isNumeric(input: Literal | Parameter): input is NumberLiteral | number | bigint {
  return input instanceof NumberLiteral || typeof input === "number" || typeof input === "bigint";
}

function naturalInteger(input: Exclude<Literal | Parameter, null>, kind: "smallint" | "integer" | "bigint"): Value {
  const text = textOf(input);
  if (kind === "bigint") {
    const value = BigInt(text);
    if (BigInt.asIntN(64, value) !== value) throw new NotSimple("an integer beyond 64 bits");
    // Behind its sign the literal needed 64 bits, with it 32 are enough: another type, so another plan.
    if (value === -INT4_LIMIT) throw new NotSimple("the least 32-bit integer");
    return value;
  }
  const value = Number(text);
  if (value > INT4_MAX || value < -INT4_MAX - 1) throw new NotSimple("an integer beyond 32 bits");
  return value;
}

/** A number beside whole ones: itself, or anything between its two neighbours. */
function besideInteger(input: NumberLiteral | number | bigint, big: boolean): Value {
  if (typeof input === "bigint") return big ? input : Number(input);
  if (typeof input === "number") return big && Number.isInteger(input) ? BigInt(input) : input;
  if (/^-?\d{1,18}$/.test(input.text)) return big ? BigInt(input.text) : Number(input.text);
  const exact = readDecimal(input.text);
  if (exact === undefined) throw invalidNumber("numeric", input.text);
  const divisor = powerOfTen(exact.scale);
  const rest = exact.unscaled % divisor;
  const floor = exact.unscaled / divisor - (rest < 0n ? 1n : 0n);
  if (rest === 0n) return big ? floor : Number(floor);
  if (floor > 2n ** 50n || floor < -(2n ** 50n)) throw new NotSimple("a fraction beyond 50 bits");
  return Number(floor) + 0.5;
}

function exactDecimal(input: Exclude<Literal | Parameter, null>): Value {
  const text = textOf(input);
  const exact = typeof input === "boolean" ? undefined : readDecimal(text);
  if (exact !== undefined) return exact;
  if (/^\s*[+-]?(nan|inf|infinity)\s*$/i.test(text)) throw new NotSimple("a number that is not finite");
  throw invalidNumber("numeric", text);
}

/** The longest number that is worked with here; PostgreSQL's numeric goes further. */
const MAX_DIGITS = 100;

function readDecimal(text: string): Decimal | undefined {
  if (text.length > MAX_DIGITS || /e[+-]?\d{3}/i.test(text)) throw new NotSimple("a number of very many digits");
  return Decimal.parse(text.trim(), 2 * MAX_DIGITS);
}

function invalidNumber(type: string, value: string): KalamError {
  return new KalamError("invalid_text", { type, value });
}
