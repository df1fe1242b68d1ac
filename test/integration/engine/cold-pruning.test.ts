import { expect } from "chai";
import type { EmbeddedDatabase, Session } from "../../../src/index.ts";
import { flushAll } from "../../support/cold.ts";
import { onEveryDriver, values } from "../../support/engine.ts";

/** The rows of root, who may EXPLAIN: so many in each of so many segments: keys in order, values in order but for one column. */
async function segments(db: EmbeddedDatabase, count: number, rows = 10): Promise<Session> {
  await db.query("CREATE NAMESPACE app");
  await db.query("CREATE USER TABLE app.log (id INT PRIMARY KEY, at TIMESTAMP, word TEXT, hash INT)");
  for (let segment = 0; segment < count; segment++) {
    const list = Array.from({ length: rows }, (_, row) => {
      const id = segment * rows + row;
      return `(${id}, TIMESTAMP '2026-01-01' + INTERVAL '${id} hours', 'w${String(id).padStart(6, "0")}', ${id % 7})`;
    });
    await db.query(`INSERT INTO app.log VALUES ${list.join(", ")}`);
    await flushAll(db);
  }
  return db;
}

/** What EXPLAIN says of the segments that a query reads. */
async function read(session: Session, sql: string, params: readonly (string | number)[] = []): Promise<string[]> {
  const lines = (await values(session, `EXPLAIN ${sql}`, params)).map(([line]) => String(line));
  return lines.flatMap((line) => /Segments of [^:]+: (\d+ of \d+)$/.exec(line)?.[1] ?? []);
}

const NO_COMPACTION = { compactionMinSegments: 10_000 };

