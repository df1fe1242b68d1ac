import { formatBytes } from "./bytes-text.ts";
import type { ResultType, Value } from "./column-type.ts";
import { formatFloat } from "./number-text.ts";
import { formatDate, formatTime, formatTimestamp } from "./temporal-text.ts";

/**
 * A value as PostgreSQL's `::text` writes it. The value must not be null.
 *
 * @example formatText(0n, { kind: "timestamptz" }) // "1970-01-01 00:00:00+00"
 */
export function formatText(value: Value, type: ResultType): string {
  if (typeof value === "string") return value;
  if (typeof value === "number") return formatNumber(value, type);
  if (typeof value === "bigint") {
    if (type.kind === "timestamp" || type.kind === "datetime") return formatTimestamp(value, false);
    return type.kind === "timestamptz" ? formatTimestamp(value, true) : value.toString();
  }
  if (typeof value === "boolean") return value ? "true" : "false";
  if (value === null) return "";
  if (value instanceof Uint8Array) return formatBytes(value);
  if (value instanceof Float32Array) return `[${Array.from(value, (number) => formatFloat(number, true)).join(",")}]`;
  if (isList(value)) return formatList(value, type.element ?? { kind: "text" });
  return (type.scale === undefined ? value : value.rescale(type.scale)).toString();
}

function formatNumber(value: number, type: ResultType): string {
  switch (type.kind) {
    case "real":
      return formatFloat(value, true);
    case "double":
      return formatFloat(value, false);
    case "date":
      return formatDate(value);
    case "time":
      return formatTime(value);
    default:
      return String(value);
  }
}

/** PostgreSQL's array form: `{1,2,NULL,"a b"}`. */
function formatList(values: readonly Value[], element: ResultType): string {
  const parts = values.map((value) => {
    if (value === null) return "NULL";
    if (typeof value === "boolean") return value ? "t" : "f";
    const text = formatText(value, element);
    if (Array.isArray(value)) return text;
    const quote = text === "" || /^null$/i.test(text) || /[\s{},"\\]/.test(text);
    return quote ? `"${text.replace(/["\\]/g, "\\$&")}"` : text;
  });
  return `{${parts.join(",")}}`;
}

export function isList(value: Value): value is readonly Value[] {
  return Array.isArray(value);
}
