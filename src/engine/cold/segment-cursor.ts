import { KalamError } from "../../errors/index.ts";
import type { TableSchema } from "../catalog/table-schema.ts";
import type { KeyRange } from "../query/relation.ts";
import type { ColumnType, Row } from "../types/column-type.ts";
import { keyRangeSql } from "./key-range-sql.ts";
import { readParquet } from "./parquet-files.ts";
import { isWithin } from "./pruning.ts";
import type { ReadableSegment } from "./readable-segment.ts";
import { SegmentLayout } from "./segment-layout.ts";
import type { SegmentQueries } from "./segment-queries.ts";

const FIRST_WINDOW = 2048;
const WINDOW_GROWTH = 4;
/** Rows, and about as many bytes of the file, that one statement reads at most. */
const MAX_WINDOW = 32_768;
const MAX_WINDOW_BYTES = 4_000_000;
const ROW_NUMBER: ColumnType = { kind: "bigint" };

/**
 * Reads the rows of one segment in key order or backwards. A file is sorted, so it is read by row number, in windows that grow: a
 * short answer reads little, and no connection of DuckDB is held while the rows of a window are taken.
 */
export class SegmentCursor {
  readonly #queries: SegmentQueries;
  readonly #schema: TableSchema;
  readonly #readable: ReadableSegment;
  readonly #layout: SegmentLayout;
  readonly #range: KeyRange;
  readonly #reverse: boolean;
  readonly #maxWindow: number;
  #window = FIRST_WINDOW;
  #chunks: Row[][] = [];
  /** Row numbers that have not been read; undefined before the first is looked for. */
  #rest: { from: number; to: number } | undefined;

  constructor(
    queries: SegmentQueries,
    schema: TableSchema,
    readable: ReadableSegment,
    range: KeyRange,
    reverse: boolean,
  ) {
    this.#queries = queries;
    this.#schema = schema;
    this.#readable = readable;
    this.#layout = new SegmentLayout(schema, readable.columns);
    this.#range = range;
    this.#reverse = reverse;
    const { sizeBytes, rowCount } = readable.segment;
    const fitting = Math.floor(MAX_WINDOW_BYTES / Math.max(1, sizeBytes / Math.max(1, rowCount)));
    this.#maxWindow = Math.min(MAX_WINDOW, Math.max(FIRST_WINDOW, fitting));
  }

  /** The next rows in the direction of the scan, at most a vector full; undefined behind the last. */
  async next(signal: AbortSignal | undefined): Promise<readonly Row[] | undefined> {
    if (signal?.aborted) throw new KalamError("cancelled");
    let chunk = this.#take();
    if (chunk === undefined) {
      await this.#fill(signal);
      chunk = this.#take();
    }
    return chunk;
  }

  #take(): readonly Row[] | undefined {
    return this.#reverse ? this.#chunks.pop()?.reverse() : this.#chunks.shift();
  }

  async #fill(signal: AbortSignal | undefined): Promise<void> {
    this.#rest ??= await this.#locate(signal);
    const { from, to } = this.#rest;
    if (from >= to) return;
    const start = this.#reverse ? Math.max(from, to - this.#window) : from;
    const end = this.#reverse ? to : Math.min(to, from + this.#window);
    this.#chunks = await this.#read(start, end, signal);
    this.#rest = this.#reverse ? { from, to: start } : { from: end, to };
    this.#window = Math.min(this.#maxWindow, this.#window * WINDOW_GROWTH);
  }

  #read(from: number, to: number, signal: AbortSignal | undefined): Promise<Row[][]> {
    const { shape, slotCount } = this.#schema;
    const outputs = shape.columns.map(({ slot, type }) => ({ slot, type: type as ColumnType }));
    const select = outputs.map(({ slot }) => this.#layout.slot(slot)).join(", ");
    const sql =
      `SELECT ${select} FROM ${readParquet([this.#readable])} AS f ` +
      `WHERE f.file_row_number >= ${from} AND f.file_row_number < ${to}`;
    return this.#queries.read({ sql, segments: [this.#readable], outputs, slotCount }, signal);
  }

  /** The numbers of the rows whose keys lie in the range; they are neighbours. */
  async #locate(signal: AbortSignal | undefined): Promise<{ from: number; to: number }> {
    const { segment } = this.#readable;
    const bounds = isWithin(segment, this.#range) ? undefined : keyRangeSql(this.#layout.keyParts, this.#range);
    if (bounds === undefined) return { from: 0, to: segment.rowCount };
    const sql =
      "SELECT min(f.file_row_number), max(f.file_row_number) + 1 " +
      `FROM ${readParquet([this.#readable])} AS f WHERE ${bounds}`;
    const outputs = [0, 1].map((slot) => ({ slot, type: ROW_NUMBER }));
    const [[row = []] = []] = await this.#queries.read(
      { sql, segments: [this.#readable], outputs, slotCount: 2 },
      signal,
    );
    return { from: Number(row[0] ?? 0), to: Number(row[1] ?? 0) };
  }
}
