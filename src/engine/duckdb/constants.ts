import type { ResultType, Value } from "../types/column-type.ts";
import { Decimal } from "../types/decimal.ts";
import { formatText } from "../types/format-text.ts";
import { checkCharacters } from "../types/parse-text.ts";
import { duckType } from "./duck-type.ts";

/** A string constant: DuckDB's plain strings know no escape but the doubled quote. */
export function quoteText(text: string): string {
  return `'${checkCharacters(text, undefined).replaceAll("'", "''")}'`;
}

/** A name as DuckDB reads it, whatever it contains. */
export function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** The first and the last moment that DuckDB reads from a number. */
const FIRST_MICROS = -9_223_372_022_400_000_000n;
const LAST_MICROS = 2n ** 63n - 2n;

/** A value of the process as a constant of its type. */
export function typedConstant(value: Value, type: ResultType): string {
  if (value === null) return `CAST(NULL AS ${duckType(type)})`;
  // Years before Christ have another text form in DuckDB, which takes PostgreSQL's for the year after him.
  if (type.kind === "date") return `(DATE '1970-01-01' + (${Number(value)}))`;
  if (type.kind === "timestamp" || type.kind === "datetime") return moment(value as bigint);
  if (type.kind === "timestamptz") return `CAST(${moment(value as bigint)} AS TIMESTAMPTZ)`;
  if (value instanceof Uint8Array) return `from_hex('${Buffer.from(value).toString("hex")}')`;
  if (value instanceof Decimal) {
    const digits = String(value.unscaled).replace("-", "").length;
    const precision = type.precision ?? Math.max(digits, value.scale, 1);
    return `CAST('${value}' AS DECIMAL(${precision}, ${type.scale ?? value.scale}))`;
  }
  return `CAST(${quoteText(formatText(value, type))} AS ${duckType(type)})`;
}

function moment(micros: bigint): string {
  if (micros > LAST_MICROS) return "CAST('infinity' AS TIMESTAMP)";
  if (micros < FIRST_MICROS) return "CAST('-infinity' AS TIMESTAMP)";
  return `make_timestamp(CAST((${micros}) AS BIGINT))`;
}

/** A pattern that means this path only: DuckDB takes some characters of a path for wildcards. */
export function filePattern(path: string): string {
  return path.replace(/[*?[]/g, "[$&]");
}
