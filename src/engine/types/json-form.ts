import type { ResultType, Value } from "./column-type.ts";
import { Decimal } from "./decimal.ts";
import { formatText, isList } from "./format-text.ts";

/** Up to here a loop over the characters beats a regular expression, which in turn beats `JSON.stringify`. */
const SHORT_STRING = 24;
/** Whatever is not sure to stand for itself: quotes, backslashes, control characters and surrogates. */
const NEEDS_ESCAPE = /[^ !#-[\]-\ud7ff\ue000-\uffff]/;

/**
 * Makes the function that writes one value of a type as JSON of the wire.
 *
 * Nothing is lost: BIGINT and DECIMAL are strings (DECIMAL with all digits of its scale), FLOAT and DOUBLE numbers but for
 * `"NaN"`, `"Infinity"` and `"-Infinity"`, DATE is days, TIME and the timestamps are microseconds as whole numbers, BYTES is
 * an array of numbers, JSON and FILE are their text in a string. NULL is `null`.
 *
 * @example jsonEncoder({ kind: "decimal", precision: 4, scale: 2 })(new Decimal(-50n, 2)) // '"-0.50"'
 */
export function jsonEncoder(type: ResultType): (value: Value) => string {
  switch (type.kind) {
    case "boolean":
    case "smallint":
    case "integer":
    case "date":
    case "time":
    case "timestamp":
    case "timestamptz":
    case "datetime":
      return encodePlain;
    case "bigint":
      return encodeBigint;
    case "real":
    case "double":
      return encodeFloat;
    case "uuid":
      return encodeQuoted;
    case "text":
    case "json":
    case "file":
    case "unknown":
    case "interval":
      return (value) =>
        value === null ? "null" : quoteJson(typeof value === "string" ? value : formatText(value, type));
    case "decimal":
      return (value) => (value === null ? "null" : `"${formatText(value, type)}"`);
    case "bytea":
      return (value) => (value instanceof Uint8Array ? `[${value.join(",")}]` : "null");
    case "embedding":
      return (value) => (value instanceof Float32Array ? `[${value.join(",")}]` : "null");
    case "list":
      return listEncoder(type.element ?? { kind: "text" });
  }
}

/** A string as JSON. */
export function quoteJson(text: string): string {
  if (text.length > SHORT_STRING) return NEEDS_ESCAPE.test(text) ? JSON.stringify(text) : `"${text}"`;
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    if (unit < 32 || unit === 34 || unit === 92 || (unit & 0xf800) === 0xd800) return JSON.stringify(text);
  }
  return `"${text}"`;
}

function encodePlain(value: Value): string {
  return value === null ? "null" : String(value);
}

function encodeBigint(value: Value): string {
  return value === null ? "null" : `"${String(value)}"`;
}

function encodeQuoted(value: Value): string {
  return value === null ? "null" : `"${String(value)}"`;
}

function encodeFloat(value: Value): string {
  if (value === null) return "null";
  const number = Number(value);
  if (!Number.isFinite(number)) return `"${String(number)}"`;
  return number === 0 && Object.is(number, -0) ? "-0" : String(number);
}

function listEncoder(element: ResultType): (value: Value) => string {
  const encode = jsonEncoder(element);
  return (value) => {
    if (value === null) return "null";
    if (isList(value)) return `[${value.map(encode).join(",")}]`;
    return value instanceof Decimal ? `"${value.toString()}"` : quoteJson(formatText(value, element));
  };
}
