import { expect } from "chai";
import fc from "fast-check";
import { columnSlot, SEQ_SLOT, type TableSchema } from "../../../src/engine/catalog/table-schema.ts";
import { mayMatch, pruneSegments } from "../../../src/engine/cold/pruning.ts";
import type { ReadableSegment } from "../../../src/engine/cold/readable-segment.ts";
import type { ColumnComparison, KeyRange } from "../../../src/engine/query/relation.ts";
import { encodeKey, keySuccessor } from "../../../src/engine/rows/key-codec.ts";
import { type ColumnType, compareValues, parseText, type Value } from "../../../src/engine/types/index.ts";
import { typedValue } from "../types/value-arbitraries.ts";
import { column, table } from "./segments.ts";

const OPERATORS = ["=", "<", "<=", ">", ">=", "in", "between", "is null", "is not null"] as const;

/** A segment that says what it would say of these values. */
function segmentOf(
  type: ColumnType,
  values: readonly Value[],
  more: Partial<ReadableSegment["segment"]> = {},
): ReadableSegment {
  const sorted = values.filter((value) => value !== null).sort(compareValues(type));
  return {
    file: `/${Math.abs(values.length)}`,
    storagePath: "",
    columns: [
      { id: 1, name: "k", type: { kind: "integer" } },
      { id: 2, name: "v", type },
    ],
    segment: {
      path: "",
      schemaVersion: 1,
      minSeq: 1n,
      maxSeq: 9n,
      rowCount: values.length,
      deletedCount: 0,
      hides: false,
      sizeBytes: 1,
      createdAt: 0,
      firstKey: "a",
      lastKey: "z",
      columnStats: new Map([
        [2, { min: sorted[0] ?? null, max: sorted.at(-1) ?? null, nullCount: values.length - sorted.length }],
      ]),
      ...more,
    },
  };
}

const tableOf = (type: ColumnType, missing?: string): TableSchema =>
  table([column(1, "k", { kind: "integer" }), column(2, "v", type, missing === undefined ? {} : { missing })], ["k"]);

/** What a WHERE would say, one value at a time. */
function meets(type: ColumnType, value: Value, { operator, values }: ColumnComparison): boolean {
  if (operator === "is null") return value === null;
  if (value === null) return false;
  const compare = (other: Value | undefined): number =>
    other == null ? Number.NaN : compareValues(type)(value, other);
  const [first, second] = values;
  switch (operator) {
    case "is not null":
      return true;
    case "in":
      return values.some((one) => compare(one) === 0);
    case "between":
      return compare(first) >= 0 && compare(second) <= 0;
    case "=":
      return compare(first) === 0;
    case "<":
      return compare(first) < 0;
    case "<=":
      return compare(first) <= 0;
    case ">":
      return compare(first) > 0;
    default:
      return compare(first) >= 0;
  }
}

const comparison = (values: readonly Value[], operator: ColumnComparison["operator"]): ColumnComparison => ({
  slot: columnSlot(column(2, "v", { kind: "integer" })),
  operator,
  values,
});

