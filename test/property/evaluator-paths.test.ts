import { expect } from "chai";
import fc from "fast-check";
import { InputBinder, NotSimple } from "../../src/engine/query/expression/index.ts";
import type { ResultColumn } from "../../src/engine/query/relation.ts";
import { planRowQuery } from "../../src/engine/query/row/index.ts";
import type { Row } from "../../src/engine/types/column-type.ts";
import { KalamError } from "../../src/errors/index.ts";
import { newEngine } from "../unit/analytic/harness.ts";
import { ArrayRelation } from "../unit/query/support/array-relation.ts";
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

  async function byRow(sql: string): Promise<PathAnswer> {
    const { select, kinds, literals } = templateOf(sql);
    const binder = new InputBinder(kinds);
    const plan = planRowQuery(select, { shape, alias: undefined, binder }, []);
    if (plan === undefined) throw new NotSimple(sql);
    return answerOf(plan.columns, await collect(await plan.run(relation, frameOf(binder.bind([], literals)))));
  }

  async function byDuck(sql: string): Promise<PathAnswer> {
    const { select, literals } = templateOf(sql);
    const answer = await engine.query(select, {
      resolve: () => relation,
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
});
