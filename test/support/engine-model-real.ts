import { cp, rm } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "chai";
import { type EmbeddedDatabase, KalamError, type OpenOptions, open, type Session } from "../../src/index.ts";
import { type EngineModel, type ModelRow, type ModelTable, type Outcome, rowsOf } from "./engine-model.ts";

export const USERS = ["root", "alice", "bob"] as const;

/** The engine beside the model: runs statements and compares what both have. */
export class EngineUnderTest {
  readonly #options: OpenOptions;
  readonly #folder: string;
  #db: EmbeddedDatabase;
  #generation = 0;
  #comparisons = 0;

  private constructor(db: EmbeddedDatabase, options: OpenOptions, folder: string) {
    this.#db = db;
    this.#options = options;
    this.#folder = folder;
  }

  static async open(folder: string, options: OpenOptions): Promise<EngineUnderTest> {
    const db = await open({ ...options, dataDir: join(folder, "0") });
    return new EngineUnderTest(db, options, folder);
  }

  as(user: string): Session {
    return user === "root" ? this.#db : this.#db.as(user);
  }

  close(): Promise<void> {
    return this.#db.close();
  }

  async restart(): Promise<void> {
    await this.#db.close();
    this.#db = await open({ ...this.#options, dataDir: join(this.#folder, String(this.#generation)) });
  }

  /** Goes on with a copy of the folder as it is now, which nobody has closed: what a crash of the process leaves. */
  async crash(): Promise<void> {
    const from = join(this.#folder, String(this.#generation));
    const to = join(this.#folder, String(++this.#generation));
    await cp(from, to, { recursive: true, filter: (path) => !/\/lock-\d+$/.test(path) });
    await this.#db.close();
    await rm(from, { recursive: true });
    this.#db = await open({ ...this.#options, dataDir: to });
  }

  async expectOutcome(user: string, sql: string, expected: Outcome): Promise<void> {
    const got = await this.as(user)
      .query(sql)
      .catch((error: unknown) => error);
    if (got instanceof Error) {
      const key = got instanceof KalamError ? got.key : got.message;
      expect({ error: key }, `${sql}: ${got.message}`).to.deep.equal("error" in expected ? expected : "success");
      return;
    }
    if ("error" in expected) expect("success", sql).to.equal(expected.error);
    else {
      const { rows, rowCount } = got as Awaited<ReturnType<Session["query"]>>;
      expect(rowCount, sql).to.equal(expected.touched.length);
      if (sql.includes("RETURNING")) expect(sorted(rows), sql).to.deep.equal(sorted(expected.touched));
    }
  }

  /** Everything that everybody has, through both read paths. */
  async compare(model: EngineModel): Promise<void> {
    for (const { namespace, name, table } of model.tables()) {
      const users = table.kind === "shared" ? ["root"] : USERS;
      for (const user of users) await this.#compareRows(`${namespace}.${name}`, table, user, rowsOf(table, user));
    }
  }

  async #compareRows(name: string, table: ModelTable, user: string, expected: readonly ModelRow[]): Promise<void> {
    const session = this.as(user);
    const why = `${name} of ${user}`;
    const { rows } = await session.query(`SELECT * FROM ${name}`);
    const { rows: counted } = await session.query(`SELECT count(*) AS n FROM ${name}`);
    expect(counted, why).to.deep.equal([{ n: BigInt(expected.length) }]);
    if (this.#comparisons++ % 16 === 0) {
      const analytical = await session.query(`SELECT * FROM (SELECT * FROM ${name}) AS q`);
      expect(sorted(analytical.rows), `${why}, by DuckDB`).to.deep.equal(sorted(expected));
    }
    if (table.key.length === 0) {
      expect(sorted(rows), why).to.deep.equal(sorted(expected));
      return;
    }
    expect(rows, why).to.deep.equal(expected);
    const order = table.key.map((column) => `${column} DESC`).join(", ");
    const backwards = await session.query(`SELECT * FROM ${name} ORDER BY ${order}`);
    expect(backwards.rows, `${why}, backwards`).to.deep.equal(expected.toReversed());
    for (const row of [expected.at(0), expected.at(-1)]) {
      if (row === undefined) continue;
      const condition = table.key.map((column, index) => `${column} = $${index + 1}`).join(" AND ");
      const params = table.key.map((column) => row[column] ?? null);
      const found = await session.query(`SELECT * FROM ${name} WHERE ${condition}`, params);
      expect(found.rows, `${why}, by key`).to.deep.equal([row]);
      const elsewhere = params.map((value) => (typeof value === "number" ? value + 12_345_678 : `${value}!`));
      expect((await session.query(`SELECT * FROM ${name} WHERE ${condition}`, elsewhere)).rows, why).to.deep.equal([]);
    }
  }
}

function sorted(rows: readonly object[]): readonly string[] {
  return rows.map((row) => JSON.stringify(Object.entries(row))).sort();
}
