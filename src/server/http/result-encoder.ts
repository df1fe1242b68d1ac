import type { ResultColumn } from "../../engine/query/relation.ts";
import type { StatementResult } from "../../engine/request.ts";
import { jsonEncoder, quoteJson, type Row, type Value, wireType } from "../../engine/types/index.ts";
import type { SchemaField } from "../../protocol/sql.ts";

interface ColumnsEncoder {
  /** `"schema":[…],"rows":[` */
  readonly head: string;
  readonly values: readonly ((value: Value) => string)[];
}

/** Plans hand out the same array of columns every time, so what can be made from it is made once. */
const encoders = new WeakMap<readonly ResultColumn[], ColumnsEncoder>();

export function encoderOf(columns: readonly ResultColumn[]): ColumnsEncoder {
  let encoder = encoders.get(columns);
  if (encoder === undefined) {
    encoder = {
      head: `"schema":${JSON.stringify(columns.map(schemaField))},"rows":[`,
      values: columns.map((column) => jsonEncoder(column.type)),
    };
    encoders.set(columns, encoder);
  }
  return encoder;
}

/** Rows as JSON arrays with commas in between; a comma in front unless they are the `first`. */
export function encodeRows(encoder: ColumnsEncoder, rows: readonly Row[], first: boolean): string {
  const { values } = encoder;
  let out = "";
  for (let r = 0; r < rows.length; r++) {
    const row = rows[r] as Row;
    out += first && r === 0 ? "[" : ",[";
    for (let i = 0; i < values.length; i++) {
      const encode = values[i] as (value: Value) => string;
      out += i === 0 ? encode(row[i] ?? null) : `,${encode(row[i] ?? null)}`;
    }
    out += "]";
  }
  return out;
}

/** What comes behind the rows of a result. */
export function encodeTail(result: StatementResult, rowCount: number): string {
  const message = result.message === undefined ? "" : `,"message":${quoteJson(result.message)}`;
  return `],"row_count":${rowCount}${message},"as_user":${quoteJson(result.asUser)}}`;
}

/** One result whose rows are all there. */
export function encodeResult(result: StatementResult, rows: readonly Row[]): string {
  if (result.columns === undefined) {
    const message = result.message === undefined ? "" : `,"message":${quoteJson(result.message)}`;
    return `{"row_count":${result.rowCount ?? 0}${message},"as_user":${quoteJson(result.asUser)}}`;
  }
  const encoder = encoderOf(result.columns);
  const rowCount = result.message === undefined ? rows.length : (result.rowCount ?? rows.length);
  return `{${encoder.head}${encodeRows(encoder, rows, true)}${encodeTail(result, rowCount)}`;
}

/** Milliseconds with three decimals, and never 0: whatever ran took time. */
export function formatTook(millis: number): string {
  return millis < 0.001 ? "0.001" : millis.toFixed(3);
}

/** A column as `schema` has it. */
export function schemaField(column: ResultColumn, index: number): SchemaField {
  const field = { name: column.name, data_type: wireType(column.type), index };
  if (column.primaryKey === true) return { ...field, flags: ["pk", "nn", "uq"] };
  return column.notNull === true ? { ...field, flags: ["nn"] } : field;
}
