import { mkdir, readdir, symlink } from "node:fs/promises";
import { join } from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";
import { expect } from "chai";
import type { TableSchema } from "../../../src/engine/catalog/table-schema.ts";
import type { WrittenSegment } from "../../../src/engine/cold/segment-file.ts";
import { SegmentWriter } from "../../../src/engine/cold/segment-writer.ts";
import type { StoredEntry } from "../../../src/engine/cold/stored-rows.ts";
import { columnReader } from "../../../src/engine/duckdb/column-reader.ts";
import type { DuckHost } from "../../../src/engine/duckdb/host.ts";
import { type ColumnType, Decimal, type Row, type Value } from "../../../src/engine/types/index.ts";
import { coldRows, coldTable, tombstone } from "../../support/cold-table.ts";
import { withFolder } from "../../support/folder.ts";
import { kalamError } from "../../support/rejection.ts";
import { newHost } from "../analytic/harness.ts";

const INT64 = 2n ** 63n;
const LONG = "long text that is not kept within an entry, ".repeat(300);

/** For each type, values that have gone wrong in other databases. */
const VALUES: readonly { readonly type: ColumnType; readonly values: readonly Value[] }[] = [
  { type: { kind: "boolean" }, values: [true, false, null] },
  { type: { kind: "smallint" }, values: [-32768, 0, 32767, null] },
  { type: { kind: "integer" }, values: [-2147483648, 0, 2147483647, null] },
  { type: { kind: "bigint" }, values: [-INT64, 0n, 2n ** 53n + 1n, INT64 - 1n, null] },
  { type: { kind: "real" }, values: [0.5, -0, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, null] },
  {
    type: { kind: "double" },
    values: [0.1, 5e-324, -0, Number.NaN, Number.POSITIVE_INFINITY, -1.7976931348623157e308, null],
  },
  { type: { kind: "decimal", precision: 4, scale: 2 }, values: [new Decimal(-9999n, 2), new Decimal(9999n, 2), null] },
  { type: { kind: "decimal", precision: 9, scale: 0 }, values: [new Decimal(999_999_999n, 0), null] },
  { type: { kind: "decimal", precision: 18, scale: 6 }, values: [new Decimal(-(10n ** 18n) + 1n, 6), null] },
  {
    type: { kind: "decimal", precision: 38, scale: 10 },
    values: [new Decimal(10n ** 38n - 1n, 10), new Decimal(1n - 10n ** 38n, 10), new Decimal(0n, 10), null],
  },
  {
    type: { kind: "text" },
    values: ["", "a", "exactly 12 b", "13 characters", LONG, "é\u{1F600}\u2028", "a\0b", "'\"\\", null],
  },
  { type: { kind: "bytea" }, values: [Uint8Array.of(), Uint8Array.of(0, 255, 1), new Uint8Array(5000).fill(7), null] },
  { type: { kind: "date" }, values: [-2_440_588, 0, 20_000, 2_000_000, null] },
  { type: { kind: "time" }, values: [0, 86_399_999_999, null] },
  {
    type: { kind: "timestamp" },
    values: [-210_866_803_200_000_000n, 0n, 1_767_225_600_123_456n, 9_224_318_015_999_999n, null],
  },
  { type: { kind: "timestamptz" }, values: [-210_866_803_200_000_000n, 0n, 9_224_318_015_999_999n, null] },
  { type: { kind: "datetime" }, values: [1n, null] },
  {
    type: { kind: "uuid" },
    values: [
      "00000000-0000-0000-0000-000000000000",
      "ffffffff-ffff-ffff-ffff-ffffffffffff",
      "80000000-0000-7000-8000-000000000001",
      null,
    ],
  },
  { type: { kind: "json" }, values: ['{"a": [1, 2, null]}', "null", '"text"', null] },
  { type: { kind: "file" }, values: ['{"id":"1"}', null] },
  {
    type: { kind: "embedding", dimensions: 3 },
    values: [Float32Array.of(1, -2.5, 3), Float32Array.of(Number.NaN, Number.POSITIVE_INFINITY, -0), null],
  },
];

