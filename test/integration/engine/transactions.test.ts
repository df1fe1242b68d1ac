import { expect } from "chai";
import { onEveryDriver, values } from "../../support/engine.ts";
import { kalamError, rejection } from "../../support/rejection.ts";

describe("engine: transactions", () => {
  onEveryDriver(
    "hold no more rows for several statements than they may",
    async (db) => {
      await db.query("CREATE SHARED TABLE t (id INT PRIMARY KEY, v TEXT)");
      await db.query("INSERT INTO t SELECT i, repeat('x', 1000) FROM generate_series(1, 60) g(i)");
      for (const sql of ["SELECT * FROM t", "SELECT a.v FROM t a JOIN t b ON a.id = b.id"]) {
        expect((await db.query(sql)).rows, sql).to.have.length(60);
        const { rows } = await db.query(`${sql}; SELECT 1 AS one`);
        expect(rows, sql).to.deep.equal([{ one: 1 }]);
        await kalamError(db.query(`${sql}; ${sql}`), "batch_result_too_large");
        await kalamError(db.query(`BEGIN; ${sql}; ${sql}; COMMIT`), "batch_result_too_large");
      }
    },
    { maxBatchResultBytes: 100_000 },
  );

  onEveryDriver("all or nothing, and a transaction sees its own changes", async (db) => {
    await db.query("CREATE SHARED TABLE t (id INT PRIMARY KEY, v INT)");
    const inside = await db
      .query(
        "BEGIN; INSERT INTO t VALUES (1, 1), (2, 2); UPDATE t SET v = 5 WHERE id = 1; DELETE FROM t WHERE id = 2; SELECT * FROM t",
      )
      .catch((error: unknown) => error);
    expect(inside).to.have.property("key", "transaction_left_open");
    expect(await values(db, "SELECT * FROM t")).to.deep.equal([]);
    await db.query("BEGIN; INSERT INTO t VALUES (1, 1); UPDATE t SET v = v + 1 WHERE id = 1; COMMIT");
    expect(await values(db, "SELECT * FROM t")).to.deep.equal([[1, 2]]);
    await db.query("BEGIN; DELETE FROM t WHERE id = 1; ROLLBACK");
    expect(await values(db, "SELECT * FROM t")).to.deep.equal([[1, 2]]);
  });

  onEveryDriver("reads inside it go over its own changes, on both read paths", async (db) => {
    await db.query("CREATE SHARED TABLE t (id INT PRIMARY KEY, v INT)");
    await db.query("INSERT INTO t VALUES (1, 1), (2, 2), (3, 3)");
    const { rows } = await db.query(
      "BEGIN; DELETE FROM t WHERE id = 2; INSERT INTO t VALUES (0, 9); UPDATE t SET v = 7 WHERE id = 3; SELECT (SELECT sum(v) FROM t) AS total; ROLLBACK; SELECT 1",
    );
    expect(rows).to.have.length(1);
    const { rows: inner } = await db.query("SELECT sum(v) AS total FROM t");
    expect(inner).to.deep.equal([{ total: 6n }]);
  });

  onEveryDriver("an error inside rolls everything back", async (db) => {
    await db.query("CREATE SHARED TABLE t (id INT PRIMARY KEY)");
    const error = await rejection(db.query("BEGIN; INSERT INTO t VALUES (1); INSERT INTO t VALUES (1); COMMIT"));
    expect(error).to.have.property("key", "primary_key_violation");
    expect(await values(db, "SELECT * FROM t")).to.deep.equal([]);
  });

  onEveryDriver("BEGIN twice, COMMIT without BEGIN, DDL and streams inside are refused", async (db) => {
    await db.query("CREATE NAMESPACE app");
    await db.query("CREATE STREAM TABLE app.s (id INT) WITH (TTL_SECONDS = 5)");
    expect(await rejection(db.query("BEGIN; BEGIN; COMMIT"))).to.have.property("key", "transaction_open");
    expect(await rejection(db.query("COMMIT"))).to.have.property("key", "no_transaction");
    expect(await rejection(db.query("BEGIN; CREATE NAMESPACE x; COMMIT"))).to.have.property(
      "key",
      "not_in_transaction",
    );
    expect(await rejection(db.query("BEGIN; INSERT INTO app.s VALUES (1); COMMIT"))).to.have.property(
      "key",
      "not_in_transaction",
    );
  });
});
