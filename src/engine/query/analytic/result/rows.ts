import type { DuckDBDataChunk, DuckDBResult } from "@duckdb/node-api";
import { type ColumnReader, columnReader } from "../../../duckdb/column-reader.ts";
import type { ResultType, Row, Value } from "../../../types/column-type.ts";
import type { ResultColumn } from "../../relation.ts";
import type { BoundColumn } from "../render/env.ts";
import { resultType } from "./result-types.ts";

/** The columns of an answer, and how its chunks become rows. */
export interface Answer {
  readonly columns: readonly ResultColumn[];
  rows(chunk: DuckDBDataChunk): Row[];
}

export function answerOf(result: Pick<DuckDBResult, "columnType">, bound: readonly BoundColumn[]): Answer {
  const readers: ColumnReader[] = [];
  const columns = bound.map((column, index): ResultColumn => {
    const duck = result.columnType(index);
    const type: ResultType = resultType(duck, column.type);
    readers.push(columnReader(duck, type));
    return column.primaryKey ? { name: column.name, type, primaryKey: true } : { name: column.name, type };
  });
  return { columns, rows: (chunk) => readRows(chunk, readers) };
}

function readRows(chunk: DuckDBDataChunk, readers: readonly ColumnReader[]): Row[] {
  const count = chunk.rowCount;
  const rows: Value[][] = Array.from({ length: count }, () => new Array<Value>(readers.length));
  for (const [index, read] of readers.entries()) {
    const values = read(chunk, index, count);
    for (let at = 0; at < count; at++) {
      const row = rows[at];
      if (row !== undefined) row[index] = values[at] ?? null;
    }
  }
  return rows;
}
