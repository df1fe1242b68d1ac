import { expect } from "chai";
import { onEveryDriver, values } from "../../support/engine.ts";
import { rejection } from "../../support/rejection.ts";

describe("engine: writes", () => {
  onEveryDriver("composite keys, defaults and NOT NULL", async (db) => {
    await db.query("CREATE NAMESPACE app");
    await db.query(
      "CREATE SHARED TABLE app.m (room INT, id BIGINT DEFAULT SNOWFLAKE_ID(), body TEXT NOT NULL, n INT DEFAULT 7, at TIMESTAMP DEFAULT NOW(), PRIMARY KEY (room, id))",
    );
    await db.query("INSERT INTO app.m (room, body) VALUES (1, 'x')");
    const [row] = (await db.query("SELECT * FROM app.m")).rows;
    expect(row).to.have.all.keys("room", "id", "body", "n", "at");
    expect(row?.n).to.equal(7);
    expect(row?.id).to.be.a("bigint");
    expect(row?.at).to.be.a("bigint");
    const missing = await rejection(db.query("INSERT INTO app.m (room) VALUES (1)"));
    expect(missing).to.have.property("key", "not_null_violation");
    expect(await rejection(db.query("UPDATE app.m SET body = NULL WHERE room = 1"))).to.have.property(
      "key",
      "not_null_violation",
    );
    expect(await rejection(db.query("UPDATE app.m SET room = 2 WHERE room = 1"))).to.have.property(
      "key",
      "primary_key_update",
    );
  });

  onEveryDriver("says that ON CONFLICT takes no sub-query", async (db) => {
    await db.query("CREATE SHARED TABLE t (id INT PRIMARY KEY, v TEXT, n INT)");
    for (const sql of [
      "INSERT INTO t (id) VALUES (1) ON CONFLICT (id) DO UPDATE SET v = (SELECT max(v) FROM t)",
      "INSERT INTO t (id) VALUES (1) ON CONFLICT (id) DO UPDATE SET v = 'x' WHERE EXISTS (SELECT 1 FROM t)",
      "INSERT INTO t (id) VALUES (1) ON CONFLICT (id) DO UPDATE SET v = md5(t.v)",
    ]) {
      expect(await rejection(db.query(sql)), sql).to.have.property("key", "feature_not_supported");
    }
    expect(await values(db, "SELECT count(*) FROM t")).to.deep.equal([[0n]]);
  });

  onEveryDriver(
    "refuses a statement that would write more than a transaction may",
    async (db) => {
      await db.query("CREATE SHARED TABLE t (id INT PRIMARY KEY, v TEXT)");
      await db.query("INSERT INTO t SELECT i, repeat('x', 100) FROM generate_series(1, 100) g(i)");
      for (const sql of [
        "INSERT INTO t SELECT i, repeat('x', 1000) FROM generate_series(1001, 9000000000) g(i)",
        "INSERT INTO t SELECT id + 1000, v || v || v || v || v || v || v || v FROM t",
        "UPDATE t SET v = v || v || v || v || v || v || v || v WHERE true",
        "UPDATE t SET v = repeat(t.v, 8) FROM t b WHERE b.id = t.id",
        "BEGIN; UPDATE t SET v = v || v || v || v || v || v || v || v WHERE true; COMMIT",
      ]) {
        expect(await rejection(db.query(sql)), sql).to.have.property("key", "transaction_too_large");
      }
      expect(await values(db, "SELECT count(*), max(length(v)) FROM t")).to.deep.equal([[100n, 100]]);
    },
    { maxTransactionBytes: 50_000 },
  );

  onEveryDriver("a duplicate key fails and leaves nothing of its statement", async (db) => {
    await db.query("CREATE SHARED TABLE t (id INT PRIMARY KEY, v TEXT)");
    await db.query("INSERT INTO t VALUES (1, 'a')");
    const error = await rejection(db.query("INSERT INTO t VALUES (2, 'b'), (1, 'c')"));
    expect(error).to.have.property("key", "primary_key_violation");
    expect(error).to.have.property("message").that.includes("already exists");
    expect(await rejection(db.query("INSERT INTO t VALUES (5, 'b'), (5, 'c')"))).to.have.property(
      "key",
      "primary_key_violation",
    );
    expect(await values(db, "SELECT * FROM t")).to.deep.equal([[1, "a"]]);
    await db.query("DELETE FROM t WHERE id = 1");
    await db.query("INSERT INTO t VALUES (1, 'again')");
    expect(await values(db, "SELECT * FROM t")).to.deep.equal([[1, "again"]]);
  });

  onEveryDriver("upsert", async (db) => {
    await db.query("CREATE SHARED TABLE t (id INT PRIMARY KEY, v TEXT, n INT DEFAULT 0)");
    await db.query("INSERT INTO t VALUES (1, 'a', 1)");
    const nothing = await db.query("INSERT INTO t VALUES (1, 'b', 2), (2, 'c', 3) ON CONFLICT DO NOTHING");
    expect(nothing.rowCount).to.equal(1);
    const update = await db.query(
      "INSERT INTO t VALUES (1, 'z', 5), (3, 'd', 1) ON CONFLICT (id) DO UPDATE SET v = excluded.v, n = t.n + excluded.n RETURNING id, v, n",
    );
    expect(update.rowCount).to.equal(2);
    expect(update.rows).to.deep.equal([
      { id: 1, v: "z", n: 6 },
      { id: 3, v: "d", n: 1 },
    ]);
    const twice = await rejection(
      db.query("INSERT INTO t VALUES (9, 'x'), (9, 'y') ON CONFLICT (id) DO UPDATE SET v = excluded.v"),
    );
    expect(twice).to.have.property("key").that.is.oneOf(["cardinality_violation", "insert_width"]);
    expect(await rejection(db.query("INSERT INTO t VALUES (1,'q',1) ON CONFLICT (v) DO NOTHING"))).to.have.property(
      "key",
      "invalid_conflict_target",
    );
  });

  onEveryDriver("UPDATE and DELETE: counts, RETURNING, joins and sub-queries", async (db) => {
    await db.query("CREATE SHARED TABLE t (id INT PRIMARY KEY, v INT)");
    await db.query("CREATE SHARED TABLE s (id INT PRIMARY KEY, w INT)");
    await db.query("INSERT INTO t VALUES (1, 10), (2, 20), (3, 30)");
    await db.query("INSERT INTO s VALUES (1, 100), (3, 300)");
    expect((await db.query("UPDATE t SET v = v + 1 WHERE id IN (1, 2) RETURNING v")).rows).to.deep.equal([
      { v: 11 },
      { v: 21 },
    ]);
    expect((await db.query("UPDATE t SET v = s.w FROM s WHERE s.id = t.id")).rowCount).to.equal(2);
    expect((await db.query("UPDATE t SET v = (SELECT max(w) FROM s) WHERE id = 2")).rowCount).to.equal(1);
    expect(await values(db, "SELECT id, v FROM t")).to.deep.equal([
      [1, 100],
      [2, 300],
      [3, 300],
    ]);
    expect((await db.query("DELETE FROM t USING s WHERE s.id = t.id RETURNING t.id")).rowCount).to.equal(2);
    expect((await db.query("DELETE FROM t WHERE id = 99")).message).to.equal("Deleted 0 row(s)");
    expect(await rejection(db.query("DELETE FROM t"))).to.have.property("key", "where_required");
  });

  onEveryDriver("INSERT … SELECT and tables without a key", async (db) => {
    await db.query("CREATE SHARED TABLE a (x INT, y TEXT)");
    await db.query("INSERT INTO a VALUES (1, 'one'), (2, 'two')");
    await db.query("INSERT INTO a SELECT x + 10, upper(y) FROM a");
    expect(await values(db, "SELECT x, y FROM a ORDER BY x")).to.deep.equal([
      [1, "one"],
      [2, "two"],
      [11, "ONE"],
      [12, "TWO"],
    ]);
    expect((await db.query("UPDATE a SET y = 'n' WHERE x > 10")).rowCount).to.equal(2);
    expect((await db.query("DELETE FROM a WHERE y = 'n'")).rowCount).to.equal(2);
    expect(await values(db, "SELECT count(*) FROM a")).to.deep.equal([[2n]]);
  });

  onEveryDriver("concurrent increments lose nothing", async (db) => {
    await db.query("CREATE SHARED TABLE c (id INT PRIMARY KEY, n INT)");
    await db.query("INSERT INTO c VALUES (1, 0)");
    await Promise.all(Array.from({ length: 50 }, () => db.query("UPDATE c SET n = n + 1 WHERE id = 1")));
    await Promise.all(
      Array.from({ length: 4 }, () => db.query("BEGIN; UPDATE c SET n = n + 1 WHERE id = 1; SELECT n FROM c; COMMIT")),
    );
    expect(await values(db, "SELECT n FROM c")).to.deep.equal([[54]]);
  });

  onEveryDriver("_seq grows with every version and is hidden from *", async (db) => {
    await db.query("CREATE SHARED TABLE t (id INT PRIMARY KEY, v INT)");
    await db.query("INSERT INTO t VALUES (1, 1)");
    const [[first]] = (await values(db, "SELECT _seq FROM t")) as [[bigint]];
    await db.query("UPDATE t SET v = 2 WHERE id = 1");
    const [[second]] = (await values(db, "SELECT _seq FROM t")) as [[bigint]];
    expect(second > first).to.equal(true);
    expect(Object.keys((await db.query("SELECT * FROM t")).rows[0] ?? {})).to.deep.equal(["id", "v"]);
    expect(await rejection(db.query("INSERT INTO t (id, v, _seq) VALUES (2, 2, 2)"))).to.have.property(
      "key",
      "reserved_column",
    );
  });

  onEveryDriver("values that only the analytical path can take", async (db) => {
    await db.query("CREATE SHARED TABLE t (id INT PRIMARY KEY, v BIGINT)");
    await db.query("INSERT INTO t VALUES (1, -2147483648), (2, 2)");
    for (const bound of ["-2147483648", "-2147483647"]) {
      expect((await db.query(`UPDATE t SET v = v + 0 WHERE v <= ${bound} RETURNING v`)).rows).to.deep.equal([
        { v: -2147483648n },
      ]);
    }
    expect((await db.query("DELETE FROM t WHERE v = -2147483648 RETURNING id")).rows).to.deep.equal([{ id: 1 }]);
    expect(await rejection(db.query("DELETE FROM t WHERE 5"))).to.have.property("key", "datatype_mismatch");
  });

  onEveryDriver("refuses parameters that are no values of SQL", async (db) => {
    await db.query("CREATE SHARED TABLE t (id INT PRIMARY KEY, v TEXT)");
    const hostile = [{ a: 1 }, [1], new Date(0), undefined, Symbol("x")] as unknown as string[];
    for (const value of hostile) {
      const error = await rejection(db.query("INSERT INTO t VALUES (1, $1)", [value]));
      expect(error).to.have.property("key", "invalid_parameter");
    }
    expect(await values(db, "SELECT * FROM t")).to.deep.equal([]);
  });
});
