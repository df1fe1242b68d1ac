import { expect } from "chai";
import fc from "fast-check";
import { DELETED_SLOT, SEQ_SLOT } from "../../../src/engine/catalog/table-schema.ts";
import { pruneSegments } from "../../../src/engine/cold/pruning.ts";
import type { ReadableSegment } from "../../../src/engine/cold/readable-segment.ts";
import { type LiveRowsRequest, liveRowsSql } from "../../../src/engine/cold/segment-sql.ts";
import { columnReader } from "../../../src/engine/duckdb/column-reader.ts";
import { typedConstant } from "../../../src/engine/duckdb/constants.ts";
import type { DuckHost } from "../../../src/engine/duckdb/host.ts";
import type { KeyRange, RelationColumn } from "../../../src/engine/query/relation.ts";
import { decodeKey, encodeKey } from "../../../src/engine/rows/key-codec.ts";
import type { Row, Value } from "../../../src/engine/types/index.ts";
import { flushAll, history } from "./histories.ts";
import { column, table, version, withSegments } from "./segments.ts";

const plain = table(
  [column(1, "id", { kind: "bigint" }), column(2, "x", { kind: "double" }), column(3, "body", { kind: "text" })],
  ["id"],
);
const keyOf = (id: number): string => encodeKey([{ kind: "bigint" }], [BigInt(id)]);
const rowOf = (id: number, seq: number, deleted = false): Row =>
  version(plain, BigInt(seq), deleted, [BigInt(id), id / 2, `body ${id}`]);
const span = (from: number, to: number, seq: number): Row[] =>
  Array.from({ length: to - from }, (_, at) => rowOf(from + at, seq + at));

/** A request for all columns of a table without anything special. */
function request(segments: readonly ReadableSegment[], more: Partial<LiveRowsRequest> = {}): LiveRowsRequest {
  const schema = more.schema ?? plain;
  const columns = schema.shape.columns.map((one, at) => ({ name: `k_${at}`, column: one }));
  return { schema, segments, hiding: [], columns, range: {}, hotShadows: undefined, ...more };
}

/** The rows of a request as rows of its table, in key order. */
async function rowsOf(host: DuckHost, live: LiveRowsRequest): Promise<Row[]> {
  const { schema, columns } = live;
  const rows = await answer(
    host,
    `SELECT * FROM ${liveRowsSql(live)}`,
    columns.map((one) => one.column),
  );
  const slots = rows.map((values) => {
    const row = new Array<Value>(schema.slotCount).fill(null);
    for (const [at, one] of columns.entries()) row[one.column.slot] = values[at] ?? null;
    return row;
  });
  return slots.sort((a, b) => (schema.keyOf(a) < schema.keyOf(b) ? -1 : 1));
}

function answer(host: DuckHost, sql: string, columns: readonly RelationColumn[]): Promise<Row[]> {
  return host.use(undefined, async (connection) => {
    const result = await connection.run(sql);
    const rows: Row[] = [];
    for (;;) {
      const chunk = await result.fetchChunk();
      if (chunk === null || chunk.rowCount === 0) return rows;
      const read = columns.map(({ type }, at) => columnReader(result.columnType(at), type)(chunk, at, chunk.rowCount));
      for (let at = 0; at < chunk.rowCount; at++) rows.push(read.map((values) => values[at] ?? null));
    }
  });
}

async function planOf(host: DuckHost, sql: string): Promise<string> {
  return host.use(undefined, async (connection) => {
    const result = await connection.runAndReadAll(`EXPLAIN (FORMAT JSON) ${sql}`);
    return String(result.getRows()[0]?.[1]);
  });
}

