import { type ColumnType, Decimal, type Value } from "../types/index.ts";

/** A value in a document of JSON. */
export type JsonValue = null | boolean | number | string;

const WHOLE_TEXT = /^-?\d{1,20}$/;
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
/** Numbers that JSON does not have. */
const ODD_NUMBERS: ReadonlyMap<string, number> = new Map([
  ["NaN", Number.NaN],
  ["Infinity", Number.POSITIVE_INFINITY],
  ["-Infinity", Number.NEGATIVE_INFINITY],
  ["-0", -0],
]);

/**
 * A value of a column as JSON, without loss: what JSON's numbers cannot hold is text, moments are microseconds since 1970, bytes are
 * base64. The type is not said again: it is in the layout.
 */
export function encodeBound(value: Value): JsonValue {
  if (value === null || typeof value === "boolean" || typeof value === "string") return value;
  if (typeof value === "bigint") return value.toString();
  if (typeof value === "number") return Number.isFinite(value) && !Object.is(value, -0) ? value : oddNumber(value);
  if (value instanceof Decimal) return value.toString();
  if (value instanceof Uint8Array) return Buffer.from(value).toString("base64");
  throw new TypeError("a value without an order is no bound");
}

/** Undefined for what is no value of the type. */
export function decodeBound(json: unknown, type: ColumnType): Value | undefined {
  if (json === null) return null;
  switch (type.kind) {
    case "boolean":
      return typeof json === "boolean" ? json : undefined;
    case "smallint":
    case "integer":
    case "date":
    case "time":
      return Number.isSafeInteger(json) ? (json as number) : undefined;
    case "real":
    case "double":
      return typeof json === "number" ? json : typeof json === "string" ? ODD_NUMBERS.get(json) : undefined;
    default:
      return typeof json === "string" ? decodeText(json, type) : undefined;
  }
}

function decodeText(text: string, type: ColumnType): Value | undefined {
  switch (type.kind) {
    case "text":
      return text;
    case "bigint":
    case "timestamp":
    case "timestamptz":
    case "datetime":
      return WHOLE_TEXT.test(text) ? BigInt(text) : undefined;
    case "decimal":
      return Decimal.parse(text);
    case "uuid":
      return UUID.test(text) ? text : undefined;
    case "bytea":
      return BASE64.test(text) ? Uint8Array.from(Buffer.from(text, "base64")) : undefined;
    default:
      return undefined;
  }
}

function oddNumber(value: number): string {
  return Object.is(value, -0) ? "-0" : String(value);
}
