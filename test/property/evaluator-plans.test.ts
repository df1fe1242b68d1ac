import { expect } from "chai";
import fc from "fast-check";
import { InputBinder } from "../../src/engine/query/expression/index.ts";
import { planRowQuery } from "../../src/engine/query/row/index.ts";
import type { ColumnType, Row, Value } from "../../src/engine/types/column-type.ts";
import { Decimal } from "../../src/engine/types/decimal.ts";
import { ArrayRelation, keyTypesOf, shapeOf } from "../unit/query/support/array-relation.ts";
import { collect, frameOf, loadGrammar, show, templateOf } from "../unit/query/support/run-query.ts";

const RUNS = process.env.KALAMDB_TEST_LONG ? 50_000 : 700;
const SEED = process.env.KALAMDB_TEST_SEED === undefined ? {} : { seed: Number(process.env.KALAMDB_TEST_SEED) };

/** Types of keys, values that rows have, and texts to compare them with, some of which no row can have. */
const KEYS: readonly { type: ColumnType; values: readonly Value[]; texts: readonly string[] }[] = [
  {
    type: { kind: "bigint" },
    values: [-(2n ** 63n), -2n, 0n, 1n, 2n, 3n, 2n ** 63n - 1n],
    texts: ["1", "-2", "2.5", "'3'", "-0.5", "9223372036854775807", "99999999999999999999", "-1e30", "NULL", "1 + 1"],
  },
  {
    type: { kind: "integer" },
    values: [-2147483648, -1, 0, 1, 5, 2147483647],
    texts: ["1", "-1", "0.5", "2147483648", "-2147483649", "'5'", "NULL", "5::bigint", "1.0"],
  },
  {
    type: { kind: "text" },
    values: ["", "a", "a\u0000", "a\u0001", "ab", "é", "\ufffd", "😀"],
    texts: ["''", "'a'", "'ab'", "'é'", "'😀'", "NULL", "'a' || 'b'"],
  },
  {
    type: { kind: "decimal", precision: 6, scale: 2 },
    values: [-150n, 0n, 1n, 150n, 999_999n].map((unscaled) => new Decimal(unscaled, 2)),
    texts: ["1.5", "1", "0.005", "-1.5", "'1.50'", "99999", "-99999.999", "NULL"],
  },
  {
    type: { kind: "real" },
    values: [-1.5, 0, Math.fround(0.1), 2, Number.NaN, Number.POSITIVE_INFINITY],
    texts: ["0.1", "'0.1'", "2", "-1.5", "0", "'NaN'", "NULL"],
  },
  {
    type: { kind: "double" },
    values: [-1.5, 0, 0.1, 2, Number.NaN],
    texts: ["0.1", "'0.1'", "2", "-1.5", "-0.0", "'NaN'", "'Infinity'"],
  },
  {
    type: { kind: "timestamp" },
    values: [0n, 1_767_225_600_000_000n, 1_767_225_600_000_001n],
    texts: ["'2026-01-01'", "date '2026-01-01'", "now()", "now() - interval '1 day'", "NULL"],
  },
  {
    type: { kind: "date" },
    values: [0, 20_454, 20_455],
    texts: ["'2026-01-01'", "current_date", "timestamp '2026-01-01 12:00'", "NULL"],
  },
  { type: { kind: "boolean" }, values: [false, true], texts: ["true", "'f'", "NULL", "(1 = 1)"] },
];

type KeyKind = (typeof KEYS)[number];

const COMPARISONS = ["=", "=", "=", "<", "<=", ">", ">=", "<>"];

function comparison(name: string, kind: KeyKind): fc.Arbitrary<string> {
  const text = fc.constantFrom(...kind.texts);
  return fc.oneof(
    fc.tuple(fc.constantFrom(...COMPARISONS), text).map(([operator, value]) => `${name} ${operator} ${value}`),
    fc.tuple(text, fc.constantFrom(...COMPARISONS)).map(([value, operator]) => `${value} ${operator} ${name}`),
    fc.tuple(text, text).map(([low, high]) => `${name} BETWEEN ${low} AND ${high}`),
    fc.array(text, { minLength: 1, maxLength: 5 }).map((values) => `${name} IN (${values.join(", ")})`),
  );
}

const direction = fc.constantFrom("", " DESC");

/** A table with a key of two parts, and a query whose answer does not depend on how ties are ordered. */
const scenario = fc.tuple(fc.constantFrom(...KEYS), fc.constantFrom(...KEYS)).chain(([first, second]) => {
  const conditions = fc.array(
    fc.oneof(comparison("p", first), comparison("q", second), fc.constantFrom("v > 3", "(p IS NULL OR v < 9)")),
    { maxLength: 4 },
  );
  const order = fc.oneof(
    fc.tuple(direction, direction).map(([a, b]) => `ORDER BY p${a}, q${b}`),
    fc.tuple(direction, direction, direction).map(([a, b, c]) => `ORDER BY q${a}, p${b}, v${c}`),
    fc.tuple(direction, direction).map(([a, b]) => `ORDER BY v % 3${a}, p, q${b}`),
  );
  const limit = fc.constantFrom("", "", " LIMIT 1", " LIMIT 4", " LIMIT 3 OFFSET 2", " OFFSET 5");
  return fc.record({ first: fc.constant(first), second: fc.constant(second), conditions, order, limit });
});

function rowsOf(first: KeyKind, second: KeyKind): Value[][] {
  let count = 0;
  return first.values.flatMap((p) => second.values.map((q) => [p, q, count++]));
}

async function answer(sql: string, relation: ArrayRelation): Promise<string[]> {
  const { select, kinds, literals } = templateOf(sql);
  const binder = new InputBinder(kinds);
  const scope = { shape: relation.shape, alias: undefined, binder };
  const plan = planRowQuery(select, scope, keyTypesOf(relation.shape));
  if (plan === undefined) throw new Error(`not planned: ${sql}`);
  const rows = await collect(await plan.run(relation, frameOf(binder.bind([], literals))));
  return rows.map((row: Row) => row.map(show).join(" "));
}

describe("plans over a key", () => {
  before(loadGrammar);

  it("answer as if every row were read and sorted", async () => {
    await fc.assert(
      fc.asyncProperty(scenario, async ({ first, second, conditions, order, limit }) => {
        const columns = [
          { name: "p", type: first.type },
          { name: "q", type: second.type },
          { name: "v", type: { kind: "integer" } as const },
        ];
        const rows = rowsOf(first, second);
        const keyed = new ArrayRelation(shapeOf("t", columns, ["p", "q"]), rows);
        const plain = new ArrayRelation(shapeOf("t", columns), rows.toReversed());
        const where = conditions.length === 0 ? "" : `WHERE ${conditions.join(" AND ")}`;
        const sql = `SELECT p, q, v FROM t ${where} ${order}${limit}`;
        expect(await answer(sql, keyed), sql).to.deep.equal(await answer(sql, plain));
      }),
      { numRuns: RUNS, ...SEED },
    );
  });
});
