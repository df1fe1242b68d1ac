import { rm } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import type { ColumnSpec, TableDefinition } from "../../../src/engine/catalog/definitions.ts";
import { columnSlot, DELETED_SLOT, SEQ_SLOT, TableSchema } from "../../../src/engine/catalog/table-schema.ts";
import { layoutOf } from "../../../src/engine/cold/layouts.ts";
import type { ReadableSegment } from "../../../src/engine/cold/readable-segment.ts";
import { SegmentWriter } from "../../../src/engine/cold/segment-writer.ts";
import type { DuckHost } from "../../../src/engine/duckdb/host.ts";
import type { ColumnType, Row, Value } from "../../../src/engine/types/index.ts";
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

/** Writes segments into a folder of its own. */
export class SegmentFolder {
  readonly host: DuckHost;
  readonly path: string;
  readonly #writer: SegmentWriter;
  #written = 0;

  constructor(host: DuckHost, path: string) {
    this.host = host;
    this.path = path;
    this.#writer = new SegmentWriter(host);
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
    await rm(file, { force: true });
    const sorted = rows.map((row) => ({ row, key: schema.keyOf(row) })).sort((a, b) => (a.key < b.key ? -1 : 1));
    const written = await this.#writer.write(schema, [sorted.map(({ row }) => row)], file);
    if (written === undefined) throw new Error("a segment needs rows");
    const { filter: _filter, ...figures } = written;
    const segment = { ...figures, path: name, schemaVersion: 1, hides, createdAt: 0 };
    return { file, storagePath: `app/things/${name}`, columns: layoutOf(schema), segment };
  }
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
