import { rm } from "node:fs/promises";
import type { DuckDBConnection } from "@duckdb/node-api";
import type { TableSchema } from "../catalog/table-schema.ts";
import type { DuckHost } from "../duckdb/host.ts";
import type { Row } from "../types/column-type.ts";
import { readFigures } from "./column-stats.ts";
import { layoutOf } from "./layouts.ts";
import { ObjectRows } from "./object-rows.ts";
import { segmentError, type WrittenSegment, writeSegmentFile } from "./segment-file.ts";
import { SegmentKeys } from "./segment-keys.ts";
import { type RowBatch, SegmentStaging, stagedColumns } from "./segment-staging.ts";
import { type StoredEntry, StoredRows } from "./stored-rows.ts";

/**
 * Writes the rows of a segment as a Parquet file: into a temporary table chunk by chunk, and from there, on DuckDB's threads, to the
 * file. So what is in memory is bounded by DuckDB's limit, and the event loop is never held for long.
 */
export class SegmentWriter {
  readonly #duck: DuckHost;

  constructor(duck: DuckHost) {
    this.#duck = duck;
  }

  /**
   * @param rows sorted by encoded key, one version of each
   * @param file absolute path of a file that does not exist, in a folder that DuckDB may reach. It is complete and synced when this
   * resolves; on an error it is removed.
   * @returns undefined when there were no rows, and then no file
   * @throws cancelled, storage_full, segment_failed
   */
  async write(
    schema: TableSchema,
    rows: AsyncIterable<readonly Row[]> | Iterable<readonly Row[]>,
    file: string,
    signal?: AbortSignal,
  ): Promise<WrittenSegment | undefined> {
    const keys = new SegmentKeys();
    const source = new ObjectRows(schema, keys);
    async function* batches(): AsyncGenerator<RowBatch, void, undefined> {
      for await (const chunk of rows) yield source.batch(chunk);
    }
    return await this.#write(schema, batches(), keys, file, signal);
  }

  /** The same for rows as the hot store has them, in about two thirds of the time that decoding them first would take. */
  async writeStored(
    schema: TableSchema,
    entries: AsyncIterable<readonly StoredEntry[]> | Iterable<readonly StoredEntry[]>,
    file: string,
    signal?: AbortSignal,
  ): Promise<WrittenSegment | undefined> {
    const keys = new SegmentKeys();
    const source = new StoredRows(schema, keys);
    async function* batches(): AsyncGenerator<RowBatch, void, undefined> {
      for await (const chunk of entries) yield source.batch(chunk);
    }
    return await this.#write(schema, batches(), keys, file, signal);
  }

  async #write(
    schema: TableSchema,
    batches: AsyncIterable<RowBatch>,
    keys: SegmentKeys,
    file: string,
    signal: AbortSignal | undefined,
  ): Promise<WrittenSegment | undefined> {
    try {
      return await this.#duck.use(signal, async (connection, deadline) => {
        const staging = new SegmentStaging(connection, this.#duck.feeds, stagedColumns(schema));
        await staging.fill(batches, () => deadline.check());
        const written = keys.count === 0 ? undefined : await this.#copy(connection, schema, staging, keys, file);
        await staging.drop();
        return written;
      });
    } catch (error) {
      await rm(file, { force: true });
      throw segmentError(error);
    }
  }

  async #copy(
    connection: DuckDBConnection,
    schema: TableSchema,
    staging: SegmentStaging,
    keys: SegmentKeys,
    file: string,
  ): Promise<WrittenSegment> {
    const figures = await readFigures(connection, staging.relation, layoutOf(schema));
    return {
      ...figures,
      sizeBytes: await writeSegmentFile(connection, schema, staging.relation, file),
      firstKey: keys.first,
      lastKey: keys.last,
      filter: keys.filter(),
    };
  }
}
