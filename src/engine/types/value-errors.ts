import { type ErrorKey, KalamError } from "../../errors/index.ts";
import type { ResultType } from "./column-type.ts";
import { inputTypeName, postgresTypeName } from "./type-display.ts";

const MAX_SHOWN = 80;

/** The key of the errors about one value that name the value, its type and the column. */
type ValueErrorKey = Extract<
  ErrorKey,
  | "invalid_text"
  | "out_of_range"
  | "string_too_long"
  | "invalid_datetime"
  | "datetime_out_of_range"
  | "numeric_overflow"
>;

/** An error about a value; a long value is cut, and the column is named when it is known. */
export function valueError(
  key: ValueErrorKey,
  value: string,
  type: ResultType,
  column: string | undefined,
  hint?: string,
): KalamError {
  return new KalamError(
    key,
    { value: shorten(value), type: inputTypeName(type), column: columnSuffix(column) },
    hint === undefined ? {} : { hint },
  );
}

/** PostgreSQL's 42804, or 42846 where no column is concerned. */
export function castError(from: string, to: ResultType, column: string | undefined): KalamError {
  const target = postgresTypeName(to);
  if (column === undefined) return new KalamError("cannot_cast", { from, to: target });
  const message = `column "${column}" is of type ${target} but expression is of type ${from}`;
  return new KalamError("datatype_mismatch", { message });
}

export function columnSuffix(column: string | undefined): string {
  return column === undefined ? "" : ` (column '${column}')`;
}

function shorten(value: string): string {
  return value.length <= MAX_SHOWN ? value : `${value.slice(0, MAX_SHOWN)}…`;
}
