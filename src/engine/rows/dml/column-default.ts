import type { ColumnSpec, DefaultFunction } from "../../catalog/definitions.ts";
import type { Frame } from "../../query/expression/index.ts";
import type { ColumnType, Value } from "../../types/column-type.ts";
import { castValue, parseText } from "../../types/index.ts";

/** Computes the value of a column that an INSERT leaves out; called once per row. */
export type DefaultSource = (frame: Frame) => Value;

export function defaultSource(column: ColumnSpec): DefaultSource | undefined {
  const value = column.default;
  if (value === undefined) return undefined;
  if ("constant" in value) {
    const constant = value.constant === null ? null : parseText(value.constant, column.type, column.name);
    return () => constant;
  }
  return functionSource(value.function, column.type, column.name);
}

function functionSource(name: DefaultFunction, type: ColumnType, column: string): DefaultSource {
  const cast = (value: Value, from: ColumnType): Value =>
    from.kind === type.kind ? value : castValue(value, from, type, "assignment", column);
  switch (name) {
    case "NOW":
      return (frame) => cast(frame.now, { kind: "timestamptz" });
    case "SNOWFLAKE_ID":
      return (frame) => cast(frame.runtime.snowflakes.next(), { kind: "bigint" });
    case "UUID_V7":
      return (frame) => cast(frame.runtime.textIds.uuidV7(), { kind: "uuid" });
    case "ULID":
      return (frame) => cast(frame.runtime.textIds.ulid(), { kind: "text" });
    case "CURRENT_USER":
      return (frame) => cast(frame.principal.userId, { kind: "text" });
  }
}