describe("segment writer", () => {
  let duck: DuckHost;
  let writer: SegmentWriter;
  let folder: string;

  const inFolder = (work: () => Promise<void>) => (): Promise<void> =>
    withFolder(async (base) => {
      folder = base;
      duck = newHost({ directories: [base] });
      writer = new SegmentWriter(duck);
      try {
        await work();
      } finally {
        duck.close();
      }
    });

  async function write(schema: TableSchema, rows: readonly Row[], name = "segment.parquet"): Promise<WrittenSegment> {
    const written = await writer.write(schema, [rows], join(folder, name));
    if (written === undefined) throw new Error("nothing was written");
    return written;
  }

  for (const { type, values } of VALUES) {
    const title = `${type.kind}${type.precision === undefined ? "" : ` of ${type.precision} digits`}`;
    it(
      `keeps every value of ${title}`,
      inFolder(async () => {
        const schema = coldTable({ id: "integer", value: type }, ["id"]);
        const rows = coldRows(
          schema,
          values.map((value, index) => [index, value]),
        );
        await write(schema, rows);
        expect(await readBack(join(folder, "segment.parquet"), "value", type)).to.deep.equal(values);
      }),
    );

    it(
      `knows the bounds of ${title}`,
      inFolder(async () => {
        const schema = coldTable({ id: "integer", value: type }, ["id"]);
        const none = await write(schema, coldRows(schema, [[1, null]]), "none.parquet");
        const all = await write(
          schema,
          coldRows(
            schema,
            values.map((value, index) => [index, value]),
          ),
          "all.parquet",
        );
        if (["json", "file", "embedding"].includes(type.kind)) {
          expect([...all.columnStats.keys()]).to.deep.equal([1]);
          return;
        }
        expect(none.columnStats.get(2)).to.deep.equal({ min: null, max: null, nullCount: 1 });
        expect(all.columnStats.get(2)?.nullCount).to.equal(1);
        const keyed = coldTable({ value: type }, ["value"]);
        const present = values.filter((value) => value !== null);
        const sorted = coldRows(
          keyed,
          present.map((value) => [value]),
        );
        const written = await write(keyed, sorted, "keyed.parquet");
        expect(written.firstKey).to.equal(keyed.keyOf(sorted[0] ?? []));
        expect(written.lastKey).to.equal(keyed.keyOf(sorted.at(-1) ?? []));
        const { min, max } = written.columnStats.get(1) ?? { min: null, max: null };
        const [low, high] = [keyed.keyOf([0n, false, min]), keyed.keyOf([0n, false, max])];
        expect(low <= written.firstKey && written.lastKey <= high, "every value lies between its bounds").to.equal(
          true,
        );
      }),
    );
  }

  describe("writes the same from the bytes of the hot store:", () => {
    const stored = (schema: TableSchema, rows: readonly Row[], written = schema): StoredEntry[] =>
      rows.map((row) => ({ key: schema.keyOf(row), value: written.encode(row, false) }));

    async function same(schema: TableSchema, rows: readonly Row[], entries = stored(schema, rows)): Promise<void> {
      const [fromRows, fromBytes] = [join(folder, "rows.parquet"), join(folder, "bytes.parquet")];
      const expected = await writer.write(schema, [rows], fromRows);
      const actual = await writer.writeStored(schema, [entries.slice(0, 7), [], entries.slice(7)], fromBytes);
      expect(figuresOf(actual)).to.deep.equal(figuresOf(expected));
      expect(actual?.filter.encode()).to.deep.equal(expected?.filter.encode());
      for (const { name, type } of [
        ...schema.definition.columns,
        { name: "_seq", type: { kind: "bigint" } as const },
      ]) {
        expect(await readBack(fromBytes, name, type), name).to.deep.equal(await readBack(fromRows, name, type));
      }
    }

    const figuresOf = (written: WrittenSegment | undefined): unknown =>
      written === undefined ? undefined : { ...written, filter: undefined, sizeBytes: undefined };

    for (const { type, values } of VALUES) {
      it(
        `${type.kind}${type.precision === undefined ? "" : ` of ${type.precision} digits`}`,
        inFolder(async () => {
          const schema = coldTable({ id: "integer", value: type }, ["id"]);
          // More than a vector, so that what one left behind would show in the next.
          const many = Array.from({ length: 5000 }, (_, n) => [n, values[(n * 7) % values.length] ?? null]);
          await same(schema, coldRows(schema, many));
        }),
      );
    }

    it(
      "deletions, and tables that are keyed by _seq",
      inFolder(async () => {
        const schema = coldTable({ id: "integer", body: "text" }, ["id"]);
        const rows = coldRows(
          schema,
          Array.from({ length: 100 }, (_, n) => [n, `body ${n}`]),
        );
        await same(
          schema,
          rows.map((row, n) => (n % 3 === 0 ? tombstone(schema, row, 1000n + BigInt(n)) : row)),
        );
        const keyless = coldTable({ body: "text" }, []);
        await same(keyless, coldRows(keyless, [["a"], [null]], 2n ** 62n));
        // A deletion stands under the key of the row that is gone, and has a later number of its own.
        const entries = stored(keyless, coldRows(keyless, [["a"], ["b"], ["c"]]));
        const [, gone] = entries;
        const deletion: Row = [50n, true, null];
        if (gone !== undefined) entries[1] = { key: gone.key, value: keyless.encode(deletion, true) };
        const versions = entries.map(({ key, value }) => keyless.withKey(key, keyless.decode(value)));
        await same(keyless, versions, entries);
      }),
    );

    it(
      "rows of older schemas, with columns that were added, widened and dropped since",
      inFolder(async () => {
        const former = coldTable({ id: "integer", gone: "text", n: "integer" }, ["id"]);
        const [id, , n] = former.definition.columns;
        if (id === undefined || n === undefined) throw new Error("no columns");
        const columns = [
          { ...id, type: { kind: "bigint" as const } },
          { ...n, type: { kind: "bigint" as const } },
          { id: 4, name: "later", type: { kind: "text" as const }, notNull: false, missing: "before" },
          { id: 5, name: "none", type: { kind: "double" as const }, notNull: false },
        ];
        const now = coldTable({}, ["id"], { columns, nextColumnId: 6, schemaVersion: 2 });
        const old = coldRows(former, [
          [1, "x", 10],
          [3, null, null],
        ]);
        const entries = old.map((row) => ({ key: former.keyOf(row), value: former.encode(row, false) }));
        const fresh: Row = [9n, false, 2n, null, 20n, null, 0.5];
        entries.splice(1, 0, { key: now.keyOf(fresh), value: now.encode(fresh, false) });
        await same(
          now,
          entries.map(({ value }) => now.decode(value)),
          entries,
        );
        expect(await readBack(join(folder, "bytes.parquet"), "later", { kind: "text" })).to.deep.equal([
          "before",
          null,
          "before",
        ]);
      }),
    );

    it(
      "and refuses bytes that are damaged",
      inFolder(async () => {
        const schema = coldTable({ id: "integer", body: "text" }, ["id"]);
        const entries = stored(
          schema,
          coldRows(
            schema,
            Array.from({ length: 3000 }, (_, n) => [n, `body ${n}`]),
          ),
        );
        const last = entries[2999];
        if (last !== undefined) last.value[20] = (last.value[20] ?? 0) ^ 1;
        await kalamError(writer.writeStored(schema, [entries], join(folder, "a.parquet")), "data_corrupt");
        expect(await readdir(folder)).to.deep.equal([]);
      }),
    );
  });

  it(
    "writes many rows in their order, whatever the chunks are",
    inFolder(async () => {
      const schema = coldTable({ room: "text", id: "bigint", body: "text" }, ["room", "id"]);
      const rows = coldRows(
        schema,
        Array.from({ length: 50_000 }, (_, n) => [`room ${n % 7}`, BigInt(n), n % 3 === 0 ? null : `body ${n}`]),
      );
      async function* chunks(): AsyncGenerator<readonly Row[]> {
        for (let at = 0, size = 1; at < rows.length; at += size, size = (size * 3) % 5000) {
          await Promise.resolve();
          yield rows.slice(at, at + size);
        }
      }
      const written = await writer.write(schema, chunks(), join(folder, "many.parquet"));
      expect(written?.rowCount).to.equal(50_000);
      expect(written?.minSeq).to.equal(1n);
      expect(written?.maxSeq).to.equal(50_000n);
      expect(await readBack(join(folder, "many.parquet"), "_seq", { kind: "bigint" })).to.deep.equal(
        rows.map((row) => row[0]),
      );
      expect(await readBack(join(folder, "many.parquet"), "body", { kind: "text" })).to.deep.equal(
        rows.map((row) => row[4]),
      );
      for (const row of rows) expect(written?.filter.mayContain(schema.keyOf(row))).to.equal(true);
      const groups = await plain(
        `SELECT count(DISTINCT row_group_id), any_value(compression) FROM parquet_metadata('${folder}/many.parquet')`,
      );
      expect(groups).to.deep.equal([["4", "ZSTD"]]);
    }),
  );

  it(
    "counts deletions apart: they say nothing of values",
    inFolder(async () => {
      const schema = coldTable({ id: "integer", n: "integer" }, ["id"]);
      const rows = coldRows(schema, [
        [1, 10],
        [2, 20],
        [3, 30],
      ]);
      const written = await write(schema, [
        tombstone(schema, rows[0] ?? [], 9n),
        rows[1] ?? [],
        tombstone(schema, rows[2] ?? [], 10n),
      ]);
      expect(written).to.include({ rowCount: 3, deletedCount: 2, minSeq: 2n, maxSeq: 10n });
      expect(written.columnStats.get(1)).to.deep.equal({ min: 2, max: 2, nullCount: 0 });
      expect(written.columnStats.get(2)).to.deep.equal({ min: 20, max: 20, nullCount: 0 });
      expect(await readBack(join(folder, "segment.parquet"), "_deleted", { kind: "boolean" })).to.deep.equal([
        true,
        false,
        true,
      ]);
    }),
  );

  it(
    "bounds long texts by their beginning",
    inFolder(async () => {
      const schema = coldTable({ id: "integer", body: "text", bytes: "bytea", top: "text" }, ["id"]);
      const top = "\u{10ffff}".repeat(100);
      const written = await write(
        schema,
        coldRows(schema, [
          [1, `b${"\ud7ff".repeat(100)}`, new Uint8Array(100).fill(255), top],
          [2, `a${"x".repeat(100)}`, new Uint8Array(100).fill(1), "a"],
        ]),
      );
      expect(written.columnStats.get(2)).to.deep.equal({
        min: `a${"x".repeat(63)}`,
        max: `b${"\ud7ff".repeat(62)}\ue000`,
        nullCount: 0,
      });
      expect(written.columnStats.has(3), "no short bytes are greater").to.equal(false);
      expect(written.columnStats.has(4), "no short text is greater").to.equal(false);
    }),
  );

  it(
    "keys tables without a primary key by _seq, and dropped columns leave nothing",
    inFolder(async () => {
      const schema = coldTable({ gone: "text", n: "integer" }, []);
      const { columns, ...rest } = schema.definition;
      const dropped = coldTable({}, [], { ...rest, columns: columns.slice(1) });
      const written = await write(
        dropped,
        coldRows(dropped, [
          [null, 5],
          [null, 6],
        ]),
      );
      expect([...written.columnStats.keys()]).to.deep.equal([2]);
      expect(await plain(`SELECT * FROM '${folder}/segment.parquet'`)).to.deep.equal([
        ["1", false, 5],
        ["2", false, 6],
      ]);
    }),
  );

  it(
    "writes nothing where there are no rows",
    inFolder(async () => {
      const schema = coldTable({ id: "integer" }, ["id"]);
      expect(await writer.write(schema, [], join(folder, "none.parquet"))).to.equal(undefined);
      expect(await writer.write(schema, [[], []], join(folder, "none.parquet"))).to.equal(undefined);
      expect(await readdir(folder)).to.deep.equal([]);
    }),
  );

  it(
    "says how large the file is, and what its columns are",
    inFolder(async () => {
      const schema = coldTable({ id: "integer", strange_name: "text" }, ["id"], { schemaVersion: 4 });
      const written = await write(schema, coldRows(schema, [[1, "x"]]));
      const [[size, text]] = (await plain(
        `SELECT (SELECT size FROM read_blob('${folder}/segment.parquet')), decode(value) FROM parquet_kv_metadata('${folder}/segment.parquet') WHERE decode(key) = 'kalamdb'`,
      )) as [[string, string]];
      expect(written.sizeBytes).to.equal(Number(size));
      expect(JSON.parse(text)).to.deep.equal({
        format: 1,
        schema_version: 4,
        columns: [
          { id: 1, name: "id", type: { kind: "integer" } },
          { id: 2, name: "strange_name", type: { kind: "text" } },
        ],
      });
    }),
  );

  describe("leaves no file, and can go on,", () => {
    const schema = coldTable({ id: "integer" }, ["id"]);
    const rows = coldRows(
      schema,
      Array.from({ length: 10_000 }, (_, id) => [id]),
    );

    it(
      "when reading the rows fails",
      inFolder(async () => {
        function* broken(): Generator<readonly Row[]> {
          yield rows;
          throw new RangeError("gone");
        }
        const error = await kalamError(writer.write(schema, broken(), join(folder, "a.parquet")), "segment_failed");
        expect(error.cause).to.be.instanceOf(RangeError);
        await afterwards();
      }),
    );

    it(
      "when rows are not sorted, or one comes twice",
      inFolder(async () => {
        for (const wrong of [[...rows].reverse(), [...rows, ...rows.slice(-1)]]) {
          await kalamError(writer.write(schema, [wrong], join(folder, "a.parquet")), "internal");
        }
        await afterwards();
      }),
    );

    it(
      "when it is cancelled: before, while rows come, while DuckDB writes",
      inFolder(async () => {
        const stop = new AbortController();
        function* stopping(): Generator<readonly Row[]> {
          yield rows.slice(0, 5000);
          stop.abort();
          yield rows.slice(5000);
        }
        await kalamError(writer.write(schema, stopping(), join(folder, "a.parquet"), stop.signal), "cancelled");
        await kalamError(writer.write(schema, [rows], join(folder, "a.parquet"), stop.signal), "cancelled");
        await afterwards();
      }),
    );

    it(
      "when the folder is not one of DuckDB's, also behind a link",
      inFolder(async () => {
        const [open, other] = [join(folder, "open"), join(folder, "other")];
        await Promise.all([mkdir(open), mkdir(other)]);
        await symlink(other, join(open, "link"));
        duck.setDirectories([open]);
        for (const file of [join(other, "a.parquet"), join(open, "link", "a.parquet"), `${open}/../a.parquet`]) {
          const { message } = await kalamError(writer.write(schema, [rows], file), "segment_failed");
          expect(message).to.include("Permission Error");
        }
        expect(await readdir(other)).to.deep.equal([]);
      }),
    );

    it(
      "when DuckDB has no memory left",
      inFolder(async () => {
        duck.close();
        duck = newHost({ directories: [folder], memoryLimitBytes: 16_000_000, threads: 1 });
        writer = new SegmentWriter(duck);
        const large = coldTable({ id: "integer", body: "text" }, ["id"]);
        function* endless(): Generator<readonly Row[]> {
          for (let id = 0; id < 200_000; id += 1000) {
            yield coldRows(
              large,
              Array.from({ length: 1000 }, (_, n) => [id + n, `${id + n} ${LONG.slice(0, 1000)}`]),
            );
          }
        }
        await kalamError(writer.write(large, endless(), join(folder, "a.parquet")), "segment_failed");
        await afterwards();
      }),
    );

    async function afterwards(): Promise<void> {
      expect(await readdir(folder)).to.deep.equal([]);
      expect((await writer.write(schema, [rows.slice(0, 10)], join(folder, "b.parquet")))?.rowCount).to.equal(10);
    }
  });

  it(
    "spills what does not fit into memory",
    inFolder(async () => {
      duck.close();
      await mkdir(join(folder, "spill"));
      duck = newHost({
        directories: [folder],
        temporaryDirectory: join(folder, "spill"),
        memoryLimitBytes: 64_000_000,
        threads: 1,
      });
      const schema = coldTable({ id: "integer", body: "text" }, ["id"]);
      function* chunks(): Generator<readonly Row[]> {
        for (let id = 0; id < 100_000; id += 1000) {
          yield coldRows(
            schema,
            Array.from({ length: 1000 }, (_, n) => [id + n, `${id + n} ${LONG.slice(0, 1000)}`]),
          );
        }
      }
      const written = await new SegmentWriter(duck).write(schema, chunks(), join(folder, "a.parquet"));
      expect(written?.rowCount).to.equal(100_000);
    }),
  );
});

/** A DuckDB that is not ours: nothing is locked, nothing is set. */
async function withPlain<T>(
  work: (connection: Awaited<ReturnType<DuckDBInstance["connect"]>>) => Promise<T>,
): Promise<T> {
  const instance = await DuckDBInstance.create(":memory:");
  const connection = await instance.connect();
  try {
    return await work(connection);
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

function plain(sql: string): Promise<unknown> {
  return withPlain(async (connection) => (await connection.runAndReadAll(sql)).getRowsJson());
}

function readBack(file: string, column: string, type: ColumnType): Promise<Value[]> {
  return withPlain(async (connection) => {
    const target = type.kind === "embedding" ? `"${column}"::FLOAT[${type.dimensions}]` : `"${column}"`;
    const result = await connection.run(`SELECT ${target} FROM read_parquet('${file}')`);
    const values: Value[] = [];
    for (;;) {
      const chunk = await result.fetchChunk();
      if (chunk === null || chunk.rowCount === 0) return values;
      values.push(...Array.from(columnReader(result.columnType(0), type)(chunk, 0, chunk.rowCount)));
    }
  });
}
