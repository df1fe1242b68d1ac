import { expect } from "chai";
import { type EmbeddedDatabase, open } from "../../../src/index.ts";
import { startChild } from "../../support/child.ts";
import { jobsDone } from "../../support/cold.ts";
import { expectSoundFiles } from "../../support/cold-files.ts";
import { values } from "../../support/engine.ts";
import { OPTIONS } from "./options.ts";
import { type Line, TABLES, TRANSIENT } from "./tables.ts";

type Change = Exclude<Line, { readonly done: number }>;

/**
 * What must be in a database whose writer was killed: everything that was acknowledged, and of each writer's last statement all or
 * nothing.
 */
export class Record {
  readonly #child: string;
  readonly #dataDir: string;
  readonly #otherStorage: string;
  readonly #rows = TABLES.map(() => new Map<number, string>());
  /** Value of the column that comes and goes; null: it is not there. */
  #extra: number | null = null;
  #transient = false;
  /** Sent by the last writer and not acknowledged. */
  #open: readonly Change[] = [];

  /** @param child the program that is killed */
  constructor(child: string, dataDir: string, otherStorage: string) {
    this.#child = child;
    this.#dataDir = dataDir;
    this.#otherStorage = otherStorage;
  }

  /** Lets a writer run until it kills itself at a milestone. */
  async runUntilKilled(seed: number, point: string, count: number): Promise<void> {
    const child = startChild(this.#child, [this.#dataDir, this.#otherStorage, String(seed), point, String(count)]);
    const patience = setTimeout(() => child.process.kill("SIGTERM"), 60_000);
    const open = new Map<number, Change>();
    for await (const text of child.lines) {
      const line = JSON.parse(text) as Line;
      if ("done" in line) {
        const change = open.get(line.done);
        open.delete(line.done);
        if (change !== undefined) this.#apply(change);
      } else open.set(line.sent, line);
    }
    clearTimeout(patience);
    this.#open = [...this.#open, ...open.values()];
    const { code, errors } = await child.ended;
    expect(code, `${point}: ${errors}`).to.equal("SIGKILL");
  }

  #apply(change: Change): void {
    if ("extra" in change) this.#extra = change.extra;
    else if ("transient" in change) this.#transient = change.transient;
    else for (const [id, body] of change.rows) setRow(this.#rows[change.table] ?? new Map(), id, body);
  }

  /** Opens the database and compares. What was sent and not acknowledged is known afterwards. */
  async check(why: string): Promise<void> {
    const db = await open({ ...OPTIONS, dataDir: this.#dataDir });
    try {
      await this.#learn(db);
      await this.#compare(db, why);
      await jobsDone(db);
      await this.#compare(db, `${why}, after the jobs that were left`);
      await db.query("STORAGE FLUSH ALL");
      await jobsDone(db);
      await this.#compare(db, `${why}, after a flush`);
    } finally {
      await db.close();
    }
    await expectSoundFiles(this.#dataDir, { other: this.#otherStorage });
  }

  /** Finds out what became of the statements that were under way: each as a whole. */
  async #learn(db: EmbeddedDatabase): Promise<void> {
    for (const change of this.#open) {
      if ("rows" in change && (await this.#isThere(db, change))) this.#apply(change);
      if ("extra" in change) this.#extra = await extraOf(db);
      if ("transient" in change) this.#transient = await exists(db);
    }
    this.#open = [];
  }

  async #isThere(db: EmbeddedDatabase, change: Extract<Change, { table: number }>): Promise<boolean> {
    const found = new Map(await rowsOf(db, change.table));
    return change.rows.every(([id, body]) => found.get(id) === (body ?? undefined));
  }

  async #compare(db: EmbeddedDatabase, why: string): Promise<void> {
    for (const [table, rows] of this.#rows.entries()) {
      const about = `${why}: ${JSON.stringify(TABLES[table])}`;
      const expected = [...rows].sort(([a], [b]) => a - b);
      expect(await rowsOf(db, table), about).to.deep.equal(expected);
      const { name, user } = TABLES[table] ?? { name: "", user: "" };
      const session = user === "root" ? db : db.as(user);
      const counted = await values(session, `SELECT count(*) FROM (SELECT * FROM ${name}) AS q`);
      expect(counted, about).to.deep.equal([[BigInt(expected.length)]]);
      for (const [id, body] of [expected.at(0), expected.at(-1)].filter((row) => row !== undefined)) {
        expect(await values(session, `SELECT body FROM ${name} WHERE id = ${id}`), about).to.deep.equal([[body]]);
      }
    }
    expect(await exists(db), why).to.equal(this.#transient);
    if (this.#rows[2]?.size !== 0) expect(await extraOf(db), why).to.equal(this.#extra);
  }
}

async function rowsOf(db: EmbeddedDatabase, table: number): Promise<[number, string][]> {
  const { name, user } = TABLES[table] ?? { name: "", user: "" };
  const rows = await values(user === "root" ? db : db.as(user), `SELECT id, body FROM ${name} ORDER BY id`);
  return rows.map(([id, body]) => [Number(id), String(body)]);
}

/** The default of the column that comes and goes, which all rows have; null: it is not there. */
async function extraOf(db: EmbeddedDatabase): Promise<number | null> {
  const { rows } = await db.query("SELECT * FROM crash.shared");
  const found = new Set(rows.map(({ extra }) => extra ?? null));
  expect(found.size, "values of one default").to.be.lessThan(2);
  const [value = null] = found;
  return value === null ? null : Number(value);
}

async function exists(db: EmbeddedDatabase): Promise<boolean> {
  const tables = await values(db, "SELECT table_name FROM information_schema.tables WHERE table_schema = 'crash'");
  return tables.some(([name]) => `crash.${name}` === TRANSIENT);
}

function setRow(rows: Map<number, string>, id: number, body: string | null): void {
  if (body === null) rows.delete(id);
  else rows.set(id, body);
}
