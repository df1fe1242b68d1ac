import {
  type DuckDBConnection,
  DuckDBDateValue,
  DuckDBDecimalValue,
  DuckDBInstance,
  DuckDBTimestampValue,
  type DuckDBValue,
} from "@duckdb/node-api";
import { expect } from "chai";
import fc from "fast-check";
import { compileExpression, InputBinder, NotSimple } from "../../src/engine/query/expression/index.ts";
import type { RelationShape } from "../../src/engine/query/relation.ts";
import type { Row, Value } from "../../src/engine/types/column-type.ts";
import { Decimal } from "../../src/engine/types/decimal.ts";
import { formatText } from "../../src/engine/types/index.ts";
import { KalamError } from "../../src/errors/index.ts";
import { evaluated, frameOf, loadGrammar, show, templateOf } from "../unit/query/support/run-query.ts";
import { COLUMNS, DUCK_TYPES, expressionOf, letters, type Pair } from "./evaluator-grammar.ts";
import { ROWS, TYPES, tableOf } from "./evaluator-rows.ts";

const RUNS = process.env.KALAMDB_TEST_LONG ? 40_000 : 400;
const SEED = process.env.KALAMDB_TEST_SEED === undefined ? {} : { seed: Number(process.env.KALAMDB_TEST_SEED) };
async function fill(connection: DuckDBConnection, shape: RelationShape, rows: readonly Row[]): Promise<void> {
  const names = TYPES.flatMap((type) => COLUMNS[type].map((name) => `${name} ${DUCK_TYPES[type]}`));
  await connection.run(`CREATE OR REPLACE TABLE t (id BIGINT, ${names.join(", ")})`);
  for (const row of rows) {
    const texts = shape.columns.map(({ slot, type }) => {
      const value = row[slot] ?? null;
      return value === null ? "NULL" : `'${formatText(value, type).replaceAll("'", "''")}'`;
    });
    await connection.run(`INSERT INTO t VALUES (${String(row[0])}, ${texts.join(", ")})`);
  }
}

/** The answer for every row, `!` for an error. */
function ours(pair: Pair, shape: RelationShape, rows: readonly Row[]): string[] {
  const { select, kinds, literals } = templateOf(`SELECT ${pair.ours} FROM t`);
  const binder = new InputBinder(kinds);
  const target = select.targetList?.[0];
  if (target === undefined || !("ResTarget" in target) || target.ResTarget.val === undefined)
    throw new Error("no target");
  const compiled = compileExpression(target.ResTarget.val, { shape, alias: undefined, binder });
  const frame = frameOf(binder.bind([], literals));
  return rows.map((row) => {
    try {
      return plain(compiled.evaluate(row, frame));
    } catch (error) {
      if (error instanceof KalamError) return "!";
      throw error;
    }
  });
}

function plain(value: Value): string {
  return typeof value === "number" && value === 0 ? "0" : show(value).replace(/n$/, "");
}

function duckPlain(value: DuckDBValue): string {
  if (value instanceof DuckDBDecimalValue) return plain(new Decimal(value.value, value.scale));
  if (value instanceof DuckDBTimestampValue) return String(value.micros);
  if (value instanceof DuckDBDateValue) return String(value.days);
  if (typeof value === "number" && !Number.isFinite(value)) return "!";
  return plain(value as Value);
}

async function ducks(connection: DuckDBConnection, pair: Pair): Promise<string[]> {
  const sql = `SELECT ${pair.duck} FROM t`;
  try {
    const all = await connection.runAndReadAll(`${sql} ORDER BY id`);
    return all.getRows().map((row) => duckPlain(row[0] ?? null));
  } catch {
    const each: string[] = [];
    for (let id = 0; id < ROWS; id++) {
      try {
        const one = await connection.runAndReadAll(`${sql} WHERE id = ${id}`);
        each.push(duckPlain(one.getRows()[0]?.[0] ?? null));
      } catch {
        each.push("!");
      }
    }
    return each;
  }
}

describe("the row evaluator and DuckDB", () => {
  let instance: DuckDBInstance;
  let connection: DuckDBConnection;

  before(async () => {
    await loadGrammar();
    instance = await DuckDBInstance.create(":memory:", {
      threads: "1",
      integer_division: "true",
      default_null_order: "nulls_last_on_asc_first_on_desc",
    });
    connection = await instance.connect();
  });

  after(() => {
    connection.closeSync();
    instance.closeSync();
  });

  it("give the same value, or both an error", async () => {
    const { shape, rows } = tableOf(7);
    await fill(connection, shape, rows);
    let refused = 0;
    const anything = fc.constantFrom(...TYPES).chain((type) => expressionOf(type, 3));
    await fc.assert(
      fc.asyncProperty(anything, async (pair) => {
        let mine: string[];
        try {
          mine = ours(pair, shape, rows);
        } catch (error) {
          if (!(error instanceof NotSimple)) throw error;
          refused++;
          return;
        }
        const theirs = await ducks(connection, pair);
        for (const [at, value] of mine.entries()) {
          const other = theirs[at];
          if (value === other || (pair.lazy && (value === "!" || other === "!"))) continue;
          throw new Error(
            `${pair.ours}: row ${at} gives ${value}, DuckDB ${other}\n${pair.duck}\n${rows[at]?.map((item) => show(item)).join(" ")}`,
          );
        }
      }),
      { numRuns: RUNS, ...SEED },
    );
    if (refused > RUNS / 10) throw new Error(`${refused} of ${RUNS} expressions were refused`);
  });

  it("read the same out of JSON", async () => {
    const names = fc.constantFrom("a", "b", "é", "a b");
    const scalar = fc.oneof(fc.constantFrom(null, true, false, 0, -7, 1.5, 123456789), letters);
    const { document } = fc.letrec<{ document: unknown }>((tie) => ({
      document: fc.oneof(
        { depthSize: "small", withCrossShrink: true },
        scalar,
        fc.array(tie("document"), { maxLength: 3 }),
        fc.dictionary(names, tie("document"), { maxKeys: 4, noNullPrototype: true }),
      ),
    }));
    const step = fc.oneof(
      names.map((name) => `'${name}'`),
      fc.integer({ min: -3, max: 3 }).map(String),
    );
    await fc.assert(
      fc.asyncProperty(document, fc.array(step, { maxLength: 2 }), step, async (value, path, last) => {
        const json = JSON.stringify(value).replaceAll("'", "''");
        const steps = path.map((part) => ` -> ${part}`).join("");
        const ours = show(evaluated(`('${json}'::json${steps}) ->> ${last}`));
        const theirs = await connection.runAndReadAll(`SELECT ('${json}'::JSON${steps}) ->> ${last}`);
        expect(ours, `${json}${steps} ->> ${last}`).to.equal(duckPlain(theirs.getRows()[0]?.[0] ?? null));
      }),
      { numRuns: RUNS / 2, ...SEED },
    );
  });
});
