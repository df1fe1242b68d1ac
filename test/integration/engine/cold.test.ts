import { expect } from "chai";
import type { EmbeddedDatabase, Session } from "../../../src/index.ts";
import { compactAll, flushAll, jobsDone } from "../../support/cold.ts";
import { onEveryDriver, values } from "../../support/engine.ts";

async function notes(db: EmbeddedDatabase, rows = 30): Promise<Session> {
  await db.query("CREATE NAMESPACE app");
  await db.query("CREATE USER TABLE app.notes (id INT PRIMARY KEY, body TEXT, stars INT)");
  const alice = db.as("alice");
  for (let id = 1; id <= rows; id++) {
    await alice.query("INSERT INTO app.notes VALUES ($1, $2, $3)", [id, `note ${id}`, id % 5]);
  }
  return alice;
}

const everything = (session: Session) => values(session, "SELECT * FROM app.notes ORDER BY id");

describe("cold rows", () => {
  onEveryDriver("are answered as before they were flushed", async (db) => {
    const alice = await notes(db);
    const questions = [
      "SELECT * FROM app.notes",
      "SELECT * FROM app.notes ORDER BY id DESC LIMIT 3",
      "SELECT body FROM app.notes WHERE id = 7",
      "SELECT id FROM app.notes WHERE id IN (3, 99, 5) ORDER BY id",
      "SELECT id FROM app.notes WHERE id > 10 AND id <= 13",
      "SELECT id, body FROM app.notes WHERE stars = 2",
      "SELECT id FROM app.notes LIMIT 4 OFFSET 5",
      "SELECT count(*) FROM app.notes",
      "SELECT stars, count(*), sum(id) FROM app.notes GROUP BY stars ORDER BY stars",
      "SELECT a.id, b.id FROM app.notes a JOIN app.notes b ON a.id = b.id + 1 WHERE a.id < 5 ORDER BY 1",
      "SELECT id, _seq, _deleted FROM app.notes WHERE id = 4",
    ];
    const before = [];
    for (const question of questions) before.push(await values(alice, question));
    await flushAll(db);
    const { rows } = await db.query("SELECT count(*) AS n FROM system.manifest");
    expect(rows).to.deep.equal([{ n: 1n }]);
    for (const [index, question] of questions.entries()) {
      expect(await values(alice, question), question).to.deep.equal(before[index]);
    }
    expect(await everything(db.as("bob"))).to.deep.equal([]);
  });

  onEveryDriver("can be updated, deleted and inserted again", async (db) => {
    const alice = await notes(db, 6);
    await flushAll(db);
    expect((await alice.query("UPDATE app.notes SET body = 'new' WHERE id = 2")).rowCount).to.equal(1);
    expect((await alice.query("UPDATE app.notes SET stars = stars + 10 WHERE stars >= 3")).rowCount).to.equal(2);
    expect((await alice.query("DELETE FROM app.notes WHERE id = 5")).rowCount).to.equal(1);
    const expected = [
      [1, "note 1", 1],
      [2, "new", 2],
      [3, "note 3", 13],
      [4, "note 4", 14],
      [6, "note 6", 1],
    ];
    expect(await everything(alice)).to.deep.equal(expected);
    await flushAll(db);
    expect(await everything(alice), "after a second flush").to.deep.equal(expected);
    await alice.query("INSERT INTO app.notes VALUES (5, 'again', 0)");
    expect((await alice.query("SELECT body FROM app.notes WHERE id = 5")).rows).to.deep.equal([{ body: "again" }]);
    await flushAll(db);
    await compactAll(db);
    expect(await everything(alice), "after compaction").to.deep.equal([
      ...expected.slice(0, 4),
      [5, "again", 0],
      [6, "note 6", 1],
    ]);
  });

  onEveryDriver("are found by the filters of UPDATE and DELETE as hot ones are", async (db) => {
    await db.query("CREATE NAMESPACE app");
    const writes = [
      "UPDATE app.T SET stars = stars + 100 WHERE stars = 3 AND body LIKE 'note %' RETURNING id, stars",
      "UPDATE app.T SET body = upper(body) WHERE id > 4 AND id <= 9 AND mood IS NULL RETURNING id, body",
      "DELETE FROM app.T WHERE cosine_distance(place, '[1, 0]') < 0.1 RETURNING id",
      "DELETE FROM app.T AS x WHERE x.body = 'note 11' OR _seq < 5 RETURNING x.id",
      "UPDATE app.T SET mood = 'calm' WHERE stars BETWEEN 1 AND 2 RETURNING *",
      "UPDATE app.T SET mood = CASE WHEN id % 2 = 0 THEN 'even' END WHERE length(body) > 6 RETURNING id, mood",
      "DELETE FROM app.T WHERE stars > 1000",
    ];
    for (const table of ["hot", "cold"]) {
      await db.query(
        `CREATE SHARED TABLE app.${table} (id INT PRIMARY KEY, body TEXT, stars INT, mood TEXT, place EMBEDDING(2))`,
      );
      for (let id = 1; id <= 24; id++) {
        const place = id % 6 === 0 ? "[2, 0]" : "[0, 1]";
        await db.query(`INSERT INTO app.${table} VALUES ($1, $2, $3, NULL, $4)`, [id, `note ${id}`, id % 5, place]);
      }
    }
    await db.query("STORAGE FLUSH TABLE app.cold");
    await jobsDone(db);
    await db.query("UPDATE app.cold SET stars = 3 WHERE id = 1");
    await db.query("UPDATE app.hot SET stars = 3 WHERE id = 1");
    expect(await values(db, "EXPLAIN DELETE FROM app.cold WHERE stars = 3")).to.deep.equal([
      ["Delete on app.cold"],
      ["  Rows found by an analytical query (DuckDB)"],
    ]);
    for (const write of writes) {
      const [hot, cold] = await Promise.all(
        ["hot", "cold"].map((table) => db.query(write.replace("app.T", `app.${table}`))),
      );
      const shown = (rows: readonly object[] = []) => rows.map((row) => ({ ...row, _seq: undefined }));
      expect([cold?.rowCount, shown(cold?.rows)], write).to.deep.equal([hot?.rowCount, shown(hot?.rows)]);
    }
    const all = (table: string) => values(db, `SELECT * FROM app.${table} ORDER BY id`);
    expect(await all("cold")).to.deep.equal(await all("hot"));
  });

  onEveryDriver("keep their keys taken", async (db) => {
    const alice = await notes(db, 3);
    await flushAll(db);
    const taken = await alice.query("INSERT INTO app.notes VALUES (2, 'x', 1)").catch((error: unknown) => error);
    expect(taken).to.have.property("key", "primary_key_violation");
    const { rowCount } = await alice.query(
      "INSERT INTO app.notes VALUES (2, 'x', 1), (9, 'y', 1) ON CONFLICT DO NOTHING",
    );
    expect(rowCount).to.equal(1);
    await alice.query(
      "INSERT INTO app.notes VALUES (3, 'three', 7) ON CONFLICT (id) DO UPDATE SET stars = app.notes.stars + excluded.stars",
    );
    expect(await everything(alice)).to.deep.equal([
      [1, "note 1", 1],
      [2, "note 2", 2],
      [3, "note 3", 10],
      [9, "y", 1],
    ]);
  });

  onEveryDriver("are part of a transaction", async (db) => {
    const alice = await notes(db, 3);
    await flushAll(db);
    await alice.query(
      "BEGIN; UPDATE app.notes SET body = 'a' WHERE id = 1; DELETE FROM app.notes WHERE id = 2; INSERT INTO app.notes VALUES (2, 'b', 0); COMMIT",
    );
    expect(await everything(alice)).to.deep.equal([
      [1, "a", 1],
      [2, "b", 0],
      [3, "note 3", 3],
    ]);
    await alice.query("BEGIN; DELETE FROM app.notes WHERE id > 0; ROLLBACK");
    expect(await values(alice, "SELECT count(*) FROM app.notes")).to.deep.equal([[3n]]);
  });

  onEveryDriver("survive changes of their table", async (db) => {
    const alice = await notes(db, 2);
    await flushAll(db);
    await db.query("ALTER TABLE app.notes ADD COLUMN mood TEXT DEFAULT 'calm'");
    await db.query("ALTER TABLE app.notes DROP COLUMN stars");
    await db.query("ALTER TABLE app.notes RENAME COLUMN body TO text");
    await alice.query("INSERT INTO app.notes VALUES (3, 'note 3', 'wild')");
    const expected = [
      { id: 1, text: "note 1", mood: "calm" },
      { id: 2, text: "note 2", mood: "calm" },
      { id: 3, text: "note 3", mood: "wild" },
    ];
    const all = async () => (await alice.query("SELECT * FROM app.notes ORDER BY id")).rows;
    expect(await all()).to.deep.equal(expected);
    await flushAll(db);
    expect(await all()).to.deep.equal(expected);
    await db.query("ALTER TABLE app.notes ADD COLUMN stars TEXT");
    expect((await alice.query("SELECT stars FROM app.notes WHERE id = 1")).rows).to.deep.equal([{ stars: null }]);
    await compactAll(db);
    expect(await all()).to.deep.equal(expected.map((row) => ({ ...row, stars: null })));
  });

  onEveryDriver("of a table without a primary key", async (db) => {
    await db.query("CREATE NAMESPACE app");
    await db.query("CREATE SHARED TABLE app.log (line TEXT, n INT)");
    for (let n = 0; n < 8; n++) await db.query("INSERT INTO app.log VALUES ($1, $2)", [`line ${n}`, n]);
    await flushAll(db);
    expect((await db.query("UPDATE app.log SET line = 'changed' WHERE n < 2")).rowCount).to.equal(2);
    expect((await db.query("DELETE FROM app.log WHERE n = 7")).rowCount).to.equal(1);
    const all = () => values(db, "SELECT n, line FROM app.log ORDER BY n");
    const expected = [[0, "changed"], [1, "changed"], ...[2, 3, 4, 5, 6].map((n) => [n, `line ${n}`])];
    expect(await all()).to.deep.equal(expected);
    await flushAll(db);
    await compactAll(db);
    expect(await all()).to.deep.equal(expected);
  });

  onEveryDriver("are gone with their table, and a new one of the name knows nothing of them", async (db) => {
    const alice = await notes(db, 3);
    await flushAll(db);
    await db.query("DROP TABLE app.notes");
    await db.query("CREATE USER TABLE app.notes (id INT PRIMARY KEY, body TEXT, stars INT)");
    expect(await everything(alice)).to.deep.equal([]);
    await alice.query("INSERT INTO app.notes VALUES (2, 'second life', 1)");
    await flushAll(db);
    expect(await everything(alice)).to.deep.equal([[2, "second life", 1]]);
  });
});
