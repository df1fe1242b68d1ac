import { stat } from "node:fs/promises";
import type { DuckDBConnection, DuckDBResult } from "@duckdb/node-api";
import { KalamError } from "../../errors/index.ts";
import type { TableSchema } from "../catalog/table-schema.ts";
import { columnReader } from "../duckdb/column-reader.ts";
import type { DuckHost } from "../duckdb/host.ts";
import { encodeKey } from "../rows/key-codec.ts";
import { readFigures } from "./column-stats.ts";
import { type KeyFilter, KeyFilterBuilder } from "./key-filter.ts";
import type { Manifest, Segment } from "./manifest.ts";
import { fileLiteral, readParquet } from "./parquet-files.ts";
import { SegmentLayout } from "./segment-layout.ts";
import { decodeMetadata, METADATA_KEY, type SegmentMetadata } from "./segment-metadata.ts";

const FILE_NUMBER = /^batch-(\d{1,15})\.parquet$/;

/** A file of a partition. */
export interface FoundFile {
  /** Name inside the folder of the partition. */
  readonly path: string;
  /** Absolute path. */
  readonly file: string;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
}

export interface Rebuilt {
  readonly manifest: Manifest;
  /** By the path of the segment. */
  readonly filters: ReadonlyMap<string, KeyFilter>;
}

interface FoundSegment {
  readonly metadata: SegmentMetadata;
  readonly segment: Segment;
  readonly filter: KeyFilter;
}

/**
 * Makes the manifest of a partition anew, out of nothing but its files: what their metadata says of the columns, what their rows say
 * of the rest. Where segments may hold the same keys it is taken that they do.
 *
 * Of two versions of a key the one in the segment with the greater sequence numbers is newer: a flush takes what is hot at its
 * time, and what it leaves is newer. The files must be those of the partition and no others: one that was merged into another and
 * left behind could bring back what was deleted since.
 *
 * @param signal ends the work
 * @throws data_corrupt for a file that is no segment of the table, cancelled
 */
export async function rebuildManifest(
  duck: DuckHost,
  schema: TableSchema,
  partition: Pick<Manifest, "user" | "storageId" | "folder">,
  files: readonly FoundFile[],
  signal?: AbortSignal,
): Promise<Rebuilt> {
  const found: FoundSegment[] = [];
  for (const file of files) {
    found.push(await duck.use(signal, (connection) => readSegment(connection, schema, file)));
  }
  found.sort((a, b) => compare(a.segment.maxSeq, b.segment.maxSeq) || compare(a.segment.minSeq, b.segment.minSeq));
  const segments = found.map(({ segment }, index) => ({
    ...segment,
    hides: found.slice(0, index).some(({ segment: earlier }) => overlap(earlier, segment)),
  }));
  const times = segments.map(({ createdAt }) => createdAt);
  return {
    manifest: {
      tableId: schema.definition.id,
      ...partition,
      version: 1,
      nextSegment: 1 + Math.max(-1, ...files.map(({ path }) => Number(FILE_NUMBER.exec(path)?.[1] ?? -1))),
      createdAt: times.length === 0 ? 0 : Math.min(...times),
      updatedAt: Math.max(0, ...times),
      layouts: new Map(found.map(({ metadata }) => [metadata.schemaVersion, metadata.columns])),
      segments,
    },
    filters: new Map(found.map(({ segment, filter }) => [segment.path, filter])),
  };
}

async function readSegment(connection: DuckDBConnection, schema: TableSchema, found: FoundFile): Promise<FoundSegment> {
  const metadata = await readMetadata(connection, found);
  try {
    const figures = await readFigures(connection, readParquet([found]), metadata.columns);
    const keys = await readKeys(connection, schema, metadata, found);
    const { size } = await stat(found.file);
    const segment: Segment = {
      path: found.path,
      schemaVersion: metadata.schemaVersion,
      ...figures,
      hides: false,
      sizeBytes: size,
      createdAt: found.createdAt,
      firstKey: keys.first,
      lastKey: keys.last,
    };
    return { metadata, segment, filter: keys.filter };
  } catch (error) {
    throw unreadable(found, error);
  }
}

async function readMetadata(connection: DuckDBConnection, found: FoundFile): Promise<SegmentMetadata> {
  const sql = `SELECT decode(value) FROM parquet_kv_metadata(${fileLiteral(found.file)}) WHERE key = '${METADATA_KEY}'::BLOB`;
  let texts: readonly unknown[];
  try {
    texts = (await connection.runAndReadAll(sql)).getRows().flat();
  } catch (error) {
    throw unreadable(found, error);
  }
  const metadata = typeof texts[0] === "string" ? decodeMetadata(texts[0]) : undefined;
  if (metadata === undefined) throw corrupt(found, "it does not say what its columns are");
  return metadata;
}

async function readKeys(
  connection: DuckDBConnection,
  schema: TableSchema,
  metadata: SegmentMetadata,
  found: FoundFile,
): Promise<{ readonly first: string; readonly last: string; readonly filter: KeyFilter }> {
  const parts = new SegmentLayout(schema, metadata.columns).keyParts;
  const filter = new KeyFilterBuilder();
  let first: string | undefined;
  let last = "";
  const result = await connection.stream(
    `SELECT ${parts.map(({ sql }) => sql).join(", ")} FROM ${readParquet([found])} AS f`,
  );
  for await (const key of keysOf(result, schema)) {
    if (first === undefined) first = key;
    else if (key <= last) throw corrupt(found, "its rows are not sorted by their key");
    last = key;
    filter.add(key);
  }
  if (first === undefined) throw corrupt(found, "it has no rows");
  return { first, last, filter: filter.build() };
}

async function* keysOf(result: DuckDBResult, schema: TableSchema): AsyncGenerator<string, void, undefined> {
  const types = schema.keyTypes;
  const readers = types.map((type, index) => columnReader(result.columnType(index), type));
  for (;;) {
    const chunk = await result.fetchChunk();
    if (chunk === null || chunk.rowCount === 0) return;
    const columns = readers.map((read, index) => read(chunk, index, chunk.rowCount));
    for (let at = 0; at < chunk.rowCount; at++) {
      yield encodeKey(
        types,
        columns.map((column) => column[at] ?? null),
      );
    }
  }
}

function overlap(a: Segment, b: Segment): boolean {
  return a.firstKey <= b.lastKey && b.firstKey <= a.lastKey;
}

function compare(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function unreadable(found: FoundFile, error: unknown): KalamError {
  if (error instanceof KalamError) return error;
  const reason = error instanceof Error ? (error.message.split("\n")[0] ?? "") : String(error);
  return new KalamError("data_corrupt", { path: found.path, reason }, { cause: error });
}

function corrupt(found: FoundFile, reason: string): KalamError {
  return new KalamError("data_corrupt", { path: found.path, reason });
}
