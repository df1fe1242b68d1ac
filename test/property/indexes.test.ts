import { expect } from "chai";
import fc from "fast-check";
import { type EmbeddedDatabase, type OpenOptions, open } from "../../src/index.ts";
import { compactAll, flushAll, jobsDone } from "../support/cold.ts";
import { values } from "../support/engine.ts";
import { withFolder } from "../support/folder.ts";

const LONG = process.env.KALAMDB_TEST_LONG !== undefined;
const SEED = process.env.KALAMDB_TEST_SEED === undefined ? {} : { seed: Number(process.env.KALAMDB_TEST_SEED) };

/** Enough for indexes in memory to be made. */
const ROWS = 700;

/** In memory; never in memory; now and then; with small segments. */
const BUDGETS: readonly OpenOptions[] = [
  {},
  { maxPartitionBytes: 900 },
  { cacheBytes: 1 },
  { maxPartitionBytes: 150_000, segmentRows: 200 },
];

const COLUMNS = ["k", "n", "d", "k, n", "n, k", "t"];
const ORDERS = [
  "",
  "ORDER BY n",
  "ORDER BY n DESC",
  "ORDER BY n DESC NULLS LAST",
  "ORDER BY n, id",
  "ORDER BY n DESC, id DESC",
  "ORDER BY k, n",
  "ORDER BY k DESC, n DESC",
  "ORDER BY k DESC, n",
  "ORDER BY t DESC",
  "ORDER BY d, id",
  "ORDER BY id DESC",
];

const number = fc.integer({ min: -2, max: 42 });
const text = fc.integer({ min: 0, max: 12 }).map((at) => `'k${at}'`);

const condition: fc.Arbitrary<string> = fc.oneof(
  fc.constant(""),
  text.map((k) => `k = ${k}`),
  number.map((n) => `n = ${n}`),
  number.map((n) => `n > ${n}`),
  number.map((n) => `${n} >= n`),
  number.map((n) => `n < ${n}.5`),
  fc.tuple(number, number).map(([a, b]) => `n BETWEEN ${a} AND ${b}`),
  fc.array(number, { minLength: 1, maxLength: 4 }).map((list) => `n IN (${list.join(", ")})`),
  fc.tuple(text, text, number).map(([a, b, n]) => `k IN (${a}, ${b}) AND n <> ${n}`),
  fc.tuple(text, number).map(([k, n]) => `k = ${k} AND n >= ${n}`),
  fc.tuple(text, number).map(([k, n]) => `k = ${k} AND n = ${n} AND id > 20`),
  number.map((n) => `d = ${n} OR n = ${n}`),
  number.map((n) => `d >= ${n}.25 AND d < ${n + 3}`),
  number.map((n) => `t = TIMESTAMP '2024-01-01 00:00:00' + INTERVAL '${n} hours'`),
  number.map((n) => `t < '2024-01-02 ${String(Math.abs(n % 24)).padStart(2, "0")}:00:00'`),
  fc.constant("n = NULL"),
);

const query = fc
  .tuple(condition, fc.constantFrom(...ORDERS), fc.constantFrom("", "", "LIMIT 7", "LIMIT 40 OFFSET 3", "LIMIT 0"))
  .map(([where, order, limit]) => {
    const filter = where === "" ? "" : `WHERE ${where}`;
    return (table: string): string => `SELECT id, k, n, d, t FROM ${table} ${filter} ${order} ${limit}`;
  });

const change = fc.oneof(
  fc.tuple(condition, number).map(
    ([where, n]) =>
      (t: string) =>
        `UPDATE ${t} SET n = ${n} WHERE ${where || "id < 9"}`,
  ),
  fc.tuple(fc.integer({ min: 2, max: 60 }), text).map(
    ([every, k]) =>
      (t: string) =>
        `UPDATE ${t} SET k = ${k}, d = d + 0.5, t = t + INTERVAL '1 hour' WHERE id % ${every} = 0`,
  ),
  fc.integer({ min: 2, max: 40 }).map((every) => (t: string) => `DELETE FROM ${t} WHERE id % ${every} = 1`),
  fc.tuple(condition, fc.integer({ min: 5, max: 90 })).map(
    ([where, every]) =>
      (t: string) =>
        `DELETE FROM ${t} WHERE id % ${every} = 2 AND (${where || "true"})`,
  ),
  fc.tuple(fc.integer({ min: 0, max: ROWS }), fc.integer({ min: 1, max: 60 })).map(
    ([from, count]) =>
      (t: string) =>
        `${rowsText(t, from, count)} ON CONFLICT (id) DO UPDATE SET n = excluded.n, k = excluded.k`,
  ),
);

