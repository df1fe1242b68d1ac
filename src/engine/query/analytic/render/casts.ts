import type { TypeCast } from "libpg-query";
import { KalamError } from "../../../../errors/index.ts";
import { quoteText } from "../../../duckdb/constants.ts";
import { duckType } from "../../../duckdb/duck-type.ts";
import type { ResultType } from "../../../types/column-type.ts";
import { postgresTypeName } from "../../../types/type-display.ts";
import { type Bound, constantOf, constantText, isFloat, isNull, isUnknown, TEXT } from "./bound.ts";
import { type Env, positionOf, type Render } from "./env.ts";
import { castType, intervalUnit, isBareNumeric } from "./types.ts";

export function renderCast(cast: TypeCast, env: Env, render: Render): Bound {
  if (cast.arg === undefined || cast.typeName === undefined) throw new KalamError("internal", { reason: "empty cast" });
  const to = castType(cast.typeName);
  const from = render(cast.arg, env);
  const position = positionOf(cast.arg);
  if (to.kind === "interval") return castInterval(from, intervalUnit(cast.typeName), position);
  return castTo(from, to, position, isBareNumeric(cast.typeName, to));
}

/**
 * An explicit cast.
 *
 * @param bare DECIMAL was written without precision: the value keeps its scale.
 */
export function castTo(from: Bound, to: ResultType, position: number, bare = false): Bound {
  const text = constantText(from);
  if (text !== undefined && isUnknown(from)) {
    if (to.kind === "text" && to.length !== undefined)
      return { sql: quoteText([...text].slice(0, to.length).join("")), type: to };
    return { sql: constantOf(text, bare ? { kind: "decimal" } : to, position), type: to };
  }
  if (isNull(from)) return { sql: `CAST(NULL AS ${duckType(to)})`, type: to };
  refuseImpossible(from, to, position);
  if (to.kind === "text") {
    const sql = textOf(from);
    return { sql: to.length === undefined ? sql : `left(${sql}, ${to.length})`, type: to };
  }
  if (from.type?.kind === to.kind && to.kind !== "decimal" && to.kind !== "embedding" && to.kind !== "list") {
    return { sql: from.sql, type: to };
  }
  if (bare) {
    if (from.type?.kind === "decimal") return { sql: from.sql, type: from.type };
    const scale =
      from.type?.kind === "smallint" || from.type?.kind === "integer" || from.type?.kind === "bigint" ? 0 : 10;
    return { sql: `CAST(${from.sql} AS DECIMAL(38, ${scale}))`, type: { kind: "decimal", precision: 38, scale } };
  }
  if (to.kind === "bytea" && from.type?.kind === "text") return { sql: `encode(${from.sql})`, type: to };
  return { sql: `CAST(${from.sql} AS ${duckType(to)})`, type: to };
}

/** PostgreSQL's text form. */
export function textOf(from: Bound): string {
  if (from.type?.kind === "text") return from.sql;
  if (from.type?.kind === "bytea") return `('\\x' || lower(hex(${from.sql})))`;
  if (isFloat(from.type)) return `regexp_replace(CAST(${from.sql} AS VARCHAR), '\\.0$', '')`;
  if (from.type?.kind === "list" || from.type?.kind === "embedding") {
    const [open, close] = from.type.kind === "list" ? ["{", "}"] : ["[", "]"];
    return `('${open}' || array_to_string(${from.sql}, ',') || '${close}')`;
  }
  return `CAST(${from.sql} AS VARCHAR)`;
}

function castInterval(from: Bound, unit: string | undefined, position: number): Bound {
  const text = constantText(from);
  const to: ResultType = { kind: "interval" };
  if (text === undefined) return { sql: `CAST(${from.sql} AS INTERVAL)`, type: to };
  const written = unit !== undefined && /^\s*[+-]?\d+(\.\d+)?\s*$/.test(text) ? `${text.trim()} ${unit}` : text;
  return { sql: constantOf(written, to, position), type: to };
}

const NO_CAST: Readonly<Record<string, ReadonlySet<string>>> = {
  date: new Set(["smallint", "integer", "bigint", "real", "double", "decimal", "boolean", "uuid", "time", "json"]),
  uuid: new Set(["smallint", "integer", "bigint", "real", "double", "decimal", "boolean", "date", "timestamp", "time"]),
  timestamp: new Set(["smallint", "integer", "bigint", "real", "double", "decimal", "boolean", "uuid"]),
  boolean: new Set(["date", "timestamp", "timestamptz", "datetime", "uuid", "time", "bytea"]),
  integer: new Set(["date", "timestamp", "timestamptz", "datetime", "uuid", "time"]),
};

function refuseImpossible(from: Bound, to: ResultType, position: number): void {
  if (from.type === undefined || !NO_CAST[from.type.kind]?.has(to.kind)) return;
  throw new KalamError("cannot_cast", { from: postgresTypeName(from.type), to: postgresTypeName(to) }, { position });
}

/** Makes an operand text, for `||` and text functions that take anything. */
export function asText(from: Bound): Bound {
  return { sql: textOf(from), type: TEXT };
}
