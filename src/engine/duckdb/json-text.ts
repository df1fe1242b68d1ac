import type { DuckDBValue } from "@duckdb/node-api";
import { duckApi } from "./native.ts";

/** A structured value as JSON text. */
export function jsonText(value: DuckDBValue): string {
  const { DuckDBArrayValue, DuckDBListValue, DuckDBMapValue, DuckDBStructValue, DuckDBUnionValue } = duckApi();
  if (value === null) return "null";
  if (typeof value === "number") return Number.isFinite(value) ? String(value) : "null";
  if (typeof value === "boolean" || typeof value === "bigint") return String(value);
  if (value instanceof DuckDBListValue || value instanceof DuckDBArrayValue) {
    return `[${value.items.map(jsonText).join(",")}]`;
  }
  if (value instanceof DuckDBStructValue) {
    const fields = Object.entries(value.entries).map(([name, field]) => `${JSON.stringify(name)}:${jsonText(field)}`);
    return `{${fields.join(",")}}`;
  }
  if (value instanceof DuckDBMapValue) {
    const fields = value.entries.map((entry) => `${JSON.stringify(String(entry.key))}:${jsonText(entry.value)}`);
    return `{${fields.join(",")}}`;
  }
  if (value instanceof DuckDBUnionValue) return jsonText(value.value);
  return JSON.stringify(String(value));
}
