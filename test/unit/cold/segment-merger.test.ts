import { readdir, rm } from "node:fs/promises";
import { expect } from "chai";
import fc from "fast-check";
import { DELETED_SLOT, SEQ_SLOT, type TableSchema } from "../../../src/engine/catalog/table-schema.ts";
import { SegmentMerger } from "../../../src/engine/cold/compaction/segment-merger.ts";
import { layoutOf } from "../../../src/engine/cold/layouts.ts";
import type { ReadableSegment } from "../../../src/engine/cold/readable-segment.ts";
import { ScratchFolder } from "../../../src/engine/cold/scratch-folder.ts";
import { SegmentFiles } from "../../../src/engine/cold/segment-files.ts";
import { SegmentReader } from "../../../src/engine/cold/segment-reader.ts";
import type { Row } from "../../../src/engine/types/index.ts";
import { rejection } from "../../support/rejection.ts";
import { flushAll, history } from "./histories.ts";
import { collect, column, type SegmentFolder, table, version, withSegments } from "./segments.ts";

const numbers = table([column(1, "id", { kind: "bigint" }), column(2, "body", { kind: "text" })], ["id"]);
const lines = table([column(1, "line", { kind: "text" })], []);
const rowOf = (id: number, seq: number, deleted = false): Row =>
  version(numbers, BigInt(seq), deleted, [BigInt(id), `body ${id}`]);

interface Options {
  readonly expiry?: bigint;
  readonly fileRows?: number;
}

/** What segments become when they are merged. */
async function merge(
  folder: SegmentFolder,
  schema: TableSchema,
  segments: readonly ReadableSegment[],
  { expiry, fileRows = 1000 }: Options = {},
): Promise<ReadableSegment[]> {
  const files = new SegmentFiles();
  const reader = new SegmentReader(folder.host);
  const merger = new SegmentMerger(folder.host, new ScratchFolder(folder.path), {
    files,
    explain: (error, inputs) => reader.explain(error, inputs),
  });
  try {
    const merged = await merger.merge({ schema, segments, expiry, fileRows }, new AbortController().signal);
    return merged.map(({ file, written: { filter, ...figures } }) => {
      const segment = { ...figures, path: file, schemaVersion: 1, hides: false, createdAt: 0 };
      expect(filter.mayContain(segment.firstKey) && filter.mayContain(segment.lastKey)).to.equal(true);
      return { file, storagePath: file, columns: layoutOf(schema), segment };
    });
  } finally {
    expect(files.size, "files that are still held").to.equal(0);
  }
}

const rowsOf = (folder: SegmentFolder, schema: TableSchema, segments: readonly ReadableSegment[]): Promise<Row[]> =>
  collect(new SegmentReader(folder.host).scan(schema, segments, {}, false));

describe("merging segments", () => {
  it("keeps the newest version of each key, whatever became of the table meanwhile", () =>
    withSegments(async (folder) => {
      let run = 0;
      await fc.assert(
        fc.asyncProperty(history, fc.integer({ min: 1, max: 9 }), async (flushes, fileRows) => {
          const { schema, segments, newest } = await flushAll(folder, flushes, run++);
          const merged = await merge(folder, schema, segments, { fileRows });
          const keys = [...newest.keys()].sort();
          expect(merged.map(({ segment }) => segment.rowCount)).to.deep.equal(
            Array.from({ length: Math.ceil(keys.length / fileRows) }, (_, at) =>
              Math.min(fileRows, keys.length - at * fileRows),
            ),
          );
          expect(await rowsOf(folder, schema, merged)).to.deep.equal(keys.map((key) => newest.get(key)));
        }),
        { numRuns: 40 },
      );
    })).timeout(60_000);

  it("leaves deletions out whose time is up, and all files of nothing", () =>
    withSegments(async (folder) => {
      const old = await folder.write(numbers, [rowOf(1, 10), rowOf(2, 11), rowOf(3, 12)]);
      const newer = await folder.write(numbers, [rowOf(1, 20, true), rowOf(2, 30, true), rowOf(3, 40)], true);
      const merged = await merge(folder, numbers, [old, newer], { expiry: 25n });
      expect((await rowsOf(folder, numbers, merged)).map((row) => row[SEQ_SLOT])).to.deep.equal([30n, 40n]);
      const gone = await folder.write(numbers, [rowOf(3, 50, true)], true);
      expect(await merge(folder, numbers, [...merged, gone], { expiry: 99n })).to.deep.equal([]);
    }));

  it("of a table without a primary key", () =>
    withSegments(async (folder) => {
      const line = (seq: bigint, deleted: boolean): Row => version(lines, seq, deleted, [`line ${seq}`]);
      const old = await folder.write(lines, [line(1n, false), line(2n, false), line(5n, false)]);
      const newer = await folder.write(lines, [line(2n, true), line(6n, false)], true);
      const merged = await merge(folder, lines, [old, newer]);
      expect((await rowsOf(folder, lines, merged)).map((row) => [row[SEQ_SLOT], row[DELETED_SLOT]])).to.deep.equal([
        [1n, false],
        [2n, true],
        [5n, false],
        [6n, false],
      ]);
    }));

  it("names the segment that cannot be read, and leaves nothing behind", () =>
    withSegments(async (folder) => {
      const good = await folder.write(numbers, [rowOf(1, 10)]);
      const lost = await folder.write(numbers, [rowOf(2, 11)]);
      await rm(lost.file);
      const error = await rejection(merge(folder, numbers, [good, lost]));
      expect(error).to.include({ key: "segment_unreadable" });
      expect(String(error)).to.include(lost.storagePath);
      expect(await readdir(new ScratchFolder(folder.path).directory)).to.deep.equal([]);
    }));
});
