import { expect } from "chai";
import { onEveryDriver, values } from "../../support/engine.ts";
import { kalamError } from "../../support/rejection.ts";

describe("engine: EXPLAIN", () => {
  onEveryDriver("ANALYZE runs the statement and tells what there was", async (db) => {
    const plan = async (sql: string) =>
      (await values(db, sql)).map(([line]) => String(line).replace(/\d+\.\d{3}/g, "…"));
    await db.query("CREATE SHARED TABLE t (id INT PRIMARY KEY, b TEXT)");
    await db.query("INSERT INTO t VALUES (1, 'x'), (2, 'y'), (3, 'y')");
    expect(await plan("EXPLAIN ANALYZE SELECT * FROM default.t WHERE id > 1")).to.deep.equal([
      "Range scan on default.t (id) (actual time=… rows=2)",
      "Filter: the WHERE on every row found",
      "Planning Time: … ms",
      "Execution Time: … ms",
    ]);
    const grouped = await plan("EXPLAIN (ANALYZE) SELECT b, count(*) FROM t GROUP BY b");
    expect(grouped[0]).to.equal("Analytical query (DuckDB) (actual time=… rows=2)");
    expect(grouped.at(-1)).to.equal("Execution Time: … ms");
    expect((await plan("EXPLAIN ANALYZE INSERT INTO t VALUES (4, 'z') RETURNING id"))[0]).to.equal(
      "Insert on default.t (actual time=… rows=1)",
    );
    expect((await plan("EXPLAIN ANALYZE UPDATE t SET b = 'w' WHERE b = 'y'"))[0]).to.equal(
      "Update on default.t (actual time=… rows=2)",
    );
    expect((await plan("EXPLAIN ANALYZE DELETE FROM t WHERE id = 1"))[0]).to.equal(
      "Delete on default.t (actual time=… rows=1)",
    );
    expect(await values(db, "SELECT * FROM t")).to.deep.equal([
      [2, "w"],
      [3, "w"],
      [4, "z"],
    ]);
    await kalamError(db.query("EXPLAIN ANALYZE INSERT INTO t VALUES (4, 'again')"), "primary_key_violation");
  });

  onEveryDriver("without ANALYZE, or with it switched off, changes nothing", async (db) => {
    await db.query("CREATE SHARED TABLE t (id INT PRIMARY KEY)");
    for (const sql of ["EXPLAIN INSERT INTO t VALUES (1)", "EXPLAIN (ANALYZE off) INSERT INTO t VALUES (1)"]) {
      expect(await values(db, sql), sql).to.deep.equal([["Insert on default.t"]]);
    }
    expect(await values(db, "SELECT * FROM t")).to.deep.equal([]);
  });
});
