import { typedConstant } from "../duckdb/constants.ts";
import type { KeyRange } from "../query/relation.ts";
import type { ColumnType, Value } from "../types/index.ts";
import { keyBound } from "./key-bounds.ts";

/** A column of the key as text, with its type. */
export interface KeyPart {
  readonly sql: string;
  readonly type: ColumnType;
}

/**
 * The condition that the key lies in the range; undefined when every key does. DuckDB orders values of key types as encoded keys
 * are ordered, so comparing columns means the same, and lets it pass over the row groups that have none of them: the first column
 * is always compared on its own.
 */
export function keyRangeSql(parts: readonly KeyPart[], range: KeyRange): string | undefined {
  const types = parts.map(({ type }) => type);
  const conditions: string[] = [];
  if (range.start !== undefined) {
    const { values, strict } = keyBound(types, range.start);
    if (values.length > 0) conditions.push(comparison(parts, values, ">", !strict));
    else if (strict) return "FALSE";
  }
  if (range.end !== undefined) {
    const { values, strict } = keyBound(types, range.end);
    if (values.length > 0) conditions.push(comparison(parts, values, "<", strict));
    else if (!strict) return "FALSE";
  }
  return conditions.length === 0 ? undefined : conditions.join(" AND ");
}

/** The condition that the key is one of these. */
export function keyInSql(parts: readonly KeyPart[], keys: readonly (readonly Value[])[]): string {
  const [first] = parts;
  if (parts.length === 1 && first !== undefined) {
    const constants = keys.map(([value = null]) => typedConstant(value, first.type));
    return constants.length === 1 ? `${first.sql} = ${constants[0]}` : `${first.sql} IN (${constants.join(", ")})`;
  }
  const wholes = keys.map((values) => {
    const equal = parts.map(({ sql, type }, at) => `${sql} = ${typedConstant(values[at] ?? null, type)}`);
    return `(${equal.join(" AND ")})`;
  });
  return wholes.length === 1 ? (wholes[0] ?? "FALSE") : `(${wholes.join(" OR ")})`;
}

/** Leading columns compared with values one by one, the first that differs decides. */
function comparison(
  parts: readonly KeyPart[],
  values: readonly Value[],
  operator: "<" | ">",
  orEqual: boolean,
  at = 0,
): string {
  const part = parts[at] as KeyPart;
  const constant = typedConstant(values[at] ?? null, part.type);
  if (at === values.length - 1) return `${part.sql} ${operator}${orEqual ? "=" : ""} ${constant}`;
  const rest = comparison(parts, values, operator, orEqual, at + 1);
  return `${part.sql} ${operator}= ${constant} AND (${part.sql} ${operator} ${constant} OR (${rest}))`;
}
