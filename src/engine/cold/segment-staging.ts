import type { DuckDBAppender, DuckDBConnection, DuckDBDataChunk } from "@duckdb/node-api";
import { columnSlot, DELETED_SLOT, SEQ_SLOT, type TableSchema } from "../catalog/table-schema.ts";
import { quoteName } from "../duckdb/constants.ts";
import { duckType } from "../duckdb/duck-type.ts";
import { duckApi } from "../duckdb/native.ts";
import { vectorType } from "../duckdb/vector-types.ts";
import { type ColumnWriter, columnWriter, VECTOR_SIZE, vectorOf } from "../duckdb/vector-writer.ts";
import type { ColumnType, Row } from "../types/column-type.ts";

const TABLE = "k_segment";
/** Values of one vector chunk: texts are joined before they are handed over, and a turn of the event loop must stay short. */
const CHUNK_BYTES = 1 << 20;
/** DuckDB takes what was appended into its table when it is told to, all at once. */
const FLUSH_ROWS = 4 * VECTOR_SIZE;
const FLUSH_BYTES = 4 * CHUNK_BYTES;

interface StagedColumn {
  readonly name: string;
  readonly type: ColumnType;
  readonly slot: number;
}

/**
 * The rows of a segment on their way to its file: a temporary table of DuckDB's. It counts towards DuckDB's memory limit and spills
 * where that is allowed; in JavaScript there is never more than a chunk.
 */
export class SegmentStaging {
  /** For a FROM clause. */
  readonly relation = `temp.main.${quoteName(TABLE)}`;
  readonly #connection: DuckDBConnection;
  readonly #columns: readonly StagedColumn[];
  readonly #writers: readonly ColumnWriter[];
  readonly #weigh: (row: Row) => number;
  #appender: DuckDBAppender | undefined;
  #chunk: DuckDBDataChunk | undefined;
  #waitingRows = 0;
  #waitingBytes = 0;

  constructor(connection: DuckDBConnection, schema: TableSchema) {
    this.#connection = connection;
    this.#columns = [
      { name: "_seq", type: { kind: "bigint" }, slot: SEQ_SLOT },
      { name: "_deleted", type: { kind: "boolean" }, slot: DELETED_SLOT },
      ...schema.definition.columns.map((column) => ({
        name: column.name,
        type: column.type,
        slot: columnSlot(column),
      })),
    ];
    this.#writers = this.#columns.map(({ type, slot }) => columnWriter(type, slot));
    this.#weigh = weigher(this.#columns);
  }

  async open(): Promise<void> {
    const columns = this.#columns.map(({ name, type }) => `${quoteName(name)} ${duckType(type)}`);
    await this.#connection.run(`CREATE TEMPORARY TABLE ${quoteName(TABLE)} (${columns.join(", ")})`);
    this.#appender = await this.#connection.createAppender(TABLE, "main", "temp");
  }

  /** Takes some of the rows, from `from` on, in one short piece of work; where it stopped. */
  take(rows: readonly Row[], from: number): number {
    let to = from;
    let bytes = 0;
    while (to < rows.length && to - from < VECTOR_SIZE && bytes < CHUNK_BYTES) {
      bytes += this.#weigh(rows[to] ?? []);
      to++;
    }
    const part = from === 0 && to === rows.length ? rows : rows.slice(from, to);
    const chunk = this.#emptyChunk();
    chunk.rowCount = part.length;
    for (let column = 0; column < this.#writers.length; column++) {
      this.#writers[column]?.(vectorOf(chunk.chunk, column), part, part.length);
    }
    this.#appender?.appendDataChunk(chunk);
    this.#waitingRows += part.length;
    this.#waitingBytes += bytes;
    return to;
  }

  /** One chunk serves again and again: the appender copies what is in it. */
  #emptyChunk(): DuckDBDataChunk {
    if (this.#chunk === undefined) {
      this.#chunk = duckApi().DuckDBDataChunk.create(this.#columns.map(({ type }) => vectorType(type)));
    } else {
      this.#chunk.reset();
    }
    return this.#chunk;
  }

  /** Whether it is time for `flush`, which is a piece of work of its own. */
  get full(): boolean {
    return this.#waitingRows >= FLUSH_ROWS || this.#waitingBytes >= FLUSH_BYTES;
  }

  flush(): void {
    this.#appender?.flushSync();
    this.#waitingRows = 0;
    this.#waitingBytes = 0;
  }

  /** No more rows come. */
  complete(): void {
    this.#appender?.closeSync();
    this.#appender = undefined;
  }

  async drop(): Promise<void> {
    await this.#connection.run(`DROP TABLE ${this.relation}`);
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