function rowsText(table: string, from: number, count: number): string {
  const rows = Array.from({ length: count }, (_, at) => {
    const id = from + at;
    const n = id % 11 === 0 ? "NULL" : String((id * 7) % 40);
    const t = `TIMESTAMP '2024-01-01 00:00:00' + INTERVAL '${(id * 13) % 50} hours'`;
    return `(${id}, 'k${(id * 5) % 12}', ${n}, ${(id * 3) % 40}.25, ${t})`;
  });
  return `INSERT INTO ${table} (id, k, n, d, t) VALUES ${rows.join(", ")}`;
}

type Step =
  | { readonly kind: "change"; readonly sql: (table: string) => string }
  | { readonly kind: "transaction"; readonly sqls: readonly ((table: string) => string)[] }
  | { readonly kind: "flush" | "compact" | "restart" | "clear" }
  | { readonly kind: "index"; readonly columns: string; readonly drop: boolean };

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: change.map((sql): Step => ({ kind: "change", sql })) },
  {
    weight: 2,
    arbitrary: fc.array(change, { minLength: 2, maxLength: 3 }).map((sqls): Step => ({ kind: "transaction", sqls })),
  },
  { weight: 3, arbitrary: fc.constantFrom("flush", "compact", "restart", "clear").map((kind): Step => ({ kind })) },
  {
    weight: 2,
    arbitrary: fc
      .tuple(fc.constantFrom(...COLUMNS), fc.boolean())
      .map(([columns, drop]): Step => ({ kind: "index", columns, drop })),
  },
);

/** Two tables with the same rows: one has indexes. */
const TABLES = ["app.indexed", "app.plain"] as const;

class Pair {
  readonly #folder: string;
  readonly #options: OpenOptions;
  #db: EmbeddedDatabase;

  private constructor(folder: string, options: OpenOptions, db: EmbeddedDatabase) {
    this.#folder = folder;
    this.#options = options;
    this.#db = db;
  }

  static async open(folder: string, options: OpenOptions): Promise<Pair> {
    const db = await open({ ...options, dataDir: folder });
    await db.query("CREATE NAMESPACE app");
    for (const table of TABLES) {
      await db.query(`CREATE USER TABLE ${table} (id INT PRIMARY KEY, k TEXT, n INT, d DECIMAL(8, 2), t TIMESTAMP)`);
      await db.query(rowsText(table, 0, ROWS));
    }
    await db.query("CREATE INDEX ON app.indexed (n)");
    await db.query("CREATE INDEX ON app.indexed (k, n)");
    return new Pair(folder, options, db);
  }

  close(): Promise<void> {
    return this.#db.close();
  }

  async take(taken: Step): Promise<void> {
    switch (taken.kind) {
      case "change":
        return this.#both(taken.sql);
      case "transaction":
        return this.#both((table) => ["BEGIN", ...taken.sqls.map((sql) => sql(table)), "COMMIT"].join("; "));
      case "flush":
        return flushAll(this.#db);
      case "compact":
        return compactAll(this.#db);
      case "clear":
        await this.#db.query("CLEAR CACHE");
        return;
      case "restart":
        await this.#db.close();
        this.#db = await open({ ...this.#options, dataDir: this.#folder });
        return;
      case "index": {
        const name = `i_${taken.columns.replaceAll(", ", "_")}`;
        await this.#db.query(
          taken.drop
            ? `DROP INDEX IF EXISTS app.${name}`
            : `CREATE INDEX IF NOT EXISTS ${name} ON app.indexed (${taken.columns})`,
        );
        await jobsDone(this.#db);
      }
    }
  }

  async #both(sql: (table: string) => string): Promise<void> {
    const [indexed, plain] = await Promise.all(TABLES.map((table) => this.#db.query(sql(table))));
    expect(indexed?.rowCount, sql("t")).to.equal(plain?.rowCount);
  }

  async compare(sql: (table: string) => string): Promise<void> {
    const [indexed, plain] = await Promise.all(TABLES.map((table) => values(this.#db, sql(table))));
    expect(indexed, sql("t")).to.deep.equal(plain);
  }
}

describe("indexes", () => {
  it("change no answer", async function () {
    this.timeout(LONG ? 3_600_000 : 120_000);
    const rounds = fc.array(fc.tuple(step, fc.array(query, { minLength: 4, maxLength: 4 })), {
      minLength: 6,
      maxLength: LONG ? 25 : 14,
    });
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...BUDGETS), rounds, async (budget, taken) => {
        await withFolder(async (folder) => {
          const pair = await Pair.open(folder, { driver: "sqlite", ...budget });
          try {
            for (const [next, queries] of taken) {
              await pair.take(next);
              for (const sql of queries) await pair.compare(sql);
            }
          } finally {
            await pair.close();
          }
        });
      }),
      { numRuns: LONG ? 60 : 6, ...SEED },
    );
  });
});
