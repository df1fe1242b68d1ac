import { expect } from "chai";
import { type EmbeddedDatabase, open } from "../../../src/index.ts";
import { jobsDone } from "../../support/cold.ts";
import { onEveryDriver, values } from "../../support/engine.ts";
import { EngineUnderTest } from "../../support/engine-model-real.ts";
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

  onEveryDriver(
    "builds an index anew when a column of it becomes wider",
    async (db) => {
      await withTable(db);
      await db.query("CREATE SHARED TABLE app.w (id INT PRIMARY KEY, a SMALLINT, b INT)");
      await db.query("CREATE INDEX a ON app.w (a)");
      await db.query("CREATE INDEX b ON app.w (b)");
      const rows = Array.from({ length: 900 }, (_, id) => `(${id}, ${id % 100}, ${id % 90})`);
      await db.query(`INSERT INTO app.w VALUES ${rows.join(", ")}`);
      await db.query("ALTER TABLE app.w ALTER COLUMN a TYPE BIGINT");
      await db.query("ALTER TABLE app.w ALTER COLUMN b TYPE DOUBLE PRECISION");
      await db.query("UPDATE app.w SET b = b + 0.5 WHERE id < 90");
      await jobsDone(db);
      expect(await values(db, NAMES)).to.deep.equal([
        ["a", "a", "ready"],
        ["b", "b", "ready"],
      ]);
      for (let times = 0; times < 10; times++) {
        expect(await values(db, "SELECT count(*) FROM app.w WHERE b = 7.5")).to.deep.equal([[1n]]);
        expect(await values(db, "SELECT count(*) FROM app.w WHERE b = 7")).to.deep.equal([[9n]]);
        expect(await values(db, "SELECT count(*) FROM app.w WHERE a = 7")).to.deep.equal([[9n]]);
      }
    },
    { maxPartitionBytes: 2000 },
  );

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

  it("is built by a job where there are rows, while others write", async () => {
    await withFolder(async (dataDir) => {
      const db = await open({ dataDir });
      await withTable(db);
      await db.query(manyRows(3000));
      const creating = db.query("CREATE INDEX i ON app.t (room)");
      const writing = db.query("UPDATE app.t SET room = 'other' WHERE id < 10");
      await Promise.all([creating, writing]);
      await jobsDone(db);
      expect(await values(db, NAMES)).to.deep.equal([["i", "room", "ready"]]);
      const [job] = await values(db, "SELECT job_id, status FROM system.jobs WHERE job_type = 'index_build'");
      expect(job?.[0]).to.match(/^IX-/);
      expect(job?.[1]).to.equal("completed");
      expect(await values(db, "SELECT count(*) FROM app.t WHERE room = 'other'")).to.deep.equal([[10n]]);
      await db.close();
    });
  });

  it("is built to the end after a crash", async () => {
    await withFolder(async (folder) => {
      const real = await EngineUnderTest.open(folder, { driver: "sqlite", maxPartitionBytes: 1000 });
      await real.as("root").query("CREATE NAMESPACE app");
      await real
        .as("root")
        .query("CREATE SHARED TABLE app.t (id INT PRIMARY KEY, room TEXT, at TIMESTAMP, score DOUBLE, body JSON)");
      await real.as("root").query(manyRows(20_000));
      const creating = real.as("root").query("CREATE INDEX i ON app.t (room)");
      let state: unknown;
      while (state === undefined) {
        await new Promise((resolve) => setImmediate(resolve));
        state = (await values(real.as("root"), NAMES))[0]?.[2];
      }
      expect(state).to.equal("building");
      await real.crash();
      await creating;
      await jobsDone(real.as("root"));
      expect(await values(real.as("root"), NAMES)).to.deep.equal([["i", "room", "ready"]]);
      const [first] = await values(real.as("root"), "EXPLAIN SELECT id FROM app.t WHERE room = 'r3'");
      expect(first).to.deep.equal(["Index Scan using i on app.t (room)"]);
      expect(await values(real.as("root"), "SELECT count(*) FROM app.t WHERE room = 'r3'")).to.deep.equal([[2857n]]);
      await real.close();
    });
  });
});

function manyRows(count: number): string {
  const rows = Array.from({ length: count }, (_, id) => `(${id}, 'r${id % 7}', NULL, ${id}, NULL)`);
  return `INSERT INTO app.t VALUES ${rows.join(", ")}`;
}
