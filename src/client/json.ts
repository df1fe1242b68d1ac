import type { Cell, SchemaField, WireResult } from "./results.ts";

const DIGITS_THAT_MAY_BE_TOO_MANY = /[[:,\s]-?\d{16,}[\],}\s]/;
const STRING_OR_NUMBER = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;
const INTEGER = /^-?\d+$/;

/** JSON.parse that loses no digit: whole numbers beyond 2^53 become strings. */
export function parseJson(text: string): unknown {
  if (!DIGITS_THAT_MAY_BE_TOO_MANY.test(text)) return JSON.parse(text);
  return JSON.parse(text.replace(STRING_OR_NUMBER, quoteUnsafe));
}

function quoteUnsafe(token: string): string {
  return INTEGER.test(token) && !Number.isSafeInteger(Number(token)) ? `"${token}"` : token;
}

/** Rows of one result; a DOUBLE that was written as a long whole number is a number again. */
export function parseRows(text: string, schema: readonly SchemaField[]): Cell[][] {
  const rows = parseJson(text) as Cell[][];
  if (DIGITS_THAT_MAY_BE_TOO_MANY.test(text)) restoreDoubles(rows, schema);
  return rows;
}

export function parseResponse(text: string): unknown {
  const body = parseJson(text);
  if (isRecord(body) && Array.isArray(body.results) && DIGITS_THAT_MAY_BE_TOO_MANY.test(text)) {
    for (const result of body.results as WireResult[]) {
      if (result.rows !== undefined) restoreDoubles(result.rows as Cell[][], result.schema ?? []);
    }
  }
  return body;
}

function restoreDoubles(rows: readonly Cell[][], schema: readonly SchemaField[]): void {
  for (const [index, field] of schema.entries()) {
    if (field.data_type !== "Double" && field.data_type !== "Float") continue;
    for (const row of rows) if (typeof row[index] === "string") row[index] = Number(row[index]);
  }
}

/** JSON.stringify that writes a `bigint` as the number it is. */
export function writeJson(value: unknown): string {
  if (typeof value === "bigint") return value.toString();
  if (Array.isArray(value)) return `[${value.map(writeJson).join(",")}]`;
  if (!isRecord(value)) return JSON.stringify(value) ?? "null";
  const fields = Object.entries(value).filter(([, field]) => field !== undefined);
  return `{${fields.map(([name, field]) => `${JSON.stringify(name)}:${writeJson(field)}`).join(",")}}`;
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
