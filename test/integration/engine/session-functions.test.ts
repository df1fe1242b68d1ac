import { expect } from "chai";
import { readBuildInfo } from "../../../src/runtime/build-info.ts";
import { onEveryDriver, values } from "../../support/engine.ts";

/** What makes a statement take the analytical path, with the same answers. */
const BOTH_PATHS = ["", " GROUP BY ()"];

describe("engine: functions that tell of the session", () => {
  onEveryDriver("say who asks, where, and of what", async (db) => {
    await db.query("CREATE NAMESPACE app; USE app");
    const alice = db.as("alice");
    for (const path of BOTH_PATHS) {
      expect(
        await values(
          db,
          `SELECT version(), current_database(), current_schema() AS s, current_schema, current_catalog${path}`,
        ),
      ).to.deep.equal([[`KalamDB ${readBuildInfo().version}`, "kalam", "app", "app", "kalam"]]);
      expect((await alice.query(`SELECT session_user, current_user, user, current_role${path}`)).rows).to.deep.equal([
        { session_user: "alice", current_user: "alice", user: "alice", current_role: "user" },
      ]);
      expect(
        (await db.query(`EXECUTE AS USER 'bob' (SELECT session_user, current_user, current_schema${path})`)).rows,
      ).to.deep.equal([{ session_user: "root", current_user: "bob", current_schema: "app" }]);
    }
  });

  onEveryDriver("pg_typeof names a type as PostgreSQL does", async (db) => {
    await db.query(
      "CREATE SHARED TABLE t (id BIGINT PRIMARY KEY, r REAL, d DECIMAL(5, 2), at TIMESTAMP, v EMBEDDING(2))",
    );
    await db.query("INSERT INTO t (id) VALUES (1)");
    const cases: [string, string][] = [
      ["id", "bigint"],
      ["r", "real"],
      ["d", "numeric"],
      ["at", "timestamp without time zone"],
      ["v", "embedding"],
      ["now()", "timestamp with time zone"],
      ["1", "integer"],
      ["1.5", "numeric"],
      ["'x'", "unknown"],
      ["'x'::text", "text"],
      ["NULL", "unknown"],
      ["id = 1", "boolean"],
      ["r * 0.5", "double precision"],
    ];
    for (const [expression, type] of cases) {
      expect(await values(db, `SELECT pg_typeof(${expression}) FROM t`), expression).to.deep.equal([[type]]);
      expect(await values(db, `SELECT DISTINCT pg_typeof(${expression}) FROM t`), expression).to.deep.equal([[type]]);
    }
    expect(await values(db, "SELECT pg_typeof(count(*)) AS c, pg_typeof(avg(id)) AS a FROM t")).to.deep.equal([
      ["bigint", "double precision"],
    ]);
    expect(await values(db, "SELECT pg_typeof(count(*)) AS c FROM t WHERE false")).to.deep.equal([["bigint"]]);
  });

  onEveryDriver("new ids are made for every row on both paths", async (db) => {
    await db.query("CREATE SHARED TABLE ids (id BIGINT PRIMARY KEY, u TEXT, l TEXT)");
    await db.query("INSERT INTO ids SELECT snowflake_id(), uuid_v7(), ulid() FROM generate_series(1, 3000)");
    await db.query("INSERT INTO ids SELECT snowflake_id(), u || 'x', ulid() FROM ids WHERE length(u) = 36 LIMIT 5");
    expect(
      await values(
        db,
        "SELECT count(DISTINCT id) AS a, count(DISTINCT u) AS b, count(DISTINCT l) AS c, min(length(l)) FROM ids",
      ),
    ).to.deep.equal([[3005n, 3005n, 3005n, 26]]);
    const [[fresh, greatest] = []] = await values(
      db,
      "SELECT snowflake_id() AS fresh, (SELECT max(id) FROM ids) AS old",
    );
    expect(Number(fresh) >= Number(greatest)).to.equal(true);
  });
});
