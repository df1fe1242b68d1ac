import { writeSync } from "node:fs";
import { Engine } from "../../../src/engine/engine.ts";
import { EmbeddedDatabase } from "../../../src/index.ts";
import { SeededRandom } from "../../../src/runtime/random.ts";
import { createRuntime } from "../../../src/runtime/runtime.ts";
import { systemTimers } from "../../../src/runtime/timers.ts";
import { OPTIONS } from "./options.ts";
import { extraOf, type Found, hasTransient, rowsOf, sessionOf, TABLES, TRANSIENT, tablesSql } from "./tables.ts";

/**
 * Writes, flushes, compacts, alters and drops until it kills itself: when the named milestone is reached for the n-th time, or
 * after so many milliseconds. Says of every change before it is sent what it will be, and afterwards that it was acknowledged.
 */
const [dataDir = "", otherStorage = "", seed = "1", point = "", count = "1"] = process.argv.slice(2);
const random = new SeededRandom(Number(seed));
let left = Number(count);
let statements = 0;
const milestones = {
  reach: (name: string) => {
    if (name !== point || --left > 0) return;
    process.kill(process.pid, "SIGKILL");
    return new Promise<void>(() => undefined);
  },
};
if (point === "time") systemTimers.after(Number(count), () => process.kill(process.pid, "SIGKILL"));

const engine = await Engine.open({ ...OPTIONS, dataDir }, { runtime: createRuntime({ milestones }) });
const db = new EmbeddedDatabase(engine);
// It was not killed in time: say what it is doing.
process.once("SIGTERM", () => {
  const jobs = engine.jobs.list().filter(({ finishedAt }) => finishedAt === null);
  writeSync(2, `${left} times left, ${statements} statements, ${JSON.stringify(jobs)}\n`);
  process.exit(1);
});
for (const sql of tablesSql(otherStorage)) await db.query(sql);

function say(found: Found): void {
  writeSync(1, `${JSON.stringify(found)}\n`);
}

async function change(what: object, user: string, sql: string): Promise<void> {
  const number = ++statements;
  writeSync(1, `${JSON.stringify({ sent: number, ...what })}\n`);
  await sessionOf(db, { name: "", user }).query(sql);
  writeSync(1, `${JSON.stringify({ done: number })}\n`);
}

/** Inserts, changes and deletes rows of one table, one statement after another. */
async function write(table: number): Promise<void> {
  const { name, user } = TABLES[table] ?? { name: "", user: "" };
  const rows = await rowsOf(db, { name, user });
  say({ found: table, rows });
  const present = new Set(rows.map(([id]) => id));
  for (let version = 0; ; version++) {
    const ids = Array.from({ length: 1 + random.below(6) }, () => random.below(120));
    const body = `${seed}.${table}.${version}`;
    const fresh = [...new Set(ids)].filter((id) => !present.has(id));
    const known = [...new Set(ids)].filter((id) => present.has(id));
    const inserts = fresh.map((id) => `(${id}, '${body}')`).join(", ");
    const where = `WHERE id IN (${known.join(", ")})`;
    const remove = known.length > 0 && random.below(3) === 0;
    const changes = remove ? `DELETE FROM ${name} ${where}` : `UPDATE ${name} SET body = '${body}' ${where}`;
    const parts = [
      ...(fresh.length > 0 ? [`INSERT INTO ${name} (id, body) VALUES ${inserts}`] : []),
      ...(known.length > 0 ? [changes] : []),
    ];
    const effect = [...fresh.map((id) => [id, body]), ...known.map((id) => [id, remove ? null : body])];
    const sql = parts.length > 1 ? `BEGIN; ${parts.join("; ")}; COMMIT` : (parts[0] ?? "");
    await change({ table, rows: effect }, user, sql);
    for (const [id, value] of effect) {
      if (value === null) present.delete(Number(id));
      else present.add(Number(id));
    }
    await systemTimers.sleep(random.below(6));
  }
}

async function idle(): Promise<void> {
  while (engine.jobs.list().some(({ finishedAt }) => finishedAt === null)) await systemTimers.sleep(2);
}

/** Moves rows to segments and merges them, and changes the columns of a table meanwhile. */
async function move(): Promise<void> {
  say({ foundExtra: await extraOf(db) });
  const { rows } = await db.query("SELECT column_name FROM information_schema.columns WHERE column_name = 'extra'");
  let extra = rows.length > 0;
  for (let round = 1; ; round++) {
    await db.query("STORAGE FLUSH ALL");
    if (random.below(2) === 0) {
      const value = extra ? null : round;
      const sql = extra ? "DROP COLUMN extra" : `ADD COLUMN extra INT DEFAULT ${round}`;
      await change({ extra: value }, "root", `ALTER TABLE crash.shared ${sql}`);
      extra = !extra;
    }
    await idle();
    if (round % 2 === 1) await db.query("STORAGE COMPACT ALL");
    await idle();
  }
}

async function comeAndGo(): Promise<void> {
  say({ foundTransient: await hasTransient(db) });
  for (let round = 0; ; round++) {
    await change({ transient: true }, "root", `CREATE USER TABLE IF NOT EXISTS ${TRANSIENT} (id INT PRIMARY KEY)`);
    for (const user of ["alice", "bob"]) {
      await db.as(user).query(`INSERT INTO ${TRANSIENT} VALUES (${round}) ON CONFLICT DO NOTHING`);
    }
    await db.query(`STORAGE FLUSH TABLE ${TRANSIENT}`);
    await systemTimers.sleep(random.below(60));
    await change({ transient: false }, "root", `DROP TABLE ${TRANSIENT}`);
  }
}

await Promise.all([...TABLES.keys()].map(write).concat(move(), comeAndGo()));
