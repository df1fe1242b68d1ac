import { open, rm, truncate, writeFile } from "node:fs/promises";
import { expect } from "chai";
import fc from "fast-check";
import { DELETED_SLOT, SEQ_SLOT, type TableSchema } from "../../../src/engine/catalog/table-schema.ts";
import { readParquet } from "../../../src/engine/cold/parquet-files.ts";
import { mayHoldKey } from "../../../src/engine/cold/pruning.ts";
import type { ReadableSegment } from "../../../src/engine/cold/readable-segment.ts";
import { SegmentReader } from "../../../src/engine/cold/segment-reader.ts";
import { encodeKey } from "../../../src/engine/rows/key-codec.ts";
import type { Row } from "../../../src/engine/types/index.ts";
import { kalamError, rejection } from "../../support/rejection.ts";
import { flushAll, history } from "./histories.ts";
import { collect, column, type SegmentFolder, table, version, withSegments } from "./segments.ts";

const numbers = table([column(1, "id", { kind: "bigint" }), column(2, "body", { kind: "text" })], ["id"]);
const keyOf = (id: number): string => encodeKey([{ kind: "bigint" }], [BigInt(id)]);
const rowOf = (id: number, seq: number, deleted = false): Row =>
  version(numbers, BigInt(seq), deleted, [BigInt(id), `body ${id} of ${seq}`]);

function span(from: number, to: number, seq: number, step = 1): Row[] {
  const rows: Row[] = [];
  for (let id = from; id < to; id += step) rows.push(rowOf(id, seq + id));
  return rows;
}

const wantedOf = (ids: readonly number[], segments: readonly ReadableSegment[]) =>
  new Map(ids.map((id) => [keyOf(id), segments.filter(({ segment }) => mayHoldKey(segment, keyOf(id)))] as const));

