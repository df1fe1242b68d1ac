import type { DataChunk } from "@duckdb/node-bindings";
import type { TableSchema } from "../catalog/table-schema.ts";
import { type ColumnWriter, columnWriter, VECTOR_SIZE, vectorOf } from "../duckdb/vector-writer.ts";
import type { Row } from "../types/column-type.ts";
import type { SegmentKeys } from "./segment-keys.ts";
import { CHUNK_BYTES, type RowBatch, type StagedColumn, stagedColumns } from "./segment-staging.ts";

/** Rows as values of the process on their way into a segment. */
export class ObjectRows {
  readonly #schema: TableSchema;
  readonly #writers: readonly ColumnWriter[];
  readonly #weigh: (row: Row) => number;
  readonly #keys: SegmentKeys;

  constructor(schema: TableSchema, keys: SegmentKeys) {
    const columns = stagedColumns(schema);
    this.#schema = schema;
    this.#keys = keys;
    this.#writers = columns.map(({ type, slot }) => columnWriter(type, slot));
    this.#weigh = weigher(columns);
  }

  batch(rows: readonly Row[]): RowBatch {
    let bytes = 0;
    for (const row of rows) bytes += this.#weigh(row);
    return { count: rows.length, bytes, fill: (chunk, from) => this.#fill(chunk, rows, from) };
  }

  #fill(chunk: DataChunk, rows: readonly Row[], from: number): number {
    let to = from;
    let bytes = 0;
    while (to < rows.length && to - from < VECTOR_SIZE && bytes < CHUNK_BYTES) {
      const row = rows[to] ?? [];
      bytes += this.#weigh(row);
      this.#keys.add(this.#schema.keyOf(row));
      to++;
    }
    const part = from === 0 && to === rows.length ? rows : rows.slice(from, to);
    for (let column = 0; column < this.#writers.length; column++) {
      this.#writers[column]?.(vectorOf(chunk, column), part, part.length);
    }
    return part.length;
  }
}

/** Makes the function that tells about how many bytes the vectors need for a row. */
function weigher(columns: readonly StagedColumn[]): (row: Row) => number {
  let fixed = 0;
  const lengths: number[] = [];
  for (const { type, slot } of columns) {
    if (type.kind === "embedding") fixed += 4 * (type.dimensions ?? 1);
    else if (["text", "json", "file", "bytea"].includes(type.kind)) lengths.push(slot);
    else fixed += 8;
  }
  return (row) => {
    let bytes = fixed;
    for (const slot of lengths) {
      const value = row[slot];
      if (typeof value === "string" || value instanceof Uint8Array) bytes += value.length;
    }
    return bytes;
  };
}
