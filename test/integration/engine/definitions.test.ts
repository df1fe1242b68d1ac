import { expect } from "chai";
import { open } from "../../../src/index.ts";
import { onEveryDriver, values } from "../../support/engine.ts";
import { withFolder } from "../../support/folder.ts";
import { kalamError, rejection } from "../../support/rejection.ts";

describe("engine: definitions", () => {
  onEveryDriver("namespaces: create, use, drop with everything in them, start empty again", async (db) => {
    await db.query("CREATE NAMESPACE app");
    expect(await rejection(db.query("CREATE NAMESPACE app"))).to.have.property("key", "namespace_exists");
    expect((await db.query("CREATE NAMESPACE IF NOT EXISTS app")).message).to.equal("Namespace 'app' already exists");
    await db.query("USE app");
    await db.query("CREATE SHARED TABLE t (id INT PRIMARY KEY)");
    await db.query("INSERT INTO t VALUES (1)");
    expect(await values(db, "SELECT * FROM app.t")).to.deep.equal([[1]]);
    await db.query("DROP NAMESPACE app");
    expect(await rejection(db.query("SELECT * FROM app.t"))).to.have.property("key", "table_not_found");
    await db.query("CREATE NAMESPACE app");
    await db.query("CREATE SHARED TABLE app.t (id INT PRIMARY KEY)");
    expect(await values(db, "SELECT * FROM app.t")).to.deep.equal([]);
    for (const name of ["system", "sys", "root", "default", "information_schema", "_x", "1x", "a-b", "a".repeat(33)]) {
      expect(await rejection(db.query(`CREATE NAMESPACE "${name}"`)), name).to.have.property("key", "invalid_name");
    }
  });

  onEveryDriver("ALTER TABLE: rows that were there follow", async (db) => {
    await db.query("CREATE SHARED TABLE t (id INT PRIMARY KEY, v TEXT)");
    await db.query("INSERT INTO t VALUES (1, 'a')");
    const added = await db.query("ALTER TABLE t ADD COLUMN n INT DEFAULT 5");
    expect(added.message).to.equal("Table default.t altered successfully: ADD COLUMN n INT (version 2)");
    await db.query("INSERT INTO t VALUES (2, 'b', 6)");
    expect(await values(db, "SELECT * FROM t")).to.deep.equal([
      [1, "a", 5],
      [2, "b", 6],
    ]);
    await db.query("ALTER TABLE t RENAME COLUMN v TO w");
    await db.query("ALTER TABLE t DROP COLUMN n");
    await db.query("ALTER TABLE t ADD COLUMN n TEXT");
    expect((await db.query("SELECT * FROM t")).rows).to.deep.equal([
      { id: 1, w: "a", n: null },
      { id: 2, w: "b", n: null },
    ]);
    expect(await rejection(db.query("ALTER TABLE t ADD COLUMN z INT NOT NULL"))).to.have.property(
      "key",
      "invalid_table_definition",
    );
  });

  onEveryDriver(
    "ALTER TABLE: what a column is already is no change, anything that rows stand against is refused",
    async (db) => {
      await db.query("CREATE SHARED TABLE t (id INT PRIMARY KEY, v TEXT NOT NULL, n INT)");
      for (const action of [
        "MODIFY COLUMN n INTEGER",
        "ALTER n TYPE INT4",
        "ALTER v SET NOT NULL",
        "MODIFY v TEXT NOT NULL",
      ]) {
        await db.query(`ALTER TABLE t ${action}`);
      }
      const sql = "ALTER TABLE t ALTER COLUMN n TYPE TEXT";
      const error = await kalamError(db.query(sql), "feature_not_supported");
      expect([error.message, error.position]).to.deep.equal([
        "changing column 'n' from INT to TEXT is not supported",
        sql.indexOf("TEXT"),
      ]);
      await db.query("ALTER TABLE t MODIFY COLUMN v TEXT NULL");
      await db.query("INSERT INTO t VALUES (1, NULL, NULL)");
      await kalamError(db.query("ALTER TABLE t MODIFY COLUMN id INT NULL"), "invalid_table_definition");
    },
  );

  onEveryDriver("information_schema.columns names types as PostgreSQL does", async (db) => {
    await db.query(
      "CREATE SHARED TABLE t (id INT PRIMARY KEY, v VARCHAR(5), x TEXT, d DECIMAL(4, 1), at TIMESTAMP, z TIMESTAMPTZ)",
    );
    expect(
      await values(db, "SELECT data_type, character_maximum_length FROM information_schema.columns"),
    ).to.deep.equal([
      ["integer", null],
      ["character varying", 5],
      ["text", null],
      ["numeric", null],
      ["timestamp without time zone", null],
      ["timestamp with time zone", null],
    ]);
  });

  onEveryDriver("the default namespace can be neither made nor dropped", async (db) => {
    expect((await db.query("CREATE NAMESPACE IF NOT EXISTS default")).message).to.equal(
      "Namespace 'default' already exists",
    );
    expect(await values(db.as("alice"), "SELECT schema_name FROM information_schema.schemata")).to.deep.equal([
      ["default"],
    ]);
    expect((await db.query("SHOW NAMESPACES")).rows.map((row) => row.name)).to.deep.equal(["default"]);
    await kalamError(db.query("CREATE NAMESPACE default"), "invalid_name");
    await kalamError(db.query("DROP NAMESPACE IF EXISTS default"), "invalid_name");
    expect((await kalamError(db.query("DROP NAMESPACE nope"), "namespace_not_found")).hint).to.equal(
      "SHOW NAMESPACES lists what is there.",
    );
    expect(
      (await kalamError(db.query("CREATE TABLE nope.t (id INT PRIMARY KEY)"), "namespace_not_found")).hint,
    ).to.equal("Create it first with CREATE NAMESPACE nope.");
  });

  onEveryDriver("a table does not take the name of a view", async (db) => {
    await db.query("CREATE VIEW v AS SELECT 1 AS a");
    await db.query("CREATE SHARED TABLE t (id INT PRIMARY KEY)");
    expect(await rejection(db.query("ALTER TABLE t RENAME TO v"))).to.have.property("key", "view_exists");
    expect(await values(db, "SELECT * FROM v")).to.deep.equal([[1]]);
  });

  onEveryDriver("views are queries with the caller's eyes", async (db) => {
    await db.query("CREATE NAMESPACE app");
    await db.query("CREATE USER TABLE app.notes (id INT PRIMARY KEY, t TEXT)");
    await db.query("CREATE VIEW app.long_notes AS SELECT id, length(t) AS n FROM app.notes WHERE length(t) > 2");
    await db.as("alice").query("INSERT INTO app.notes VALUES (1, 'x'), (2, 'long')");
    expect(await values(db.as("alice"), "SELECT * FROM app.long_notes")).to.deep.equal([[2, 4]]);
    expect(await values(db.as("bob"), "SELECT * FROM app.long_notes")).to.deep.equal([]);
    expect(await rejection(db.query("CREATE VIEW app.bad AS SELECT nothing FROM app.notes"))).to.have.property(
      "key",
      "undefined_column",
    );
    await db.query("DROP VIEW app.long_notes");
    expect(await rejection(db.query("SELECT * FROM app.long_notes"))).to.have.property("key", "table_not_found");
  });

  onEveryDriver("streams: rows vanish after their time, and none is kept beyond the limit", async (db) => {
    await db.query("CREATE NAMESPACE app");
    await db.query("CREATE STREAM TABLE app.typing (id INT PRIMARY KEY, who TEXT) WITH (TTL_SECONDS = 1)");
    const alice = db.as("alice");
    await alice.query("INSERT INTO app.typing VALUES (1, 'bob')");
    expect(await values(alice, "SELECT * FROM app.typing")).to.deep.equal([[1, "bob"]]);
    expect(await values(db.as("bob"), "SELECT * FROM app.typing")).to.deep.equal([]);
    await new Promise((resolve) => setTimeout(resolve, 1100));
    expect(await values(alice, "SELECT * FROM app.typing")).to.deep.equal([]);
    expect(await values(alice, "SELECT count(*), max(id) FROM app.typing")).to.deep.equal([[0n, null]]);
    await alice.query("INSERT INTO app.typing VALUES (1, 'again')");
    expect(await values(alice, "SELECT who FROM app.typing")).to.deep.equal([["again"]]);
    expect(await rejection(alice.query("UPDATE app.typing SET who = 'x' WHERE id = 1"))).to.have.property(
      "key",
      "stream_update",
    );
  });

  it("everything durable is there after a restart", () =>
    withFolder(async (dataDir) => {
      const first = await open({ dataDir, rootPassword: "a-good-password" });
      await first.query("CREATE NAMESPACE app");
      await first.query(
        "CREATE USER TABLE app.n (id INT PRIMARY KEY, t TEXT DEFAULT 'd') WITH (FLUSH_POLICY = 'rows:10,interval:60')",
      );
      await first.query("CREATE VIEW app.v AS SELECT t FROM app.n");
      await first.query("CREATE USER eve WITH PASSWORD 'secret-secret' ROLE dba");
      await first.as("alice").query("INSERT INTO app.n (id) VALUES (1), (2)");
      await first.as("alice").query("DELETE FROM app.n WHERE id = 2");
      const created = (await first.query("SHOW CREATE TABLE app.n")).rows;
      await first.close();
      const second = await open({ dataDir });
      try {
        expect(await values(second.as("alice"), "SELECT * FROM app.v")).to.deep.equal([["d"]]);
        expect((await second.query("SHOW CREATE TABLE app.n")).rows).to.deep.equal(created);
        expect(
          await values(second, "SELECT user_id, role, password_hash FROM system.users ORDER BY user_id"),
        ).to.deep.equal([
          ["eve", "dba", "***"],
          ["root", "system", "***"],
        ]);
        await second.as("alice").query("INSERT INTO app.n VALUES (2, 'new')");
        expect(await values(second.as("alice"), "SELECT id FROM app.n")).to.deep.equal([[1], [2]]);
      } finally {
        await second.close();
      }
    }));
});
