import { expect } from "chai";
import { onEveryDriver, values } from "../../support/engine.ts";
import { rejection } from "../../support/rejection.ts";

/** Partitions above 20 kB are read from the store. */
const TINY = { maxPartitionBytes: 20_000 };
/** A cache that keeps hardly anything either. */
const TINIER = { ...TINY, cacheBytes: 10_000 };

const ROWS = 1500;

function manyRows(count: number, value: (id: number) => number = () => 1): string {
  return Array.from({ length: count }, (_, id) => `(${id}, ${value(id)})`).join(", ");
}

for (const [name, options] of [
  ["resident", {}],
  ["spilled", TINY],
  ["spilled and evicted", TINIER],
] as const) {
  describe(`engine: partitions that are ${name}`, () => {
    onEveryDriver(
      "tables with and without a key take every kind of write",
      async (db) => {
        await db.query("CREATE SHARED TABLE keyed (id INT PRIMARY KEY, v INT)");
        await db.query("CREATE SHARED TABLE keyless (id INT, v INT)");
        for (const table of ["keyed", "keyless"]) {
          await db.query(`INSERT INTO ${table} VALUES ${manyRows(ROWS)}`);
          await db.query(`INSERT INTO ${table} VALUES (5000, 1), (5001, 2)`);
          expect((await db.query(`UPDATE ${table} SET v = v + 1 WHERE id >= 1400`)).rowCount).to.equal(102);
          expect((await db.query(`DELETE FROM ${table} WHERE id < 1300`)).rowCount).to.equal(1300);
          await db.query(
            `BEGIN; INSERT INTO ${table} VALUES (6000, 9); UPDATE ${table} SET v = v * 2 WHERE id > 4000; DELETE FROM ${table} WHERE id = 5001; COMMIT`,
          );
          const expected = [[202n, 100n + 200n + 4n + 18n]];
          expect(await values(db, `SELECT count(*) AS n, sum(v) AS v FROM ${table}`)).to.deep.equal(expected);
          expect(await values(db, `SELECT v FROM ${table} WHERE id = 6000`)).to.deep.equal([[18]]);
          expect(await values(db, `SELECT count(*) FROM ${table}`)).to.deep.equal([[202n]]);
        }
        expect(await rejection(db.query("INSERT INTO keyed VALUES (9999, 1), (1300, 1)"))).to.have.property(
          "key",
          "primary_key_violation",
        );
        expect(await values(db, "SELECT * FROM keyed WHERE id = 9999")).to.deep.equal([]);
      },
      options,
    );

    onEveryDriver(
      "a reader that takes its time sees one moment, whatever is committed meanwhile",
      async (db) => {
        await db.query("CREATE SHARED TABLE t (id INT PRIMARY KEY, v INT)");
        await db.query("CREATE SHARED TABLE other (id INT PRIMARY KEY, v INT)");
        await db.query(`INSERT INTO t VALUES ${manyRows(8000, (id) => id)}`);
        for (const reader of ["SELECT id, v FROM t", "SELECT id, v FROM t ORDER BY id DESC"]) {
          const before = await values(db, reader);
          const seen: unknown[] = [];
          for await (const row of db.stream(reader)) {
            seen.push(Object.values(row));
            if (seen.length % 2000 !== 1) continue;
            const at = seen.length;
            await db.query(`UPDATE t SET v = -v - 1 WHERE id % 3 = ${at % 3}`);
            await db.query(`DELETE FROM t WHERE id > ${7990 - at / 1000}`);
            await db.query(`INSERT INTO t VALUES (${100_000 + at}, 0), (${-at - 1}, 0) ON CONFLICT DO NOTHING`);
            await db.query(`INSERT INTO other VALUES ${manyRows(200)} ON CONFLICT (id) DO UPDATE SET v = other.v + 1`);
            await db.query("CLEAR CACHE");
          }
          expect(seen).to.deep.equal(before);
        }
      },
      options,
    );

    onEveryDriver(
      "readers never see half of a write",
      async (db) => {
        await db.query("CREATE SHARED TABLE t (id INT PRIMARY KEY, v INT)");
        await db.query("CREATE SHARED TABLE u (id INT PRIMARY KEY, v INT)");
        await db.query(`INSERT INTO t VALUES ${manyRows(ROWS)}`);
        await db.query(`INSERT INTO u VALUES ${manyRows(ROWS)}`);
        let writing = true;
        const writer = async (): Promise<void> => {
          for (let round = 0; round < 12; round++) {
            await db.query("BEGIN; UPDATE t SET v = v + 1 WHERE true; UPDATE u SET v = v + 1 WHERE id >= 0; COMMIT");
          }
          writing = false;
        };
        const reader = async (): Promise<void> => {
          while (writing) {
            const rows = await values(db, "SELECT v FROM t");
            expect(new Set(rows.map(([v]) => v)).size).to.equal(1);
            const [both = []] = await values(
              db,
              "SELECT (SELECT min(v) FROM t) AS a, (SELECT max(v) FROM t) AS b, (SELECT min(v) FROM u) AS c, (SELECT max(v) FROM u) AS d",
            );
            expect(new Set(both).size, String(both)).to.equal(1);
          }
        };
        await Promise.all([writer(), reader(), reader()]);
        expect(await values(db, "SELECT count(*) FROM t WHERE v = 13")).to.deep.equal([[BigInt(ROWS)]]);
      },
      options,
    );

    onEveryDriver(
      "a reader is told when its table is dropped, and is not disturbed when it is altered",
      async (db) => {
        await db.query("CREATE SHARED TABLE t (id INT PRIMARY KEY, v INT)");
        await db.query(`INSERT INTO t VALUES ${manyRows(9000)}`);
        let seen = 0;
        for await (const row of db.stream("SELECT * FROM t")) {
          expect(Object.keys(row)).to.deep.equal(["id", "v"]);
          if (seen++ !== 4100) continue;
          await db.query("ALTER TABLE t ADD COLUMN w INT DEFAULT 4");
          await db.query("INSERT INTO t VALUES (9500, 1, 2)");
          await db.query("UPDATE t SET w = 5, v = 9 WHERE id > 8990");
        }
        expect(seen).to.equal(9000);
        expect(await values(db, "SELECT sum(v) AS v, sum(w) AS w FROM t")).to.deep.equal([[9081n, 36014n]]);
        let rows = 0;
        const reading = (async () => {
          for await (const _row of db.stream("SELECT * FROM t")) if (rows++ === 4100) await db.query("DROP TABLE t");
        })();
        if (name === "resident") await reading;
        else expect(await rejection(reading)).to.have.property("key", "serialization_failure");
        expect(rows === 9001).to.equal(name === "resident");
      },
      options,
    );
  });
}
