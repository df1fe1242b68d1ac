import type { DuckDBDataChunk, DuckDBResult } from "@duckdb/node-api";
import type { ResultType, Row, Value } from "../../../types/column-type.ts";
import type { ResultColumn } from "../../relation.ts";
import type { BoundColumn } from "../render/env.ts";
import { resultType } from "./result-types.ts";
import { type ValueReader, valueReader } from "./values.ts";

/** The columns of an answer, and how its chunks become rows. */
export interface Answer {
  readonly columns: readonly ResultColumn[];
  rows(chunk: DuckDBDataChunk): Row[];
}

export function answerOf(result: Pick<DuckDBResult, "columnType">, bound: readonly BoundColumn[]): Answer {
  const readers: ValueReader[] = [];
  const columns = bound.map((column, index): ResultColumn => {
    const duck = result.columnType(index);
    const type: ResultType = resultType(duck, column.type);
    readers.push(valueReader(duck, type));
    return column.primaryKey ? { name: column.name, type, primaryKey: true } : { name: column.name, type };
  });
  return { columns, rows: (chunk) => readRows(chunk, readers) };
}

function readRows(chunk: DuckDBDataChunk, readers: readonly ValueReader[]): Row[] {
  const count = chunk.rowCount;
  const rows: Value[][] = Array.from({ length: count }, () => new Array<Value>(readers.length));
  for (let index = 0; index < readers.length; index++) {
    const vector = chunk.getColumnVector(index);
    const read = readers[index];
    for (let at = 0; at < count; at++) {
      const value = vector.getItem(at);
      const row = rows[at];
      if (row !== undefined && read !== undefined) row[index] = value === null ? null : read(value);
    }
  }
  return rows;
}
