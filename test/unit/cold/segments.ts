import { stat } from "node:fs/promises";
import { join } from "node:path";
import type { DuckDBConnection } from "@duckdb/node-api";
import fc from "fast-check";
import type { ColumnSpec, TableDefinition } from "../../../src/engine/catalog/definitions.ts";
import { columnSlot, DELETED_SLOT, SEQ_SLOT, TableSchema } from "../../../src/engine/catalog/table-schema.ts";
import type { ColumnStats, SegmentColumn } from "../../../src/engine/cold/manifest.ts";
import type { ReadableSegment } from "../../../src/engine/cold/readable-segment.ts";
import { duckType } from "../../../src/engine/duckdb/duck-type.ts";
import type { DuckHost } from "../../../src/engine/duckdb/host.ts";
import { duckApi } from "../../../src/engine/duckdb/native.ts";
import { vectorType } from "../../../src/engine/duckdb/vector-types.ts";
import { columnWriter, vectorOf } from "../../../src/engine/duckdb/vector-writer.ts";
import { isKeyType } from "../../../src/engine/rows/key-codec.ts";
import { type ColumnType, compareValues, type Row, type Value } from "../../../src/engine/types/index.ts";
import { withFolder } from "../../support/folder.ts";
import { newHost } from "../analytic/harness.ts";
import { typedValue } from "../types/value-arbitraries.ts";

export function column(id: number, name: string, type: ColumnType, more: Partial<ColumnSpec> = {}): ColumnSpec {
  return { id, name, type, notNull: false, ...more };
}

export function table(
  columns: readonly ColumnSpec[],
  primaryKey: readonly string[],
  nextColumnId?: number,
): TableSchema {
  const definition: TableDefinition = {
    id: 7,
    namespace: "app",
    name: "things",
    kind: "user",
    columns,
    nextColumnId: nextColumnId ?? Math.max(...columns.map(({ id }) => id)) + 1,
    primaryKey,
    accessLevel: "private",
    storageId: "local",
    useUserStorage: false,
    schemaVersion: 1,
    createdAt: "0",
    updatedAt: "0",
  };
  return new TableSchema(definition);
}

/** A row of a table, from the values of its columns in declared order. */
export function version(schema: TableSchema, seq: bigint, deleted: boolean, values: readonly Value[]): Value[] {
  const row = new Array<Value>(schema.slotCount).fill(null);
  row[SEQ_SLOT] = seq;
  row[DELETED_SLOT] = deleted;
  for (const [index, spec] of schema.definition.columns.entries()) {
    const slot = columnSlot(spec);
    if (!deleted || schema.keySlots.includes(slot)) row[slot] = values[index] ?? null;
  }
  return row;
}

/** Writes segments with nothing but DuckDB's COPY, into a folder of its own. */
export class SegmentFolder {
  readonly host: DuckHost;
  readonly path: string;
  #written = 0;

  constructor(host: DuckHost, path: string) {
    this.host = host;
    this.path = path;
  }

  /** @param rows in any order */
  async write(
    schema: TableSchema,
    rows: readonly Row[],
    hides = false,
    name = `batch-${this.#written}.parquet`,
  ): Promise<ReadableSegment> {
    this.#written += 1;
    const file = join(this.path, name);
    const sorted = rows.map((row) => ({ row, key: schema.keyOf(row) })).sort((a, b) => (a.key < b.key ? -1 : 1));
    const { columns } = schema.definition;
    await this.host.use(undefined, (connection) =>
      copy(
        connection,
        schema,
        sorted.map(({ row }) => row),
        file,
      ),
    );
    const seqs = rows.map((row) => row[SEQ_SLOT] as bigint).sort(compareValues({ kind: "bigint" }));
    const live = rows.filter((row) => row[DELETED_SLOT] !== true);
    return {
      file,
      storagePath: `app/things/${name}`,
      columns: columns.map(({ id, name: called, type }): SegmentColumn => ({ id, name: called, type })),
      segment: {
        path: name,
        schemaVersion: 1,
        minSeq: seqs[0] ?? 0n,
        maxSeq: seqs.at(-1) ?? 0n,
        rowCount: rows.length,
        deletedCount: rows.length - live.length,
        hides,
        sizeBytes: (await stat(file)).size,
        createdAt: 0,
        firstKey: sorted[0]?.key ?? "",
        lastKey: sorted.at(-1)?.key ?? "",
        columnStats: new Map(
          columns
            .filter(({ type }) => isKeyType(type))
            .map((spec) => [
              spec.id,
              statsOf(
                spec.type,
                live.map((row) => row[columnSlot(spec)] ?? null),
              ),
            ]),
        ),
      },
    };
  }
}

function statsOf(type: ColumnType, values: readonly Value[]): ColumnStats {
  const sorted = values.filter((value) => value !== null).sort(compareValues(type));
  return { min: sorted[0] ?? null, max: sorted.at(-1) ?? null, nullCount: values.length - sorted.length };
}

async function copy(
  connection: DuckDBConnection,
  schema: TableSchema,
  rows: readonly Row[],
  file: string,
): Promise<void> {
  const columns = [
    { name: "_seq", type: { kind: "bigint" } as ColumnType, slot: SEQ_SLOT },
    { name: "_deleted", type: { kind: "boolean" } as ColumnType, slot: DELETED_SLOT },
    ...schema.definition.columns.map((spec) => ({ name: spec.name, type: spec.type, slot: columnSlot(spec) })),
  ];
  const definitions = columns.map(({ name, type }) => `"${name}" ${duckType(type)}`);
  await connection.run(`CREATE OR REPLACE TEMPORARY TABLE written (${definitions.join(", ")})`);
  const appender = await connection.createAppender("written", "main", "temp");
  for (let from = 0; from < rows.length; from += 2048) {
    const some = rows.slice(from, from + 2048);
    const chunk = duckApi().DuckDBDataChunk.create(
      columns.map(({ type }) => vectorType(type)),
      some.length,
    );
    for (const [index, { type, slot }] of columns.entries()) {
      columnWriter(type, slot)(vectorOf(chunk.chunk, index), some, some.length);
    }
    appender.appendDataChunk(chunk);
  }
  appender.closeSync();
  const target = file.replaceAll("'", "''");
  await connection.run(`COPY written TO '${target}' (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 4096)`);
  await connection.run("DROP TABLE written");
}

/** Runs work with a DuckDB that reaches one folder. */
export function withSegments<T>(work: (folder: SegmentFolder) => Promise<T>): Promise<T> {
  return withFolder(async (path) => {
    const host = newHost({ directories: [path] });
    try {
      return await work(new SegmentFolder(host, path));
    } finally {
      host.close();
    }
  });
}

export async function collect(chunks: AsyncIterable<readonly Row[]>): Promise<Row[]> {
  const rows: Row[] = [];
  for await (const chunk of chunks) rows.push(...chunk);
  return rows;
}

/** Types of every kind that a column can have, each with a value that may be NULL. */
export const storedValue: fc.Arbitrary<{ type: ColumnType; value: Value }> = fc.oneof(
  typedValue.map(({ type, value }) => ({ type, value })),
  fc.record({ type: fc.constant<ColumnType>({ kind: "json" }), value: fc.json() }),
  fc.record({ type: fc.constant<ColumnType>({ kind: "file" }), value: fc.constant('{"id": "1"}') }),
  fc.record({
    type: fc.constant<ColumnType>({ kind: "embedding", dimensions: 3 }),
    value: fc.array(fc.float(), { minLength: 3, maxLength: 3 }).map((values): Value => Float32Array.from(values)),
  }),
  typedValue.map(({ type }) => ({ type, value: null })),
);
