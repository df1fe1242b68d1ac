import { copyFile, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";
import { expect } from "chai";
import type { TableSchema } from "../../../src/engine/catalog/table-schema.ts";
import { type FoundFile, rebuildManifest } from "../../../src/engine/cold/rebuild.ts";
import type { WrittenSegment } from "../../../src/engine/cold/segment-file.ts";
import { SegmentWriter } from "../../../src/engine/cold/segment-writer.ts";
import type { DuckHost } from "../../../src/engine/duckdb/host.ts";
import type { Row } from "../../../src/engine/types/index.ts";
import { coldRows, coldTable, tombstone } from "../../support/cold-table.ts";
import { withFolder } from "../../support/folder.ts";
import { kalamError } from "../../support/rejection.ts";
import { newHost } from "../analytic/harness.ts";

const PARTITION = { user: "alice", storageId: "local", folder: "app/cold/alice" };

describe("rebuilding a manifest from files", () => {
  const schema = coldTable({ id: "bigint", body: "text", seen: "real" }, ["id"], { schemaVersion: 2 });
  let folder: string;
  let duck: DuckHost;
  let files: FoundFile[];

  const inFolder = (work: () => Promise<void>) => (): Promise<void> =>
    withFolder(async (base) => {
      folder = base;
      duck = newHost({ directories: [base] });
      files = [];
      try {
        await work();
      } finally {
        duck.close();
      }
    });

  async function write(rows: readonly Row[], number: number, table: TableSchema = schema): Promise<WrittenSegment> {
    const path = `batch-${number}.parquet`;
    const file = join(folder, path);
    files.push({ path, file, createdAt: 1000 + number });
    const written = await new SegmentWriter(duck).write(table, [rows], file);
    if (written === undefined) throw new Error("nothing was written");
    return written;
  }

  const rowsOf = (from: number, to: number, seq: bigint): Row[] =>
    coldRows(
      schema,
      Array.from({ length: to - from }, (_, n) => [BigInt(from + n), `body ${n}`, n / 3]),
      seq,
    );

  it(
    "finds all that was known, in the order of the versions whatever the numbers of the files are",
    inFolder(async () => {
      const first = await write(rowsOf(0, 5000, 1n), 7);
      const second = await write(
        [tombstone(schema, rowsOf(4999, 5000, 1n)[0] ?? [], 9000n), ...rowsOf(5000, 6000, 9001n)],
        2,
      );
      const third = await write(rowsOf(6000, 6001, 20_000n), 3);
      const { manifest, filters } = await rebuildManifest(duck, schema, PARTITION, files.reverse());
      expect(manifest).to.deep.include({
        ...PARTITION,
        tableId: 7,
        version: 1,
        nextSegment: 8,
        createdAt: 1002,
        updatedAt: 1007,
      });
      expect(manifest.layouts).to.deep.equal(
        new Map([
          [
            2,
            [
              { id: 1, name: "id", type: { kind: "bigint" } },
              { id: 2, name: "body", type: { kind: "text" } },
              { id: 3, name: "seen", type: { kind: "real" } },
            ],
          ],
        ]),
      );
      const expected = [
        [first, 7, false],
        [second, 2, true],
        [third, 3, false],
      ] as const;
      expect(manifest.segments).to.deep.equal(
        expected.map(([{ filter: _filter, ...written }, number, hides]) => ({
          ...written,
          path: `batch-${number}.parquet`,
          schemaVersion: 2,
          hides,
          createdAt: 1000 + number,
        })),
      );
      for (const [{ filter }, number] of expected) {
        expect(filters.get(`batch-${number}.parquet`)?.encode().equals(filter.encode())).to.equal(true);
      }
    }),
  );

  it(
    "reads keys that were called otherwise, and were narrower, when the file was written",
    inFolder(async () => {
      const former = coldTable({ number: "integer", room: "text" }, ["room", "number"]);
      const now = coldTable({ id: "bigint", place: "text", later: "text" }, ["place", "id"], { schemaVersion: 5 });
      await write(
        coldRows(former, [
          [1, "a"],
          [2, "a"],
          [1, "b"],
        ]),
        0,
        former,
      );
      await write(coldRows(now, [[3n, "a", "x"]], 10n), 1, now);
      const { manifest } = await rebuildManifest(duck, now, PARTITION, files);
      expect([...manifest.layouts.keys()]).to.deep.equal([1, 5]);
      expect(manifest.segments.map(({ firstKey, hides }) => [firstKey, hides])).to.deep.equal([
        [now.keyOf([0n, false, 1n, "a", null]), false],
        [now.keyOf([0n, false, 3n, "a", null]), true],
      ]);
      expect(manifest.segments[0]?.lastKey).to.equal(now.keyOf([0n, false, 1n, "b", null]));
    }),
  );

  it(
    "makes an empty manifest of no files",
    inFolder(async () => {
      const { manifest, filters } = await rebuildManifest(duck, schema, PARTITION, []);
      expect(manifest).to.deep.include({ nextSegment: 0, segments: [], layouts: new Map() });
      expect(filters.size).to.equal(0);
    }),
  );

  describe("refuses", () => {
    const found = (path: string): FoundFile => ({ path, file: join(folder, path), createdAt: 1 });
    const refused = (path: string): Promise<unknown> =>
      kalamError(rebuildManifest(duck, schema, PARTITION, [found(path)]), "data_corrupt");

    it(
      "what is no Parquet file, a part of one, and none at all",
      inFolder(async () => {
        await write(rowsOf(0, 5000, 1n), 0);
        await writeFile(join(folder, "text.parquet"), "PAR1 this is none PAR1");
        await writeFile(join(folder, "empty.parquet"), "");
        await copyFile(join(folder, "batch-0.parquet"), join(folder, "cut.parquet"));
        await truncate(join(folder, "cut.parquet"), 3000);
        for (const path of ["text.parquet", "empty.parquet", "cut.parquet", "gone.parquet"]) await refused(path);
      }),
    );

    it(
      "files of other programs, of other keys, and rows out of order",
      inFolder(async () => {
        const metadata = JSON.stringify({
          format: 1,
          schema_version: 2,
          columns: [{ id: 1, name: "id", type: { kind: "bigint" } }],
        });
        await plain(`COPY (SELECT 1 AS id) TO '${folder}/foreign.parquet'`);
        await plain(
          `COPY (SELECT 9 - i AS "_seq", false AS "_deleted", 9 - i AS id FROM range(5) t(i)) TO '${folder}/unsorted.parquet' (KV_METADATA { kalamdb: '${metadata}' })`,
        );
        await plain(`COPY (SELECT 1 AS other) TO '${folder}/other.parquet' (KV_METADATA { kalamdb: '${metadata}' })`);
        await plain(`COPY (SELECT 1 AS id) TO '${folder}/broken.parquet' (KV_METADATA { kalamdb: '{"format": 1}' })`);
        for (const path of ["foreign.parquet", "unsorted.parquet", "other.parquet", "broken.parquet"])
          await refused(path);
      }),
    );
  });
});

async function plain(sql: string): Promise<void> {
  const instance = await DuckDBInstance.create(":memory:");
  const connection = await instance.connect();
  await connection.run(sql);
  connection.closeSync();
  instance.closeSync();
}
