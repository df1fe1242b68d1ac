import type { DuckDBConnection } from "@duckdb/node-api";
import { KalamError } from "../../errors/index.ts";
import { type ColumnReader, columnReader } from "../duckdb/column-reader.ts";
import type { DuckHost } from "../duckdb/host.ts";
import type { ColumnType, Row, Value } from "../types/column-type.ts";
import { readParquet } from "./parquet-files.ts";
import type { ReadableSegment } from "./readable-segment.ts";
import { isOutOfMemory, namedSegment, unreadableSegment } from "./segment-errors.ts";

/** A statement over segments, and where the columns of its answer go in our rows. */
export interface SegmentQuery {
  readonly sql: string;
  /** The segments that it reads. */
  readonly segments: readonly ReadableSegment[];
  readonly outputs: readonly { readonly slot: number; readonly type: ColumnType }[];
  /** Slots of a row; those without an output are NULL. */
  readonly slotCount: number;
}

/** Runs statements over segments: counts the files that they open, and names the file that one could not read. */
export class SegmentQueries {
  readonly #duck: DuckHost;
  filesOpened = 0;

  constructor(duck: DuckHost) {
    this.#duck = duck;
  }

  /** Rows in the order of the statement, in chunks as DuckDB gives them. The connection is back when they are here. */
  async read(
    query: SegmentQuery,
    signal: AbortSignal | undefined,
    prepare: (connection: DuckDBConnection) => Promise<void> = async () => undefined,
  ): Promise<Row[][]> {
    try {
      return await this.#duck.use(signal, async (connection, deadline) => {
        await prepare(connection);
        deadline.check();
        this.filesOpened += query.segments.length;
        const result = await connection.stream(query.sql);
        const readers = query.outputs.map(({ type }, index) => columnReader(result.columnType(index), type));
        const chunks: Row[][] = [];
        for (;;) {
          deadline.check();
          const chunk = await result.fetchChunk();
          if (chunk === null || chunk.rowCount === 0) return chunks;
          chunks.push(readRows(query, readers, (read, column) => read(chunk, column, chunk.rowCount), chunk.rowCount));
        }
      });
    } catch (error) {
      throw (await this.explain(error, query.segments, signal)) ?? error;
    }
  }

  /** Gives the event loop a turn. */
  turn(): Promise<void> {
    return this.#duck.runtime.timers.yield();
  }

  /** What is wrong with one of the segments that a statement failed over; undefined when nothing is. */
  async explain(
    error: unknown,
    segments: readonly ReadableSegment[],
    signal: AbortSignal | undefined,
  ): Promise<KalamError | undefined> {
    if (error instanceof KalamError) return error;
    if (isOutOfMemory(error)) return new KalamError("query_memory", {}, { cause: error });
    const named = namedSegment(error, segments);
    if (named !== undefined) return unreadableSegment(named, error);
    // DuckDB does not always say which file it stumbled over, so each is read on its own until one fails.
    for (const segment of segments) {
      const problem = await this.#problemOf(segment, signal);
      if (problem !== undefined) return problem;
    }
    return undefined;
  }

  async #problemOf(segment: ReadableSegment, signal: AbortSignal | undefined): Promise<KalamError | undefined> {
    try {
      const sql = `SELECT max(hash(f)) FROM ${readParquet([segment])} AS f`;
      await this.#duck.use(signal, (connection) => connection.run(sql));
      return undefined;
    } catch (error) {
      return error instanceof KalamError ? error : unreadableSegment(segment, error);
    }
  }
}

function readRows(
  { outputs, slotCount }: SegmentQuery,
  readers: readonly ColumnReader[],
  column: (read: ColumnReader, index: number) => ArrayLike<Value>,
  count: number,
): Row[] {
  const rows = Array.from({ length: count }, () => new Array<Value>(slotCount).fill(null));
  for (const [index, read] of readers.entries()) {
    const values = column(read, index);
    const slot = outputs[index]?.slot ?? 0;
    for (let at = 0; at < count; at++) {
      const row = rows[at];
      if (row !== undefined) row[slot] = values[at] ?? null;
    }
  }
  return rows;
}
