import type { QueryResult } from "../client/index.ts";

/** The same result with some of its columns, in its own order. */
export function withColumns(result: QueryResult, names: readonly string[]): QueryResult {
  const shown = result.schema.filter(({ name }) => names.includes(name));
  return {
    ...result,
    schema: shown.map((column, index) => ({ ...column, index })),
    rows: result.rows.map((row) => shown.map(({ index }) => row[index] ?? null)),
  };
}