describe("reading segments", () => {
  it("finds the newest versions in any history of segments and schemas, by key and in order", () =>
    withSegments(async (folder) => {
      let run = 0;
      await fc.assert(
        fc.asyncProperty(history, fc.tuple(fc.nat(60), fc.nat(60)), fc.boolean(), async (flushes, [a, b], reverse) => {
          run += 1;
          const { schema, segments, newest } = await flushAll(folder, flushes, run);
          const reader = new SegmentReader(folder.host);
          const sorted = [...newest.keys()].sort();
          expect(
            byKey(schema, await reader.lookup(schema, new Map(sorted.map((key) => [key, segments])))),
          ).to.deep.equal(byKey(schema, newest));
          const [low, high] = [sorted[a], sorted[b]];
          const range = { ...(low === undefined ? {} : { start: low }), ...(high === undefined ? {} : { end: high }) };
          const expected = sorted
            .filter((key) => (low === undefined || key >= low) && (high === undefined || key < high))
            .map((key) => newest.get(key) ?? []);
          if (reverse) expected.reverse();
          const scanned = await collect(reader.scan(schema, segments, range, reverse));
          expect(scanned.map((row) => known(schema, row))).to.deep.equal(expected.map((row) => known(schema, row)));
        }),
        { numRuns: 60 },
      );
    })).timeout(60_000);

  it("opens the newest candidates first and stops at the first that has the key", () =>
    withSegments(async (folder) => {
      const segments: ReadableSegment[] = [];
      for (let age = 0; age < 6; age++)
        segments.push(await folder.write(numbers, [...span(0, 10, age * 100), rowOf(50 + age, 0)]));
      const reader = new SegmentReader(folder.host);
      const found = await reader.lookup(numbers, wantedOf([3], segments));
      expect(found.get(keyOf(3))?.[SEQ_SLOT]).to.equal(503n);
      expect(reader.filesOpened).to.equal(1);
      await reader.lookup(numbers, wantedOf([51], segments));
      expect(reader.filesOpened, "four newer ones that span the key do not have it").to.equal(1 + 5);
      expect((await reader.lookup(numbers, wantedOf([700], segments))).size).to.equal(0);
      expect(reader.filesOpened, "no candidate, no file").to.equal(6);
    }));

  it("gives tombstones", () =>
    withSegments(async (folder) => {
      const old = await folder.write(numbers, span(0, 10, 100));
      const newer = await folder.write(numbers, [rowOf(4, 900, true)], true);
      const reader = new SegmentReader(folder.host);
      const found = await reader.lookup(numbers, wantedOf([4, 5], [old, newer]));
      expect(found.get(keyOf(4))?.[DELETED_SLOT]).to.equal(true);
      expect(found.get(keyOf(5))?.[DELETED_SLOT]).to.equal(false);
      expect((await collect(reader.scan(numbers, [old, newer], {}, false))).length).to.equal(10);
    }));

  it("looks for very many keys with few statements", () =>
    withSegments(async (folder) => {
      const segments: ReadableSegment[] = [];
      for (let age = 0; age < 5; age++)
        segments.push(await folder.write(numbers, span(age, 100_000, age * 1_000_000, 5)));
      const ids = Array.from({ length: 100_000 }, (_, id) => id);
      const wanted = new Map(ids.map((id) => [keyOf(id), [segments[id % 5] as ReadableSegment]]));
      const reader = new SegmentReader(folder.host);
      const found = await reader.lookup(numbers, wanted);
      expect(reader.filesOpened).to.equal(5);
      expect(found.size).to.equal(100_000);
      for (const [at, key] of [...wanted.keys()].entries()) {
        if (at % 997 === 0) expect(found.get(key)).to.deep.equal(rowOf(at, at + (at % 5) * 1_000_000));
      }
    })).timeout(30_000);

  it("reads what is asked for of a long segment, in windows, from either end", () =>
    withSegments(async (folder) => {
      const segment = await folder.write(numbers, span(0, 50_000, 0));
      const reader = new SegmentReader(folder.host);
      for (const reverse of [false, true]) {
        const all = await collect(reader.scan(numbers, [segment], {}, reverse));
        const ids = all.map((row) => Number(row[2]));
        expect(ids.length).to.equal(50_000);
        expect(ids[0]).to.equal(reverse ? 49_999 : 0);
        expect(ids.every((id, at) => at === 0 || id === (ids[at - 1] ?? 0) + (reverse ? -1 : 1))).to.equal(true);
        const before = reader.filesOpened;
        for await (const chunk of reader.scan(numbers, [segment], { start: keyOf(20_000) }, reverse)) {
          expect(chunk.length).to.be.at.most(2048);
          expect(Number(chunk[0]?.[2])).to.equal(reverse ? 49_999 : 20_000);
          break;
        }
        expect(reader.filesOpened - before, "one to find the place, one for the window").to.equal(2);
      }
    }));

  it("does not open segments that the scan does not reach", () =>
    withSegments(async (folder) => {
      const segments: ReadableSegment[] = [];
      for (let part = 0; part < 5; part++)
        segments.push(await folder.write(numbers, span(part * 10, part * 10 + 10, 0)));
      const reader = new SegmentReader(folder.host);
      for await (const chunk of reader.scan(numbers, segments, { start: keyOf(20) }, false)) {
        expect(chunk.map((row) => Number(row[2]))).to.deep.equal([20, 21, 22, 23, 24, 25, 26, 27, 28, 29]);
        break;
      }
      expect(reader.filesOpened).to.equal(1);
    }));

  it("holds no connection while its rows are taken, nor after it was left or cancelled", () =>
    withSegments(async (folder) => {
      const segments = [
        await folder.write(numbers, span(0, 9000, 0)),
        await folder.write(numbers, span(0, 9000, 10_000), true),
      ];
      const reader = new SegmentReader(folder.host);
      const scans = Array.from({ length: 20 }, () => reader.scan(numbers, segments, {}, false)[Symbol.asyncIterator]());
      for (const scan of scans) expect((await scan.next()).value?.length).to.be.greaterThan(0);
      for (const scan of scans) await scan.return?.();
      const stop = new AbortController();
      const cancelled = reader.scan(numbers, segments, {}, true, stop.signal)[Symbol.asyncIterator]();
      await cancelled.next();
      stop.abort();
      await kalamError(
        (async () => {
          while ((await cancelled.next()).done !== true);
        })(),
        "cancelled",
      );
      await kalamError(reader.lookup(numbers, wantedOf([1], segments), stop.signal), "cancelled");
      expect((await reader.lookup(numbers, wantedOf([1], segments))).size).to.equal(1);
    }));

  it("names the segment whose file is missing, cut off, empty or damaged, and reads the others", () =>
    withSegments(async (folder) => {
      const good = await folder.write(numbers, span(0, 10, 0), false, "good.parquet");
      const harms: ((file: string) => Promise<void>)[] = [
        (file) => rm(file),
        (file) => truncate(file, 100),
        (file) => writeFile(file, ""),
        (file) => damage(file),
      ];
      for (const [at, harm] of harms.entries()) {
        const bad = await folder.write(numbers, span(0, 60_000, 100), true, `bad-${at}.parquet`);
        await harm(bad.file);
        const reader = new SegmentReader(folder.host);
        const segments = [good, bad];
        for (const work of [
          () => collect(reader.scan(numbers, segments, {}, false)),
          () =>
            reader.lookup(
              numbers,
              new Map([
                [keyOf(3), [bad]],
                [keyOf(4), [good]],
              ]),
            ),
        ]) {
          const error = await kalamError(work(), "segment_unreadable");
          expect(error.message).to.include(`app/things/bad-${at}.parquet`);
          expect(error.message).not.to.include(folder.path);
        }
        expect((await collect(reader.scan(numbers, [good], {}, false))).length).to.equal(10);
        const failure = await rejection(
          folder.host.use(undefined, (connection) =>
            connection.run(`SELECT max(hash(f)) FROM ${readParquet(segments)} AS f`),
          ),
        );
        const explained = await reader.explain(failure, segments);
        expect(explained?.message).to.include(`app/things/bad-${at}.parquet`);
        expect(await reader.explain(new Error("Conversion Error: of something else"), [good])).to.equal(undefined);
      }
    }));

  it("names a missing segment by its place in the storage also where its path looks like a pattern", () =>
    withSegments(async (folder) => {
      const segment = await folder.write(numbers, span(0, 3, 0), false, "[a]*.parquet");
      await rm(segment.file);
      const reading = collect(new SegmentReader(folder.host).scan(numbers, [segment], {}, false));
      const error = await kalamError(reading, "segment_unreadable");
      expect(error.message).to.include("app/things/[a]*.parquet");
      expect(error.message).not.to.include(folder.path);
    }));

  it("reads files whatever their path looks like", () =>
    withSegments(async (folder: SegmentFolder) => {
      for (const name of ["it's a [x]*?.parquet", "body=5;--.parquet", "ü %41{a,b}.parquet", "a\\b.parquet"]) {
        const segment = await folder.write(numbers, span(0, 3, 0), false, name);
        const rows = await collect(new SegmentReader(folder.host).scan(numbers, [segment], {}, false));
        expect(rows).to.deep.equal(span(0, 3, 0));
      }
    }));
});

/** Overwrites the middle of a file. */
async function damage(file: string): Promise<void> {
  const handle = await open(file, "r+");
  try {
    await handle.write(Buffer.alloc(20_000, 0x55), 0, 20_000, 100);
  } finally {
    await handle.close();
  }
}

/** The slots of a row that say something: of a tombstone those of its key. */
function known(schema: TableSchema, row: Row): Row {
  if (row[DELETED_SLOT] !== true) return row;
  const kept = [SEQ_SLOT, DELETED_SLOT, ...schema.keySlots];
  return row.map((value, slot) => (kept.includes(slot) ? value : null));
}

function byKey(schema: TableSchema, rows: ReadonlyMap<string, Row>): (readonly [string, Row])[] {
  return [...rows].map(([key, row]) => [key, known(schema, row)] as const).sort(([a], [b]) => (a < b ? -1 : 1));
}
