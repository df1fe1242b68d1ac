import { expect } from "chai";
import { type EmbeddedDatabase, open } from "../../../src/index.ts";
import { jobsDone } from "../../support/cold.ts";
import { onEveryDriver, values } from "../../support/engine.ts";
import { withFolder } from "../../support/folder.ts";
import { kalamError } from "../../support/rejection.ts";

async function withTable(db: EmbeddedDatabase): Promise<void> {
  await db.query("CREATE NAMESPACE app");
  await db.query("CREATE SHARED TABLE app.t (id INT PRIMARY KEY, room TEXT, at TIMESTAMP, score DOUBLE, body JSON)");
}

const NAMES = "SELECT index_name, columns, state FROM system.indexes WHERE namespace_id = 'app' AND NOT is_primary";

describe("CREATE INDEX", () => {
  onEveryDriver("names an index as PostgreSQL does, and lists it", async (db) => {
    await withTable(db);
    await db.query("CREATE INDEX ON app.t (room)");
    await db.query("CREATE INDEX ON app.t (room)");
    await db.query("CREATE INDEX CONCURRENTLY ON app.t USING btree (room, at DESC NULLS LAST)");
    await db.query("CREATE INDEX IF NOT EXISTS Mine ON app.t (at)");
    await db.query("CREATE INDEX IF NOT EXISTS mine ON app.t (at)");
    expect(await values(db, NAMES)).to.deep.equal([
      ["t_room_idx", "room", "ready"],
      ["t_room_idx1", "room", "ready"],
      ["t_room_at_idx", "room, at", "ready"],
      ["mine", "at", "ready"],
    ]);
    const shown = await values(db, "SHOW INDEXES FROM app.t");
    expect(shown[0]).to.deep.equal([
      "app",
      "t",
      "t_pkey",
      "id",
      true,
      true,
      "ready",
      "CREATE UNIQUE INDEX t_pkey ON app.t USING btree (id)",
    ]);
    expect(await values(db, "SELECT indexdef FROM pg_catalog.pg_indexes WHERE indexname = 'mine'")).to.deep.equal([
      ["CREATE INDEX mine ON app.t USING btree (at)"],
    ]);
    expect(await values(db, "SHOW INDEX ON app.t")).to.deep.equal(shown);
  });

  onEveryDriver("refuses what PostgreSQL refuses, and what it cannot do", async (db) => {
    await withTable(db);
    await db.query("CREATE STREAM TABLE app.s (id INT PRIMARY KEY, v INT) WITH (TTL_SECONDS = 60)");
    await db.query("CREATE VIEW app.v AS SELECT 1 AS one");
    await db.query("CREATE INDEX i ON app.t (room)");
    for (const [sql, key] of [
      ["CREATE INDEX i ON app.t (at)", "relation_exists"],
      ["CREATE INDEX t ON app.t (at)", "relation_exists"],
      ["CREATE INDEX v ON app.t (at)", "relation_exists"],
      ["CREATE INDEX t_pkey ON app.t (at)", "relation_exists"],
      ["CREATE SHARED TABLE app.i (id INT PRIMARY KEY)", "relation_exists"],
      ["CREATE VIEW app.i AS SELECT 1 AS one", "relation_exists"],
      ["ALTER TABLE app.t RENAME TO i", "relation_exists"],
      ["CREATE INDEX ON app.t (nothing)", "undefined_column"],
      ["CREATE INDEX ON app.nothing (a)", "table_not_found"],
      ["CREATE INDEX ON app.v (one)", "wrong_object_type"],
      ["CREATE INDEX ON app.t (body)", "wrong_object_type"],
      ["CREATE INDEX ON app.s (v)", "feature_not_supported"],
      ["CREATE UNIQUE INDEX ON app.t (room)", "feature_not_supported"],
      ["CREATE INDEX ON app.t (lower(room))", "feature_not_supported"],
      ["CREATE INDEX ON app.t USING hash (room)", "feature_not_supported"],
      ["CREATE INDEX ON app.t (room) WHERE at IS NULL", "feature_not_supported"],
      ["CREATE INDEX ON system.users (name)", "system_namespace"],
      ["DROP INDEX app.nothing", "index_not_found"],
    ] as const) {
      await kalamError(db.query(sql), key);
    }
    await db.query("DROP INDEX IF EXISTS app.nothing, app.i");
    expect(await values(db, NAMES)).to.deep.equal([]);
  });

  onEveryDriver("keeps indexes right when columns and tables change", async (db) => {
    await withTable(db);
    await db.query("CREATE INDEX a ON app.t (room, at)");
    await db.query("CREATE INDEX b ON app.t (at)");
    await db.query("ALTER TABLE app.t RENAME COLUMN at TO moment");
    await db.query("ALTER TABLE app.t RENAME TO u");
    expect(await values(db, NAMES)).to.deep.equal([
      ["a", "room, moment", "ready"],
      ["b", "moment", "ready"],
    ]);
    await db.query("INSERT INTO app.u VALUES (1, 'x', '2024-01-01', 1, NULL)");
    await db.query("ALTER TABLE app.u DROP COLUMN room");
    expect(await values(db, NAMES)).to.deep.equal([["b", "moment", "ready"]]);
    await db.query("UPDATE app.u SET moment = NULL WHERE id = 1");
    await db.query("DROP TABLE app.u");
    expect(await values(db, NAMES)).to.deep.equal([]);
    await db.query("CREATE SHARED TABLE app.a (id INT PRIMARY KEY)");
  });

  onEveryDriver("belongs to those who may alter the table", async (db) => {
    await withTable(db);
    await db.query("CREATE USER TABLE app.mine (id INT PRIMARY KEY, v INT)");
    const alice = db.as("alice");
    await kalamError(alice.query("CREATE INDEX ON app.t (room)"), "insufficient_privileges");
    await alice.query("CREATE INDEX mine_v ON app.mine (v)");
    await db.query("CREATE INDEX i ON app.t (room)");
    await kalamError(alice.query("DROP INDEX app.i"), "insufficient_privileges");
    const seen = (await values(alice, "SHOW INDEXES")).map(([, , name]) => name);
    expect(seen).to.deep.equal(["mine_pkey", "mine_v"]);
  });

  onEveryDriver("refuses values that are too large for an entry, one statement alone", async (db) => {
    await withTable(db);
    await db.query("CREATE INDEX ON app.t (room)");
    const [large, small] = await Promise.allSettled([
      db.query("INSERT INTO app.t (id, room) VALUES (1, $1)", ["x".repeat(3000)]),
      db.query("INSERT INTO app.t (id, room) VALUES (2, $1)", ["x".repeat(2000)]),
    ]);
    expect(large.status).to.equal("rejected");
    expect(small.status).to.equal("fulfilled");
    expect(await values(db, "SELECT id FROM app.t")).to.deep.equal([[2]]);
  });

  it("is built by a job where there are rows, also after a restart in the middle", async () => {
    await withFolder(async (dataDir) => {
      let db = await open({ dataDir });
      await withTable(db);
      const rows = Array.from({ length: 3000 }, (_, id) => `(${id}, 'r${id % 7}', NULL, ${id}, NULL)`);
      await db.query(`INSERT INTO app.t VALUES ${rows.join(", ")}`);
      const building = db.query("CREATE INDEX i ON app.t (room)");
      const writing = db.query("UPDATE app.t SET room = 'other' WHERE id < 10");
      await Promise.all([building, writing]);
      await db.close();
      db = await open({ dataDir });
      await jobsDone(db);
      expect(await values(db, NAMES)).to.deep.equal([["i", "room", "ready"]]);
      const [job] = await values(db, "SELECT job_id, status FROM system.jobs WHERE job_type = 'index_build'");
      expect(job?.[0]).to.match(/^IX-/);
      expect(job?.[1]).to.equal("completed");
      await db.close();
    });
  });
});
