import { expect } from "chai";
import { type EmbeddedDatabase, open } from "../../../src/index.ts";
import { startChild } from "../../support/child.ts";
import { jobsDone } from "../../support/cold.ts";
import { expectSoundFiles } from "../../support/cold-files.ts";
import { values } from "../../support/engine.ts";
import { OPTIONS } from "./options.ts";
import { type Change, extraOf, type Found, hasTransient, type Line, rowsOf, sessionOf, TABLES } from "./tables.ts";

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
    const patience = setTimeout(() => child.process.kill("SIGTERM"), 180_000);
    const open = new Map<number, Change>();
    for await (const text of child.lines) {
      const line = JSON.parse(text) as Line;
      if ("sent" in line) open.set(line.sent, line);
      else if (!("done" in line)) this.#learn(line);
      else {
        const change = open.get(line.done);
        open.delete(line.done);
        if (change !== undefined) this.#apply(change);
      }
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
      for (const [found, table] of TABLES.entries()) this.#learn({ found, rows: await rowsOf(db, table) });
      this.#learn({ foundExtra: await extraOf(db) });
      this.#learn({ foundTransient: await hasTransient(db) });
      await this.#compare(db, why);
      await jobsDone(db);
      await this.#compare(db, `${why}, after the jobs that were left`);
      await db.query("STORAGE FLUSH ALL");
      await jobsDone(db);
      await this.#compare(db, `${why}, after a flush`);
    } finally {
      await db.close();
    }
    // What was read while it was replaced goes with the next start.
    await (await open({ ...OPTIONS, dataDir: this.#dataDir })).close();
    await expectSoundFiles(this.#dataDir, { other: this.#otherStorage });
  }

  /** Finds out what became of the statements that were under way: each as a whole. */
  #learn(found: Found): void {
    const known = this.#open;
    const left: Change[] = [];
    for (const change of this.#open) {
      if ("found" in found && "rows" in change && change.table === found.found) {
        const rows = new Map(found.rows);
        if (change.rows.every(([id, body]) => rows.get(id) === (body ?? undefined))) this.#apply(change);
      } else if ("foundExtra" in found && "extra" in change) this.#extra = found.foundExtra;
      else if ("foundTransient" in found && "transient" in change) this.#transient = found.foundTransient;
      else left.push(change);
    }
    this.#open = left;
    if ("found" in found) {
      const about = `what the next finds in ${JSON.stringify(TABLES[found.found])}, after ${JSON.stringify(known)}`;
      expect(found.rows, about).to.deep.equal(sorted(this.#rows[found.found]));
    }
  }

  async #compare(db: EmbeddedDatabase, why: string): Promise<void> {
    for (const [index, table] of TABLES.entries()) {
      const about = `${why}: ${JSON.stringify(table)}`;
      const expected = sorted(this.#rows[index]);
      expect(await rowsOf(db, table), about).to.deep.equal(expected);
      const { name } = table;
      const session = sessionOf(db, table);
      const counted = await values(session, `SELECT count(*) FROM (SELECT * FROM ${name}) AS q`);
      expect(counted, about).to.deep.equal([[BigInt(expected.length)]]);
      for (const [id, body] of [expected.at(0), expected.at(-1)].filter((row) => row !== undefined)) {
        expect(await values(session, `SELECT body FROM ${name} WHERE id = ${id}`), about).to.deep.equal([[body]]);
      }
    }
    expect(await hasTransient(db), why).to.equal(this.#transient);
    if (this.#rows[2]?.size !== 0) expect(await extraOf(db), why).to.equal(this.#extra);
  }
}

function sorted(rows: ReadonlyMap<number, string> = new Map()): [number, string][] {
  return [...rows].sort(([a], [b]) => a - b);
}

function setRow(rows: Map<number, string>, id: number, body: string | null): void {
  if (body === null) rows.delete(id);
  else rows.set(id, body);
}
