import type { ColumnType } from "../types/column-type.ts";
import type { DefaultValue } from "./definitions.ts";

const BARE = new Set<ColumnType["kind"]>(["smallint", "integer", "bigint", "real", "double", "decimal"]);

/** A default as SQL would write it: `SNOWFLAKE_ID()`, `'x'`, `42`, `TRUE`, `NULL`. */
export function defaultAsSql(value: DefaultValue | undefined, type: ColumnType): string | null {
  if (value === undefined) return null;
  if ("function" in value) return `${value.function}()`;
  if (value.constant === null) return "NULL";
  if (type.kind === "boolean") return value.constant.toUpperCase();
  return BARE.has(type.kind) ? value.constant : `'${value.constant.replaceAll("'", "''")}'`;
}

/** A default as `system.schemas` keeps it in JSON. */
export function defaultAsJson(value: DefaultValue | undefined): unknown {
  if (value === undefined) return "None";
  if ("function" in value) return { FunctionCall: { name: value.function, args: [] } };
  return { Literal: value.constant };
}
