import type { DuckDBScalarFunction, DuckDBType } from "@duckdb/node-api";
import type { Runtime } from "../../../../runtime/runtime.ts";
import { duckApi } from "../../../duckdb/native.ts";

/** Names of the functions as the renderer writes them; no text of a user can name them. */
export const ID_FUNCTION_NAMES = {
  snowflake_id: "kalam_snowflake_id",
  uuid_v7: "kalam_uuid_v7",
  ulid: "kalam_ulid",
} as const;

/** `SNOWFLAKE_ID()`, `UUID_V7()` and `ULID()` inside DuckDB: a new id for each row, from the same source as everywhere else. */
export function idFunctions({ snowflakes, textIds }: Runtime): readonly (() => DuckDBScalarFunction)[] {
  return [
    () => generator(ID_FUNCTION_NAMES.snowflake_id, duckApi().BIGINT, () => snowflakes.next()),
    () => generator(ID_FUNCTION_NAMES.uuid_v7, duckApi().VARCHAR, () => textIds.uuidV7()),
    () => generator(ID_FUNCTION_NAMES.ulid, duckApi().VARCHAR, () => textIds.ulid()),
  ];
}

/** Volatile: DuckDB would otherwise call it once and use the answer for every row. */
function generator(name: string, returnType: DuckDBType, next: () => bigint | string): DuckDBScalarFunction {
  return duckApi().DuckDBScalarFunction.create({
    name,
    returnType,
    parameterTypes: [],
    volatile: true,
    mainFunction: (_info, input, output) => {
      for (let row = 0; row < input.rowCount; row++) output.setItem(row, next());
      output.flush();
    },
  });
}
