import { expect } from "chai";
import fc from "fast-check";
import { keyRangeSql } from "../../../src/engine/cold/key-range-sql.ts";
import { SegmentReader } from "../../../src/engine/cold/segment-reader.ts";
import { typedConstant } from "../../../src/engine/duckdb/constants.ts";
import { encodeKey, keySuccessor } from "../../../src/engine/rows/key-codec.ts";
import type { Row, Value } from "../../../src/engine/types/index.ts";
import { typedValue } from "../types/value-arbitraries.ts";
import { collect, column, type SegmentFolder, storedValue, table, version, withSegments } from "./segments.ts";

/** Rows of one key of random types. */
const keys = fc
  .array(typedValue, { minLength: 1, maxLength: 3 })
  .map((parts) => parts.map(({ type, value, other }) => ({ type, values: [value, other] })));

describe("values in segments", () => {
  it("come back as the hot store gives them, whatever the type", () =>
    withSegments(async (folder) => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(typedValue, { minLength: 1, maxLength: 2 }),
          fc.array(storedValue, { minLength: 1, maxLength: 6 }),
          async (key, others) => {
            const specs = [...key, ...others].map(({ type }, at) => column(at + 1, `c${at}`, type));
            const schema = table(
              specs,
              key.map((_, at) => `c${at}`),
            );
            const values = [...key, ...others].map(({ value }) => value);
            const row = schema.decode(schema.encode(version(schema, 5n, false, values), false));
            const segment = await folder.write(schema, [row], false, "values.parquet");
            const reader = new SegmentReader(folder.host);
            const [scanned] = await collect(reader.scan(schema, [segment], {}, false));
            expect(scanned).to.deep.equal(row);
            const encoded = schema.keyOf(row);
            const found = await reader.lookup(schema, new Map([[encoded, [segment]]]));
            expect(found.get(encoded)).to.deep.equal(row);
          },
        ),
        { numRuns: 100 },
      );
    }));

  it("are found by key in a list of many, whatever the type", () =>
    withSegments(async (folder) => {
      await fc.assert(
        fc.asyncProperty(fc.infiniteStream(typedValue), typedValue, async (stream, { type }) => {
          const values = new Map<string, Value>();
          for (const drawn of stream) {
            if (drawn.type.kind === type.kind && drawn.type.precision === type.precision) {
              for (const value of [drawn.value, drawn.other]) values.set(encodeKey([type], [value]), value);
            }
            if (values.size >= (type.kind === "boolean" ? 2 : 40)) break;
          }
          const schema = table([column(1, "k", type)], ["k"]);
          const rows = [...values.values()].map((value, at) => version(schema, BigInt(at), false, [value]));
          const segment = await folder.write(schema, rows, false, "many.parquet");
          const found = await new SegmentReader(folder.host).lookup(
            schema,
            new Map([...values.keys()].map((key) => [key, [segment]])),
          );
          expect([...found.keys()].sort()).to.deep.equal([...values.keys()].sort());
        }),
        { numRuns: 25 },
      );
    }));

  it("are not passed over by the statistics of a file that has them", () =>
    withSegments(async (folder) => {
      const reader = new SegmentReader(folder.host);
      await fc.assert(
        fc.asyncProperty(keys, fc.nat(7), async (parts, absent) => {
          const specs = parts.map(({ type }, at) => column(at + 1, `c${at}`, type));
          const schema = table(
            specs,
            specs.map(({ name }) => name),
          );
          const rows = new Map<string, Row>();
          for (const [at, values] of combinations(parts.map((part) => part.values)).entries()) {
            const row = schema.decode(schema.encode(version(schema, BigInt(at), false, values), false));
            rows.set(schema.keyOf(row), row);
          }
          const sorted = [...rows.keys()].sort();
          const written = sorted.filter((_, at) => at !== absent);
          if (written.length === 0) return;
          const segment = await folder.write(
            schema,
            written.map((key) => rows.get(key) ?? []),
            false,
            "statistics.parquet",
          );
          for (const key of sorted) {
            const found = await reader.lookup(schema, new Map([[key, [segment]]]));
            expect([...found.keys()]).to.deep.equal(written.includes(key) ? [key] : []);
            for (const range of [{ start: key }, { end: key }]) {
              const scanned = await collect(reader.scan(schema, [segment], range, false));
              const expected = written.filter((one) => ("start" in range ? one >= key : one < key));
              expect(scanned.map((row) => schema.keyOf(row))).to.deep.equal(expected);
            }
          }
        }),
        { numRuns: 50 },
      );
    })).timeout(60_000);

  it("are ordered by DuckDB as their keys are, and cut by a range at the same places", () =>
    withSegments(async ({ host }: SegmentFolder) => {
      await fc.assert(
        fc.asyncProperty(keys, fc.nat(30), fc.nat(255), async (parts, cut, byte) => {
          const types = parts.map(({ type }) => type);
          const tuples = combinations(parts.map(({ values }) => values));
          const encoded = tuples.map((values) => encodeKey(types, values));
          const rows = tuples.map((values, at) => {
            const constants = values.map((value, part) => typedConstant(value, types[part] ?? { kind: "text" }));
            return `(${[...constants, String(at)].join(", ")})`;
          });
          const names = types.map((_, part) => `k${part}`);
          const from = `FROM (VALUES ${rows.join(", ")}) AS t(${[...names, "n"].join(", ")})`;
          const columns = types.map((type, part) => ({ sql: `t.k${part}`, type }));
          const numbers = (sql: string): Promise<number[]> =>
            host.use(undefined, async (connection) => {
              const result = await connection.runAndReadAll(sql);
              return result.getRows().map(([n]) => Number(n));
            });
          const ordered = await numbers(`SELECT n ${from} ORDER BY ${names.join(", ")}, n`);
          const sorted = [...encoded.keys()].sort((a, b) => order(encoded[a] ?? "", encoded[b] ?? "") || a - b);
          expect(ordered).to.deep.equal(sorted);

          const whole = encoded[0] ?? "";
          const bounds = [whole, whole.slice(0, cut), whole.slice(0, cut) + String.fromCharCode(byte)];
          const after = keySuccessor(whole);
          if (after !== undefined) bounds.push(after);
          for (const bound of bounds) {
            const behind = [...encoded.keys()].filter((at) => (encoded[at] ?? "") >= bound);
            const before = [...encoded.keys()].filter((at) => (encoded[at] ?? "") < bound);
            const start = keyRangeSql(columns, { start: bound }) ?? "TRUE";
            const end = keyRangeSql(columns, { end: bound }) ?? "TRUE";
            expect(await numbers(`SELECT n ${from} WHERE ${start} ORDER BY n`), start).to.deep.equal(behind);
            expect(await numbers(`SELECT n ${from} WHERE ${end} ORDER BY n`), end).to.deep.equal(before);
          }
        }),
        { numRuns: 200 },
      );
    }));
});

function order(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function combinations(parts: readonly (readonly Value[])[]): Value[][] {
  const [first, ...rest] = parts;
  if (first === undefined) return [[]];
  return first.flatMap((value) => combinations(rest).map((tail) => [value, ...tail]));
}
