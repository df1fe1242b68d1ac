import type { DuckDBConnection } from "@duckdb/node-api";
import { duckType } from "../../../duckdb/duck-type.ts";
import { duckApi } from "../../../duckdb/native.ts";
import { vectorType } from "../../../duckdb/vector-types.ts";
import { columnWriter, VECTOR_SIZE, vectorOf } from "../../../duckdb/vector-writer.ts";
import type { Row } from "../../../types/column-type.ts";
import { type Scan, stagingTable } from "../render/scans.ts";
import { usedColumns } from "./scan-function.ts";

/**
 * Copies a relation that has to be waited for into a temporary table of the connection, chunk by chunk as it arrives. The table
 * counts towards DuckDB's memory limit, and spills where spilling is allowed.
 */
export async function stage(scan: Scan, connection: DuckDBConnection, check: () => void): Promise<void> {
  if (scan.waiting === undefined) return;
  const columns = usedColumns(scan);
  const definitions = columns.map((column) => `"${column.name}" ${duckType(column.column.type)}`);
  const table = stagingTable(scan.token);
  await connection.run(
    `CREATE TEMPORARY TABLE ${table} (${definitions.length === 0 ? '"k_row" BOOLEAN' : definitions.join(", ")})`,
  );
  const appender = await connection.createAppender(table.slice(1, -1), "main", "temp");
  const types = columns.length === 0 ? [] : columns.map((column) => vectorType(column.column.type));
  const writers = columns.map((column) => columnWriter(column.column.type, column.column.slot));
  try {
    for await (const rows of scan.waiting) {
      check();
      for (let from = 0; from < rows.length; from += VECTOR_SIZE) append(rows.slice(from, from + VECTOR_SIZE));
    }
  } finally {
    appender.closeSync();
  }

  function append(rows: readonly Row[]): void {
    if (types.length === 0) {
      for (let count = 0; count < rows.length; count++) {
        appender.appendNull();
        appender.endRow();
      }
      return;
    }
    const chunk = duckApi().DuckDBDataChunk.create(types, rows.length);
    writers.forEach((write, index) => {
      write(vectorOf(chunk.chunk, index), rows, rows.length);
    });
    appender.appendDataChunk(chunk);
  }
}

export async function unstage(scan: Scan, connection: DuckDBConnection): Promise<void> {
  if (scan.waiting !== undefined) await connection.run(`DROP TABLE IF EXISTS temp.main.${stagingTable(scan.token)}`);
}
