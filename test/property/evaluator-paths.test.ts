import { expect } from "chai";
import fc from "fast-check";
import { InputBinder, NotSimple } from "../../src/engine/query/expression/index.ts";
import type { Relation, ResultColumn } from "../../src/engine/query/relation.ts";
import { planRowQuery } from "../../src/engine/query/row/index.ts";
import type { Row } from "../../src/engine/types/column-type.ts";
import { Decimal } from "../../src/engine/types/decimal.ts";
import { KalamError } from "../../src/errors/index.ts";
import { newEngine } from "../unit/analytic/harness.ts";
import { ArrayRelation, shapeOf } from "../unit/query/support/array-relation.ts";
import { collect, frameOf, loadGrammar, NOW, show, templateOf } from "../unit/query/support/run-query.ts";
import { expressionOf } from "./evaluator-grammar.ts";
import { TYPES, tableOf } from "./evaluator-rows.ts";

const RUNS = process.env.KALAMDB_TEST_LONG ? 10_000 : 150;
const SEED = process.env.KALAMDB_TEST_SEED === undefined ? {} : { seed: Number(process.env.KALAMDB_TEST_SEED) };

/** What a path answers: names and types of the columns, and the rows as text; undefined for an error. */
interface PathAnswer {
  readonly columns: readonly string[];
  readonly rows: readonly string[];
}

function answerOf(columns: readonly ResultColumn[], rows: readonly Row[]): PathAnswer {
  return {
    columns: columns.map(({ name, type }) => `${name} ${type.kind} ${type.scale ?? ""}`),
    rows: rows.map((row) => row.map((value) => (value === 0 ? "0" : show(value))).join(" ")),
  };
}

async function attempt(run: () => Promise<PathAnswer>): Promise<PathAnswer | undefined> {
  try {
    return await run();
  } catch (error) {
    if (error instanceof KalamError) return undefined;
    throw error;
  }
}

describe("both read paths", () => {
  const engine = newEngine({ threads: 1, maxConcurrent: 1 });
  const { shape, rows } = tableOf(11);
  const relation = new ArrayRelation(
    shape,
    rows.map((row) => row.slice(1)),
  );

  before(loadGrammar);
  after(() => engine.close());

  async function byRow(sql: string, of: Relation = relation): Promise<PathAnswer> {
    const { select, kinds, literals } = templateOf(sql);
    const binder = new InputBinder(kinds);
    const plan = planRowQuery(select, { shape: of.shape, alias: undefined, binder }, []);
    if (plan === undefined) throw new NotSimple(sql);
    return answerOf(plan.columns, await collect(await plan.run(of, frameOf(binder.bind([], literals)))));
  }

  async function byDuck(sql: string, of: Relation = relation): Promise<PathAnswer> {
    const { select, literals } = templateOf(sql);
    const answer = await engine.query(select, {
      resolve: () => of,
      inputs: literals,
      principal: { userId: "ada", role: "user" },
      sessionUser: "ada",
      namespace: "default",
      now: NOW,
      timeoutMillis: 60_000,
    });
    return answerOf(answer.columns, await collect(answer.rows));
  }

  it("give the same names, types and values", async () => {
    const anything = fc.constantFrom(...TYPES).chain((type) => expressionOf(type, 2));
    const query = fc.tuple(anything, expressionOf("boolean", 1));
    await fc.assert(
      fc.asyncProperty(query, async ([value, where]) => {
        const sql = `SELECT ${value.ours}, t FROM t WHERE ${where.ours}`;
        const mine = await attempt(() => byRow(sql));
        const theirs = await attempt(() => byDuck(sql));
        const lazy = value.lazy || where.lazy;
        if (lazy && (mine === undefined || theirs === undefined)) return;
        expect(mine, sql).to.deep.equal(theirs);
      }),
      { numRuns: RUNS, ...SEED },
    );
  });

  it("widen real beside every other kind of number, as PostgreSQL does", async () => {
    const table = realTable();
    const others = ["0.1", "1", "'0.1'", "(0.1)::numeric(10,2)", "'0.1'::double", "4294967296", "i", "d", "f", "r"];
    const forms = [
      ...["=", "<>", "<", "<=", ">", ">=", "IS DISTINCT FROM", "IS NOT DISTINCT FROM", "+", "-", "*"].flatMap(
        (name) => [(x: string) => `r ${name} ${x}`, (x: string) => `${x} ${name} r`],
      ),
      (x: string) => `r IN (${x}, 7)`,
      (x: string) => `r BETWEEN ${x} AND ${x}`,
      (x: string) => `nullif(r, ${x})`,
      (x: string) => `greatest(r, ${x})`,
      (x: string) => `coalesce(r, ${x})`,
      (x: string) => `CASE WHEN r IS NULL THEN ${x} ELSE r END`,
    ];
    for (const expression of others.flatMap((other) => forms.map((form) => form(other)))) {
      const sql = `SELECT ${expression} FROM t`;
      expect(await byRow(sql, table), sql).to.deep.equal(await byDuck(sql, table));
    }
    const answer = await byRow("SELECT r = 0.1, r = 0.1::real, r = '0.1' FROM t LIMIT 1", table);
    expect(answer.rows).to.deep.equal(["false true true"]);
  });

  it("measure vectors alike, also those without a length", async () => {
    const table = vectorTable();
    for (const query of ["[1, 0]", "[0, 0]", "[-1, 2.5]"]) {
      const sql = `SELECT cosine_distance(v, '${query}') FROM t`;
      expect(await byRow(sql, table), sql).to.deep.equal(await byDuck(sql, table));
    }
    expect((await byRow("SELECT cosine_distance(v, '[1, 0]') FROM t", table)).rows).to.deep.equal([
      "0",
      "2",
      "1",
      "null",
    ]);
  });
});

function realTable(): Relation {
  const shape = shapeOf("t", [
    { name: "r", type: { kind: "real" } },
    { name: "i", type: { kind: "integer" } },
    { name: "d", type: { kind: "decimal", precision: 10, scale: 2 } },
    { name: "f", type: { kind: "double" } },
  ]);
  const tenth = Math.fround(0.1);
  return new ArrayRelation(shape, [
    [tenth, 1, new Decimal(10n, 2), 0.1],
    [1.5, 1, new Decimal(150n, 2), 1.5],
    [-tenth, 0, new Decimal(-10n, 2), tenth],
    [null, 2, null, null],
  ]);
}

function vectorTable(): Relation {
  const shape = shapeOf("t", [{ name: "v", type: { kind: "embedding", dimensions: 2 } }]);
  const vectors = [Float32Array.of(3, 0), Float32Array.of(-2, 0), Float32Array.of(0, 0), null];
  return new ArrayRelation(
    shape,
    vectors.map((vector) => [vector]),
  );
}