describe("the live rows of segments as SQL", () => {
  it("are the newest versions that are no tombstones, in any history of segments and schemas", () =>
    withSegments(async (folder) => {
      let run = 0;
      const shadowed = fc.array(fc.nat(40), { maxLength: 4 });
      await fc.assert(
        fc.asyncProperty(history, shadowed, fc.tuple(fc.nat(60), fc.nat(60)), async (flushes, shadows, [a, b]) => {
          run += 1;
          const { schema, segments, newest } = await flushAll(folder, flushes, run);
          const sorted = [...newest.keys()].sort();
          const [low, high] = [sorted[a], sorted[b]];
          const range: KeyRange = {
            ...(low === undefined ? {} : { start: low }),
            ...(high === undefined ? {} : { end: high }),
          };
          const hot = shadows.flatMap((at) => sorted[at] ?? []);
          const live = request([], {
            schema,
            ...pruneSegments(schema, segments, { range, comparisons: [] }),
            range,
            hotShadows: hot.length === 0 ? undefined : shadowTable(schema.keyTypes, hot),
          });
          const expected = sorted
            .filter((key) => (low === undefined || key >= low) && (high === undefined || key < high))
            .filter((key) => !hot.includes(key) && newest.get(key)?.[DELETED_SLOT] !== true)
            .map((key) => newest.get(key));
          expect(await rowsOf(folder.host, live)).to.deep.equal(expected);
        }),
        { numRuns: 80 },
      );
    })).timeout(60_000);

  it("of a table without a primary key end with their tombstones", () =>
    withSegments(async (folder) => {
      const schema = table([column(1, "body", { kind: "text" })], []);
      const row = (seq: number, deleted = false): Row => version(schema, BigInt(seq), deleted, ["x"]);
      const old = await folder.write(schema, [row(1), row(2), row(3)]);
      const newer = await folder.write(schema, [row(2, true), row(9)], true);
      const live = request([], { schema, ...pruneSegments(schema, [old, newer], { range: {}, comparisons: [] }) });
      expect((await rowsOf(folder.host, live)).map((one) => one[SEQ_SLOT])).to.deep.equal([1n, 3n, 9n]);
    }));

  it("of no segments, or of segments of tombstones, are none of the right types", () =>
    withSegments(async (folder) => {
      const gone = await folder.write(plain, [rowOf(1, 1, true)]);
      for (const segments of [[], [gone]]) {
        expect(await rowsOf(folder.host, request(segments))).to.deep.equal([]);
        const sql = `SELECT count(*) FROM (SELECT 1::BIGINT, false, 1::BIGINT, 2::DOUBLE, 'x' UNION ALL SELECT * FROM`;
        expect(
          (await answer(folder.host, `${sql} ${liveRowsSql(request(segments))})`, [countColumn]))[0],
        ).to.deep.equal([1n]);
      }
    }));

  it("can be counted without any column", () =>
    withSegments(async (folder) => {
      const segment = await folder.write(plain, span(0, 500, 0));
      const sql = `SELECT count(*) FROM ${liveRowsSql(request([segment], { columns: [] }))}`;
      expect((await answer(folder.host, sql, [countColumn]))[0]).to.deep.equal([500n]);
    }));

  it("are no more than the scan where nothing hides: projection and filters reach it", () =>
    withSegments(async (folder) => {
      const segments = [await folder.write(plain, span(0, 500, 0)), await folder.write(plain, span(500, 900, 1000))];
      const sql = liveRowsSql(request(segments));
      expect(sql).not.to.match(/_deleted" *(?!AS)[A-Z]*WHERE|JOIN|NOT|UNION|WHERE/);
      const plan = await planOf(folder.host, `SELECT sum(k_1) FROM ${sql} AS t WHERE k_0 > 600`);
      expect(plan).to.include("READ_PARQUET");
      expect(plan).to.match(/"Projections": "x"|"Projections": \[\s*"x"\s*\]/);
      expect(plan).to.match(/"Filters": "id>600|"Filters": \[\s*"id>600/);
      expect(plan).not.to.match(/ANTI|UNION|"FILTER/);
    }));

  it("are checked only where something may hide them", () =>
    withSegments(async (folder) => {
      const segments = [
        await folder.write(plain, span(0, 100, 0)),
        await folder.write(plain, span(100, 200, 1000)),
        await folder.write(plain, [rowOf(150, 9000), rowOf(151, 9001, true)], true),
      ];
      const live = request([], pruneSegments(plain, segments, { range: {}, comparisons: [] }));
      const sql = liveRowsSql(live);
      expect(sql.match(/ANTI JOIN/g)?.length).to.equal(1);
      expect(sql.match(/NOT f\."_deleted"/g)?.length).to.equal(1);
      expect((await rowsOf(folder.host, live)).length).to.equal(199);
      const elsewhere = request([], {
        ...pruneSegments(plain, segments, { range: { end: keyOf(100) }, comparisons: [] }),
        range: { end: keyOf(100) },
      });
      expect(liveRowsSql(elsewhere)).not.to.match(/ANTI JOIN|NOT|WHERE/);
    }));

  it("let filters and the bounds of the range through to the scan, also beside an anti-join", () =>
    withSegments(async (folder) => {
      const segments = [await folder.write(plain, span(0, 100, 0)), await folder.write(plain, [rowOf(50, 9000)], true)];
      const range = { start: keyOf(20), end: keyOf(60) };
      const live = request([], { ...pruneSegments(plain, segments, { range, comparisons: [] }), range });
      const plan = await planOf(folder.host, `SELECT sum(k_1) FROM ${liveRowsSql(live)} AS t WHERE k_1 > 12`);
      expect(plan).to.include("ANTI");
      expect(plan).to.match(/id>=20/);
      expect(plan).to.match(/x>12/);
    }));

  it("quote what columns are called in a file, and what was missing", () =>
    withSegments(async (folder) => {
      const former = table([column(1, "id", { kind: "bigint" }), column(2, 'a"; DROP', { kind: "text" })], ["id"]);
      const segment = await folder.write(
        table([column(1, "id", { kind: "bigint" }), column(2, "select", { kind: "text" })], ["id"]),
        [version(former, 1n, false, [1n, "x"])],
      );
      const schema = table(
        [...former.definition.columns, column(3, "later", { kind: "text" }, { missing: "'; DROP TABLE t; --" })],
        ["id"],
      );
      expect(await rowsOf(folder.host, request([segment], { schema }))).to.deep.equal([
        [1n, false, 1n, "x", "'; DROP TABLE t; --"],
      ]);
    }));
});

const countColumn: RelationColumn = { name: "count", type: { kind: "bigint" }, slot: 0, hidden: false };

function shadowTable(types: Parameters<typeof decodeKey>[0], keys: readonly string[]): string {
  const rows = keys.map((key) => {
    const values = decodeKey(types, key);
    return `(${types.map((type, at) => typedConstant(values[at] ?? null, type)).join(", ")})`;
  });
  return `(SELECT * FROM (VALUES ${rows.join(", ")}) AS v(${types.map((_, at) => `k${at}`).join(", ")}))`;
}