describe("segments that a query need not read", () => {
  it("never have a row that it asks for", () => {
    fc.assert(
      fc.property(
        fc.array(typedValue, { minLength: 6, maxLength: 60 }),
        fc.constantFrom(...OPERATORS),
        fc.array(fc.boolean(), { minLength: 8, maxLength: 8 }),
        (drawn, operator, nulls) => {
          const { type } = drawn[0] as (typeof drawn)[number];
          const same = drawn.filter((one) => JSON.stringify(one.type) === JSON.stringify(type));
          const pool = same.flatMap(({ value, other }) => [value, other]);
          const values = pool.map((value, at) => (nulls[at % 8] === true ? null : value));
          const constants = operator.startsWith("is") ? [] : pool.slice(0, operator === "in" ? 3 : 2).reverse();
          const asked = comparison(constants, operator);
          for (let from = 0; from < values.length; from++) {
            const some = values.slice(from, from + 2);
            const matched = some.some((value) => meets(type, value, asked));
            if (matched) expect(mayMatch(tableOf(type), segmentOf(type, some), asked)).to.equal(true);
          }
        },
      ),
      { numRuns: 2000 },
    );
  });

  it("are found by their least and greatest values", () => {
    const type: ColumnType = { kind: "text" };
    const segment = segmentOf(type, ["b", "d", null]);
    const may = (operator: ColumnComparison["operator"], ...values: Value[]): boolean =>
      mayMatch(tableOf(type), segment, comparison(values, operator));
    expect([may("=", "a"), may("=", "b"), may("=", "c"), may("=", "e")]).to.deep.equal([false, true, true, false]);
    expect([may("<", "b"), may("<=", "b"), may(">", "d"), may(">=", "d")]).to.deep.equal([false, true, false, true]);
    expect([may("in", "a", "e"), may("in", "a", "c"), may("in")]).to.deep.equal([false, true, false]);
    expect([may("between", "e", "f"), may("between", "a", "b"), may("between", "c", "a")]).to.deep.equal([
      false,
      true,
      false,
    ]);
    expect([may("is null"), may("is not null"), may("=", null)]).to.deep.equal([true, true, false]);
    const full = segmentOf(type, ["b"]);
    expect(mayMatch(tableOf(type), full, comparison([], "is null"))).to.equal(false);
    const empty = segmentOf(type, [null]);
    expect(mayMatch(tableOf(type), empty, comparison([], "is not null"))).to.equal(false);
    expect(mayMatch(tableOf(type), empty, comparison(["x"], "="))).to.equal(false);
  });

  it("are those without the column whose filled-in value does not match, and widened ones by what they hold", () => {
    const type: ColumnType = { kind: "bigint" };
    const older = {
      ...segmentOf(type, [1n]),
      columns: [{ id: 1, name: "k", type: { kind: "integer" } as ColumnType }],
    };
    expect(mayMatch(tableOf(type, "7"), older, comparison([7n], "="))).to.equal(true);
    expect(mayMatch(tableOf(type, "7"), older, comparison([8n], "="))).to.equal(false);
    expect(mayMatch(tableOf(type), older, comparison([7n], "="))).to.equal(false);
    expect(mayMatch(tableOf(type), older, comparison([], "is null"))).to.equal(true);
    const narrow = segmentOf({ kind: "integer" }, [5, 9]);
    expect(mayMatch(tableOf(type), narrow, comparison([9n], "="))).to.equal(true);
    expect(mayMatch(tableOf(type), narrow, comparison([2n ** 40n], "="))).to.equal(false);
    const decimal: ColumnType = { kind: "decimal", precision: 12, scale: 2 };
    expect(mayMatch(tableOf(decimal), narrow, comparison([parseText("6.50", decimal)], "="))).to.equal(true);
    expect(mayMatch(tableOf(decimal), narrow, comparison([parseText("9.01", decimal)], ">="))).to.equal(false);
  });

  it("are kept where nothing is known of the column", () => {
    const type: ColumnType = { kind: "text" };
    const segment = segmentOf(type, ["b"], { columnStats: new Map() });
    for (const operator of OPERATORS) {
      expect(mayMatch(tableOf(type), segment, comparison(["a", "a"], operator))).to.equal(true);
    }
  });

  it("hide rows also when their own are not asked for; only the range of keys leaves them out", () => {
    const type: ColumnType = { kind: "integer" };
    const key = (id: number): string => encodeKey([type], [id]);
    const old = segmentOf(type, [1], { firstKey: key(0), lastKey: key(9) });
    const newer = segmentOf(type, [2, 2], { firstKey: key(5), lastKey: key(20), hides: true });
    const pruned = (segments: readonly ReadableSegment[], range: KeyRange, comparisons: readonly ColumnComparison[]) =>
      pruneSegments(tableOf(type), segments, { range, comparisons });
    const asked = [comparison([1], "=")];
    expect(pruned([old, newer], {}, asked)).to.deep.equal({ segments: [old], hiding: [newer] });
    expect(pruned([old, newer], { end: key(5) }, asked)).to.deep.equal({ segments: [old], hiding: [] });
    const exact = { start: key(9), end: keySuccessor(key(9)) ?? "" };
    expect(pruned([old, newer], exact, [])).to.deep.equal({ segments: [old, newer], hiding: [newer] });
    const elsewhere = segmentOf(type, [1, 1, 1], { firstKey: key(30), lastKey: key(40) });
    expect(pruned([elsewhere, newer], {}, asked), "no key in common").to.deep.equal({
      segments: [elsewhere],
      hiding: [],
    });
    const tombstones = segmentOf(type, [null], { deletedCount: 1, hides: true });
    expect(pruned([tombstones], {}, [])).to.deep.equal({ segments: [], hiding: [] });
  });

  it("are told by _seq as by any column", () => {
    const type: ColumnType = { kind: "integer" };
    const segment = segmentOf(type, [1], { minSeq: 5n, maxSeq: 9n });
    const seq = (operator: ColumnComparison["operator"], value: bigint): boolean =>
      mayMatch(tableOf(type), segment, { slot: SEQ_SLOT, operator, values: [value] });
    expect([seq(">", 9n), seq(">=", 9n), seq("<", 5n), seq("=", 7n)]).to.deep.equal([false, true, false, true]);
  });
});
