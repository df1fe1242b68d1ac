import { rm } from "node:fs/promises";
import type { DuckDBConnection } from "@duckdb/node-api";
import type { TableSchema } from "../../catalog/table-schema.ts";
import { columnReader } from "../../duckdb/column-reader.ts";
import type { Deadline } from "../../duckdb/deadline.ts";
import type { DuckHost } from "../../duckdb/host.ts";
import type { Value } from "../../types/column-type.ts";
import type { ColdRows } from "../cold-rows.ts";
import { readFigures } from "../column-stats.ts";
import { layoutOf } from "../layouts.ts";
import { readParquet } from "../parquet-files.ts";
import type { ReadableSegment } from "../readable-segment.ts";
import type { ScratchFolder } from "../scratch-folder.ts";
import { segmentError, type WrittenSegment, writeSegmentFile } from "../segment-file.ts";
import { SegmentKeys } from "../segment-keys.ts";
import { keyColumns, mergedRowsSql } from "./merged-rows-sql.ts";

/** A new segment in the scratch folder. */
export interface MergedFile {
  readonly file: string;
  readonly written: WrittenSegment;
}

export interface Merge {
  readonly schema: TableSchema;
  /** Oldest first. */
  readonly segments: readonly ReadableSegment[];
  /** Deletions with a smaller `_seq` are left out; undefined where there may be something for them to hide. */
  readonly expiry: bigint | undefined;
  /** Rows of one file at most. */
  readonly fileRows: number;
}

/**
 * Merges segments inside DuckDB: their rows go from file to file on its threads. Only the keys pass through the process, since the
 * filters of the new files are made of them. What does not fit into DuckDB's memory while it sorts is put on the disk.
 *
 *     segments ─ sorted ─▶ one file ─┬─ rows 0 …          ─▶ segment      where it has more rows than a segment may have
 *                                    └─ rows 1 000 000 …  ─▶ segment
 */
export class SegmentMerger {
  readonly #duck: DuckHost;
  readonly #scratch: ScratchFolder;
  readonly #rows: Pick<ColdRows, "files" | "explain">;

  constructor(duck: DuckHost, scratch: ScratchFolder, rows: Pick<ColdRows, "files" | "explain">) {
    this.#duck = duck;
    this.#scratch = scratch;
    this.#rows = rows;
  }

  /**
   * @returns none when no row is left; on an error there are no files
   * @throws cancelled, storage_full, segment_failed, segment_unreadable
   */
  async merge(merge: Merge, signal: AbortSignal): Promise<readonly MergedFile[]> {
    const hold = this.#rows.files.hold(merge.segments);
    const files: string[] = [];
    try {
      return await this.#duck.use(signal, (connection, deadline) => this.#merge(connection, deadline, merge, files));
    } catch (error) {
      for (const file of files) await rm(file, { force: true });
      if (signal.aborted) throw segmentError(error);
      throw (await this.#rows.explain(error, merge.segments)) ?? segmentError(error);
    } finally {
      hold.release();
    }
  }

  async #merge(
    connection: DuckDBConnection,
    deadline: Deadline,
    { schema, segments, expiry, fileRows }: Merge,
    files: string[],
  ): Promise<readonly MergedFile[]> {
    const whole = await this.#newFile(files);
    const sizeBytes = await writeSegmentFile(connection, schema, mergedRowsSql(schema, segments, expiry), whole);
    const keys = await keysOf(connection, deadline, schema, whole, fileRows);
    const [only] = keys;
    if (only !== undefined && keys.length === 1) return [await described(connection, schema, whole, sizeBytes, only)];
    const merged: MergedFile[] = [];
    for (const [index, piece] of keys.entries()) {
      deadline.check();
      const file = await this.#newFile(files);
      const from = index * fileRows;
      const rows = `file_row_number >= ${from} AND file_row_number < ${from + fileRows}`;
      const relation = `(SELECT * FROM ${readParquet([{ file: whole }])} WHERE ${rows})`;
      const size = await writeSegmentFile(connection, schema, relation, file);
      merged.push(await described(connection, schema, file, size, piece));
    }
    await rm(whole);
    return merged;
  }

  async #newFile(files: string[]): Promise<string> {
    const file = await this.#scratch.file();
    files.push(file);
    return file;
  }
}

/** The keys of a file, for each piece of so many rows. */
async function keysOf(
  connection: DuckDBConnection,
  deadline: Deadline,
  schema: TableSchema,
  file: string,
  pieceRows: number,
): Promise<readonly SegmentKeys[]> {
  const result = await connection.stream(`SELECT ${keyColumns(schema).join(", ")} FROM ${readParquet([{ file }])}`);
  const readers = schema.keyTypes.map((type, at) => columnReader(result.columnType(at), type));
  const row = new Array<Value>(schema.slotCount).fill(null);
  const pieces: SegmentKeys[] = [];
  let rows = 0;
  for (;;) {
    deadline.check();
    const chunk = await result.fetchChunk();
    if (chunk === null || chunk.rowCount === 0) return pieces;
    const columns = readers.map((read, at) => read(chunk, at, chunk.rowCount));
    for (let at = 0; at < chunk.rowCount; at++) {
      for (const [part, slot] of schema.keySlots.entries()) row[slot] = columns[part]?.[at] ?? null;
      if (rows++ % pieceRows === 0) pieces.push(new SegmentKeys());
      pieces.at(-1)?.add(schema.keyOf(row));
    }
  }
}

async function described(
  connection: DuckDBConnection,
  schema: TableSchema,
  file: string,
  sizeBytes: number,
  keys: SegmentKeys,
): Promise<MergedFile> {
  const figures = await readFigures(connection, readParquet([{ file }]), layoutOf(schema));
  const written = { ...figures, sizeBytes, firstKey: keys.first, lastKey: keys.last, filter: keys.filter() };
  return { file, written };
}
