import { expect } from "chai";
import { onEveryDriver, values } from "../../support/engine.ts";
import { kalamError } from "../../support/rejection.ts";

describe("engine: views", () => {
  onEveryDriver("are described, and say that they are views", async (db) => {
    await db.query("CREATE SHARED TABLE t (id INT PRIMARY KEY, price DECIMAL(8, 2))");
    await db.query("CREATE VIEW v (id, twice) AS SELECT id, price * 2 FROM t");
    const described = await db.query("DESCRIBE v");
    expect(described.message).to.equal("View default.v AS SELECT id, price * 2 FROM t");
    expect(described.rows.map((row) => [row.column_name, row.data_type, row.is_nullable])).to.deep.equal([
      ["id", "INT", true],
      ["twice", "DECIMAL(18, 2)", true],
    ]);
    await db.query("ALTER TABLE t RENAME COLUMN price TO cost");
    await kalamError(db.query("DESCRIBE v"), "undefined_column");
    expect(await values(db, "SHOW CREATE TABLE v")).to.deep.equal([
      ["v", "CREATE VIEW default.v (id, twice) AS SELECT id, price * 2 FROM t"],
    ]);
    expect(await values(db, "SELECT table_name, table_type FROM information_schema.tables")).to.deep.equal([
      ["t", "BASE TABLE"],
      ["v", "VIEW"],
    ]);
    expect(await values(db, "SELECT table_name, view_definition FROM information_schema.views")).to.deep.equal([
      ["v", "SELECT id, price * 2 FROM t"],
    ]);
  });

  onEveryDriver("never read themselves", async (db) => {
    await db.query("CREATE SHARED TABLE t (id INT PRIMARY KEY)");
    await db.query("CREATE NAMESPACE app");
    await db.query("CREATE VIEW a AS SELECT id FROM t; CREATE VIEW app.b AS SELECT id FROM a");
    for (const query of [
      "SELECT * FROM a",
      "SELECT * FROM app.b",
      "SELECT 1 WHERE EXISTS (SELECT 1 FROM default.a)",
      "WITH a AS (SELECT * FROM a) SELECT * FROM a",
    ]) {
      const sql = `CREATE OR REPLACE VIEW a AS ${query}`;
      const error = await kalamError(db.query(sql), "recursive_view");
      expect([error.definition.sqlstate, error.position], sql).to.deep.equal([
        "42P17",
        sql.search(/(app\.b|default\.a|a\) SELECT|a$)/),
      ]);
    }
    await kalamError(db.query("CREATE VIEW c AS SELECT * FROM c"), "table_not_found");
    await db.query("CREATE OR REPLACE VIEW a AS WITH a AS (SELECT 7 AS id) SELECT * FROM a");
    expect(await values(db, "SELECT * FROM app.b x JOIN a y USING (id)")).to.deep.equal([[7]]);
  });

  onEveryDriver("that come to read themselves at the same time fail when they are read", async (db) => {
    await db.query("CREATE VIEW a AS SELECT 1 AS id; CREATE VIEW b AS SELECT 1 AS id");
    await Promise.allSettled([
      db.query("CREATE OR REPLACE VIEW a AS SELECT * FROM b"),
      db.query("CREATE OR REPLACE VIEW b AS SELECT * FROM a"),
    ]);
    const read = await Promise.allSettled([db.query("SELECT * FROM a"), db.query("SELECT * FROM b")]);
    for (const outcome of read) {
      if (outcome.status === "rejected") expect(outcome.reason).to.have.property("key", "recursive_view");
    }
  });

  onEveryDriver("point with their mistakes into the text that the caller sent", async (db) => {
    const sql = "CREATE VIEW v AS\n  SELECT nope FROM information_schema.tables";
    expect((await kalamError(db.query(sql), "undefined_column")).position).to.equal(sql.indexOf("nope"));
    await db.query("CREATE SHARED TABLE t (id INT PRIMARY KEY)");
    await db.query("CREATE VIEW w AS SELECT count(*) AS how_many_rows_there_are, max(id) AS id FROM t");
    await db.query("DROP TABLE t");
    const read = "SELECT 1 FROM w";
    expect((await kalamError(db.query(read), "table_not_found")).position).to.equal(read.indexOf("w"));
  });

  onEveryDriver("are dropped as views, tables as tables", async (db) => {
    await db.query("CREATE SHARED TABLE t (id INT PRIMARY KEY); CREATE VIEW v AS SELECT 1 AS a");
    expect((await kalamError(db.query("DROP VIEW t"), "wrong_object_type")).hint).to.equal(
      "Use DROP TABLE to remove a table.",
    );
    expect((await kalamError(db.query("DROP TABLE v"), "wrong_object_type")).hint).to.equal(
      "Use DROP VIEW to remove a view.",
    );
  });

  onEveryDriver("reads what has to be waited for, through a view as well", async (db) => {
    await db.query("CREATE VIEW people AS SELECT user_id FROM system.users");
    await db.query("CREATE VIEW two AS SELECT a.user_id FROM people a JOIN people b USING (user_id)");
    expect(await values(db, "SELECT count(*) FROM people")).to.deep.equal([[1n]]);
    expect(await values(db, "SELECT user_id FROM two")).to.deep.equal([["root"]]);
  });

  onEveryDriver("refuses views that double with every step", async (db) => {
    await db.query("CREATE VIEW v0 AS SELECT 1 AS x");
    let refused: unknown;
    for (let step = 1; step <= 12 && refused === undefined; step++) {
      const sql = `CREATE VIEW v${step} AS SELECT a.x FROM v${step - 1} a, v${step - 1} b`;
      refused = await db.query(sql).then(
        () => undefined,
        (error: unknown) => error,
      );
    }
    expect(refused).to.have.property("key", "statement_too_complex");
  });
});