describe("segments that a query reads", () => {
  onEveryDriver(
    "are those that the key range, the columns and parameters leave",
    async (db) => {
      const root = await segments(db, 20);
      const cases: readonly (readonly [string, readonly (string | number)[], string, number])[] = [
        ["id >= 55 AND id < 58", [], "1 of 20", 3],
        ["id BETWEEN 59 AND 60", [], "2 of 20", 2],
        ["id IN (3, 4, 199) AND hash >= 0", [], "2 of 20", 3],
        ["id > $1", [195], "1 of 20", 4],
        ["id > 7 AND id < 5", [], "0 of 20", 0],
        ["id = 1000 OR id = 3", [], "20 of 20", 1],
        ["word = 'w000042'", [], "1 of 20", 1],
        ["word >= $1 AND hash = 3", ["w000190"], "1 of 20", 2],
        ["at < '2026-01-01 05:00:00'", [], "1 of 20", 5],
        ["at >= TIMESTAMP '2026-01-09' - INTERVAL '1 hour'", [], "1 of 20", 9],
        ["hash = 9", [], "0 of 20", 0],
        ["word IS NULL", [], "0 of 20", 0],
        ["_seq < 0", [], "0 of 20", 0],
        ["word = 'w000042' AND hash + 1 > 0 AND length(word) = 7", [], "1 of 20", 1],
        ["5 = 6 OR hash >= 0", [], "20 of 20", 200],
      ];
      for (const [where, params, files, rows] of cases) {
        const sql = `SELECT count(*) + 0 AS n FROM app.log AS l WHERE ${where}`;
        expect(await read(root, sql, params), where).to.deep.equal([files]);
        expect(await values(root, sql, params), where).to.deep.equal([[BigInt(rows)]]);
      }
      expect(await read(root, "SELECT * FROM app.log WHERE id > 42 AND id < 45"), "a row query").to.deep.equal([
        "1 of 20",
      ]);
    },
    NO_COMPACTION,
  );

  onEveryDriver(
    "of a hundred are one or two for a range of keys, and none where all that is asked for is hot",
    async (db) => {
      const root = await segments(db, 100, 2);
      await root.query("INSERT INTO app.log (id, word) VALUES (1000, 'hot'), (1001, 'hot')");
      expect(await read(root, "SELECT sum(hash) FROM app.log WHERE id >= 77 AND id <= 79")).to.deep.equal(["2 of 100"]);
      expect(await values(root, "SELECT sum(id) FROM app.log WHERE id >= 77 AND id <= 79")).to.deep.equal([[234n]]);
      expect(await read(root, "SELECT max(word) FROM app.log WHERE id >= 1000")).to.deep.equal(["0 of 100"]);
      expect(await values(root, "SELECT max(word) FROM app.log WHERE word = 'hot'")).to.deep.equal([["hot"]]);
      expect(await read(root, "SELECT max(word) FROM app.log WHERE word = 'hot'")).to.deep.equal(["0 of 100"]);
    },
    NO_COMPACTION,
  );

  onEveryDriver(
    "with versions that hide older ones are read as far as keys go",
    async (db) => {
      const root = await segments(db, 5);
      await root.query("UPDATE app.log SET hash = 100 WHERE id IN (11, 12)");
      await root.query("DELETE FROM app.log WHERE id = 13");
      await flushAll(db);
      const old = "SELECT count(*), min(id) FROM app.log WHERE hash = 4 AND id < 20";
      expect(await values(root, old)).to.deep.equal([[2n, 4]]);
      expect(await read(root, old)).to.deep.equal(["3 of 6"]);
      expect(await values(root, "SELECT count(*) + 0 FROM app.log WHERE hash = 100")).to.deep.equal([[2n]]);
      expect(await read(root, "SELECT count(*) + 0 FROM app.log WHERE hash = 100")).to.deep.equal(["1 of 6"]);
      expect(await read(root, "SELECT sum(id) FROM app.log WHERE id >= 40")).to.deep.equal(["1 of 6"]);
      await root.query("UPDATE app.log SET hash = 5 WHERE id = 14");
      expect(await values(root, "SELECT count(*) + 0 FROM app.log WHERE hash = 0 AND id = 14")).to.deep.equal([[0n]]);
      expect(await values(root, "SELECT count(*) + 0 FROM app.log WHERE hash = 5 AND id = 14")).to.deep.equal([[1n]]);
    },
    NO_COMPACTION,
  );

  onEveryDriver(
    "in joins are pruned only where the WHERE judges the rows themselves",
    async (db) => {
      const root = await segments(db, 4);
      await db.query("CREATE VIEW app.late AS SELECT id, word FROM app.log WHERE id >= 30");
      const pairs: readonly (readonly [string, readonly string[], unknown])[] = [
        ["SELECT count(*) FROM app.log a JOIN app.log b ON a.id = b.id WHERE a.id < 5", ["1 of 4", "4 of 4"], 5n],
        ["SELECT count(*) FROM app.log a, app.log b WHERE a.id < 5 AND b.id > 37", ["1 of 4", "1 of 4"], 10n],
        [
          "SELECT count(*) FROM app.log a LEFT JOIN app.log b ON b.id = a.id + 35 WHERE b.id IS NULL",
          ["4 of 4", "4 of 4"],
          35n,
        ],
        [
          "SELECT count(*) FROM app.log a RIGHT JOIN app.log b ON b.id = a.id + 35 WHERE a.word IS NULL AND b.id < 9",
          ["4 of 4", "1 of 4"],
          9n,
        ],
        ["SELECT count(*) FROM app.log a FULL JOIN app.log b USING (id) WHERE id = 3", ["4 of 4", "4 of 4"], 1n],
        ["SELECT count(*) FROM app.log a JOIN app.log b USING (id) WHERE id < 3", ["1 of 4", "1 of 4"], 3n],
        ["SELECT count(*) FROM app.log AS a (p, q, id) WHERE p = 3", ["4 of 4"], 1n],
        ["SELECT count(*) FROM app.late WHERE id < 32", ["1 of 4"], 2n],
        ["SELECT count(*) FROM app.log WHERE id IN (SELECT id FROM app.log WHERE id > 38)", ["4 of 4", "1 of 4"], 1n],
        [
          "SELECT count(*) FROM app.log o WHERE id < 3 AND EXISTS (SELECT 1 FROM app.log i WHERE i.id = o.id + 30)",
          ["1 of 4", "4 of 4"],
          3n,
        ],
        [
          "SELECT count(*) FROM (SELECT a.hash, a.id FROM app.log a JOIN app.log b ON a.id = b.id) AS j (id, hash) WHERE id = 6",
          ["4 of 4", "4 of 4"],
          5n,
        ],
        ["WITH few AS (SELECT * FROM app.log WHERE id < 12) SELECT count(*) FROM few WHERE id > 3", ["2 of 4"], 8n],
      ];
      for (const [sql, files, count] of pairs) {
        expect(await values(root, sql), sql).to.deep.equal([[count]]);
        expect((await read(root, sql)).sort(), sql).to.deep.equal([...files].sort());
      }
      const joined =
        "SELECT count(*) FROM (app.log a JOIN app.log b ON a.id = b.id) AS j (a1, a2, id, a4, b1, b2, b3, b4) WHERE id = 'w000003'";
      expect(await values(root, joined)).to.deep.equal([[1n]]);
    },
    NO_COMPACTION,
  );
});
