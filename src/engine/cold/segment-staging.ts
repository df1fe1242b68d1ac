import type { DuckDBConnection } from "@duckdb/node-api";
import type { DataChunk } from "@duckdb/node-bindings";
import { columnSlot, DELETED_SLOT, SEQ_SLOT, type TableSchema } from "../catalog/table-schema.ts";
import { quoteName } from "../duckdb/constants.ts";
import { duckType } from "../duckdb/duck-type.ts";
import type { Feeds } from "../duckdb/feeds.ts";
import type { ColumnType } from "../types/column-type.ts";

const TABLE = "k_segment";
/** Values of one vector chunk, about: filling it is one turn of the event loop, and must stay short. */
export const CHUNK_BYTES = 1 << 20;
/** What is gathered before DuckDB is asked to take it. */
const BATCH_ROWS = 32_768;
const BATCH_BYTES = 8 * CHUNK_BYTES;

/** A column of a segment's file, and where its values stand in rows. */
export interface StagedColumn {
  readonly name: string;
  readonly type: ColumnType;
  readonly slot: number;
}

/** Rows in some form. */
export interface RowBatch {
  readonly count: number;
  /** About what they take. */
  readonly bytes: number;
  /** Fills a chunk with rows from `from` on, as many as make a short piece of work; how many they were. */
  fill(chunk: DataChunk, from: number): number;
}

export function stagedColumns(schema: TableSchema): readonly StagedColumn[] {
  return [
    { name: "_seq", type: { kind: "bigint" }, slot: SEQ_SLOT },
    { name: "_deleted", type: { kind: "boolean" }, slot: DELETED_SLOT },
    ...schema.definition.columns.map((column) => ({
      name: column.name,
      type: column.type,
      slot: columnSlot(column),
    })),
  ];
}

/**
 * The rows of a segment on their way to its file: a temporary table of DuckDB's. It counts towards DuckDB's memory limit and spills
 * where that is allowed; the process itself holds two batches, one that is gathered and one that DuckDB is taking.
 */
export class SegmentStaging {
  /** For a FROM clause. */
  readonly relation = `temp.main.${quoteName(TABLE)}`;
  readonly #connection: DuckDBConnection;
  readonly #feeds: Feeds;
  readonly #columns: readonly StagedColumn[];

  constructor(connection: DuckDBConnection, feeds: Feeds, columns: readonly StagedColumn[]) {
    this.#connection = connection;
    this.#feeds = feeds;
    this.#columns = columns;
  }

  /**
   * Takes all rows. They are read on while DuckDB takes what was read before.
   * @param check throws when the work is to end
   */
  async fill(batches: AsyncIterable<RowBatch>, check: () => void): Promise<void> {
    const columns = this.#columns.map(({ name, type }) => `${quoteName(name)} ${duckType(type)}`);
    await this.#connection.run(`CREATE TEMPORARY TABLE ${quoteName(TABLE)} (${columns.join(", ")})`);
    let taking: Promise<void> | undefined;
    try {
      let gathered: RowBatch[] = [];
      let rows = 0;
      let bytes = 0;
      for await (const batch of batches) {
        check();
        gathered.push(batch);
        rows += batch.count;
        bytes += batch.bytes;
        if (rows < BATCH_ROWS && bytes < BATCH_BYTES) continue;
        await taking;
        taking = this.#take(gathered);
        // Its failure is told where it is awaited, which is later: nobody else may find it unhandled until then.
        taking.catch(() => undefined);
        gathered = [];
        rows = 0;
        bytes = 0;
      }
      await taking;
      taking = undefined;
      if (rows > 0) await this.#take(gathered);
    } finally {
      await taking?.catch(() => undefined);
    }
  }

  async drop(): Promise<void> {
    await this.#connection.run(`DROP TABLE ${this.relation}`);
  }

  async #take(batches: readonly RowBatch[]): Promise<void> {
    let next = 0;
    let at = 0;
    const feed = {
      columns: this.#columns,
      next: (chunk: DataChunk): number => {
        for (;;) {
          const batch = batches[next];
          if (batch === undefined) return 0;
          if (at < batch.count) {
            const filled = batch.fill(chunk, at);
            at += filled;
            return filled;
          }
          next++;
          at = 0;
        }
      },
    };
    await this.#feeds.serve(feed, (relation) =>
      this.#connection.run(`INSERT INTO ${this.relation} SELECT * FROM ${relation}`),
    );
  }
}
