import { KalamError } from "../../../../errors/index.ts";
import { quoteText } from "../../../duckdb/constants.ts";
import type { Parameter } from "../../../request.ts";
import { type Literal, NumberLiteral } from "../../../sql/statement.ts";
import type { ResultType } from "../../../types/column-type.ts";

const NUMBER = /^(?:(\d+)|(?:\d+\.\d*|\.\d+|\d+)(?:e[+-]?\d+)?)$/i;
const RADIX = /^0(?:x[\da-f_]+|o[0-7_]+|b[01_]+)$/i;
const INT32 = 2n ** 31n;
const INT64 = 2n ** 63n;
const INT128 = 2n ** 127n;

/** An input as a constant, with PostgreSQL's type for it. */
export function constant(value: Literal | Parameter): { sql: string; type: ResultType } {
  if (value === null) return { sql: "NULL", type: { kind: "unknown" } };
  if (typeof value === "boolean") return { sql: value ? "TRUE" : "FALSE", type: { kind: "boolean" } };
  if (typeof value === "string") return { sql: quoteText(value), type: { kind: "unknown" } };
  if (typeof value === "bigint") return whole(value);
  if (value instanceof NumberLiteral) return number(value.text);
  if (!Number.isFinite(value)) throw new KalamError("invalid_input", { reason: `${value} is no number of SQL` });
  if (Number.isInteger(value)) return whole(BigInt(value));
  return number(String(value));
}

/** A number as PostgreSQL's scanner reads it: integer, bigint or numeric. */
export function number(text: string): { sql: string; type: ResultType } {
  if (/^-\d+$/.test(text)) return whole(BigInt(text));
  if (text.startsWith("-")) return negative(number(text.slice(1).trimStart()));
  const plain = text.replaceAll("_", "");
  if (RADIX.test(text)) return whole(BigInt(plain));
  const match = NUMBER.exec(plain);
  if (match === null) throw new KalamError("invalid_text", { type: "numeric", value: text });
  if (match[1] !== undefined) return whole(BigInt(match[1]));
  if (/e/i.test(plain) && !Number.isFinite(Number(plain))) throw tooWide(text);
  if (/e/i.test(plain)) return { sql: `CAST(${plain} AS DOUBLE)`, type: { kind: "double" } };
  const [integral = "", fraction = ""] = plain.split(".");
  const digits = integral.replace(/^0+/, "").length + fraction.length;
  if (digits > 38) throw tooWide(text);
  const precision = Math.max(digits, fraction.length, 1);
  return {
    sql: `CAST('${plain}' AS DECIMAL(${precision}, ${fraction.length}))`,
    type: { kind: "decimal", precision, scale: fraction.length },
  };
}

function whole(value: bigint): { sql: string; type: ResultType } {
  const sql = value < 0n ? `(${value})` : String(value);
  if (value >= -INT32 && value < INT32) return { sql: `CAST(${sql} AS INTEGER)`, type: { kind: "integer" } };
  if (value >= -INT64 && value < INT64) return { sql: `CAST(${sql} AS BIGINT)`, type: { kind: "bigint" } };
  if (value >= -INT128 && value < INT128) {
    return { sql: `CAST(${sql} AS HUGEINT)`, type: { kind: "decimal", precision: 38, scale: 0 } };
  }
  throw tooWide(String(value));
}

/** PostgreSQL's numeric goes on; ours has 38 digits, and a number is refused rather than rounded. */
function tooWide(value: string): KalamError {
  return new KalamError("out_of_range", { type: "numeric", value: value.slice(0, 100), column: "" });
}

function negative(of: { sql: string; type: ResultType }): { sql: string; type: ResultType } {
  return { sql: `(- ${of.sql})`, type: of.type };
}
