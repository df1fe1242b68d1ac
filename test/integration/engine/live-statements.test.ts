import { expect } from "chai";
import type { Row } from "../../../src/engine/types/column-type.ts";
import { withFolder } from "../../support/folder.ts";
import { Follower, onEveryEngine, run } from "../../support/live.ts";
import { kalamError } from "../../support/rejection.ts";

const SETUP =
  "CREATE NAMESPACE app; CREATE USER TABLE app.notes (id INT PRIMARY KEY, body TEXT, n INT); " +
  "CREATE SHARED TABLE app.rooms (name TEXT PRIMARY KEY, topic TEXT) WITH (ACCESS_LEVEL = 'public'); " +
  "CREATE STREAM TABLE app.typing (who TEXT PRIMARY KEY) WITH (TTL_SECONDS = 60)";

describe("statements about live queries", () => {
  onEveryEngine("refuse what no live query can be, and say why", async (engine) => {
    await run(engine, "root", `${SETUP}; CREATE VIEW app.v AS SELECT name FROM app.rooms`);
    const refused: Readonly<Record<string, string>> = {
      "SELECT * FROM app.notes ORDER BY id": "ORDER BY",
      "SELECT * FROM app.notes LIMIT 1": "LIMIT",
      "SELECT DISTINCT id FROM app.notes": "DISTINCT",
      "SELECT count(*) FROM app.notes": "count",
      "SELECT n FROM app.notes GROUP BY n": "GROUP BY",
      "SELECT id + 1 FROM app.notes": "not expressions",
      "SELECT a.id FROM app.notes a JOIN app.notes b ON a.id = b.id": "joins",
      "SELECT * FROM app.notes, app.rooms": "joins",
      "SELECT * FROM (SELECT * FROM app.notes) q": "subquery",
      "WITH q AS (SELECT 1) SELECT * FROM app.notes": "WITH",
      "SELECT * FROM app.notes UNION SELECT * FROM app.notes": "UNION",
      "SELECT * FROM app.notes WHERE id IN (SELECT 1)": "No live query knows",
      "SELECT * FROM app.notes WHERE body = ulid()": "chance",
      "SELECT * FROM app.v": "view",
      "SELECT * FROM information_schema.tables": "Tables of the server",
      "SELECT 1": "needs a table",
      "SELECT * FROM app.notes; SELECT 1": "one statement",
      "INSERT INTO app.notes VALUES (1)": "SELECT",
      "SUBSCRIBE TO app.notes ON STORAGE 'local'": "ALL USERS",
    };
    for (const [sql, why] of Object.entries(refused)) {
      const error = await kalamError(Follower.of(engine, { sql }), "live_query_refused");
      expect(error.message, sql).to.contain(why);
    }
    await kalamError(Follower.of(engine, { sql: "SELECT * FROM app.none" }), "table_not_found");
    await kalamError(Follower.of(engine, { sql: "SELECT nothing FROM app.notes" }), "undefined_column");
    await kalamError(Follower.of(engine, { sql: "SELECT * FROM system.users" }), "system_table_denied");
    await kalamError(Follower.of(engine, { sql: "SELECT * FROM app.notes WHERE id = $1" }), "undefined_parameter");
    await kalamError(Follower.of(engine, { sql: "SELECT FROM app.notes WHERE" }), "syntax_error");
    const { position } = await kalamError(
      Follower.of(engine, { sql: "SUBSCRIBE TO app.notes WHERE id = 1 AND nothing = 2" }),
      "undefined_column",
    );
    expect(position).to.equal(40);
    expect(engine.live.count).to.equal(0);
  });

  onEveryEngine("read SUBSCRIBE TO in all its forms", async (engine) => {
    await run(engine, "root", SETUP);
    await run(engine, "alice", "INSERT INTO app.notes VALUES (1, 'a', 1), (2, 'b', 2), (3, 'c', 3)");
    const rows = async (sql: string, params: readonly number[] = []) =>
      (await Follower.of(engine, { sql, params, options: null })).initial.map((row) => (row as { id: number }).id);
    expect(await rows("subscribe to app.notes OPTIONS (LAST_ROWS = 2)")).to.deep.equal([2, 3]);
    expect(await rows("SUBSCRIBE  TO app.notes WHERE n > $1 OPTIONS (batch_size = 1)", [1])).to.deep.equal([2, 3]);
    expect(await rows("SUBSCRIBE TO SELECT id FROM app.notes WHERE n = 1 OPTIONS (LAST_ROWS=5)")).to.deep.equal([1]);
    expect(await rows("SUBSCRIBE TO app.notes")).to.deep.equal([]);
    await kalamError(rows("SUBSCRIBE TO app.notes OPTIONS (SPEED = 1)"), "invalid_option");
    await kalamError(rows("SUBSCRIBE TO app.notes OPTIONS (LAST_ROWS = many)"), "invalid_option");
    await kalamError(rows("SUBSCRIBE TO app.notes HAVING n = 1"), "syntax_error");
    const principal = { userId: "alice", role: "user" as const };
    const text = "SUBSCRIBE TO app.notes WHERE n = 1 OPTIONS (LAST_ROWS=5)";
    const answers = await engine.execute(text, { principal, liveUrl: "ws://here/v1/ws" });
    const [row = []] = (answers[0]?.rows ?? []) as readonly Row[];
    expect(row[1]).to.equal("ws://here/v1/ws");
    expect(JSON.parse(String(row[2]))).to.include({ sql: "SELECT * FROM app.notes WHERE n = 1" });
    await kalamError(
      engine.execute("SUBSCRIBE TO app.notes ALL USERS", { principal }).catch((error) => Promise.reject(error.error)),
      "role_required",
    );
  });

  onEveryEngine("list live queries and end one", async (engine) => {
    await run(engine, "root", SETUP);
    const alice = await Follower.of(engine, {
      sql: "SELECT * FROM app.notes",
      options: { batchSize: 5, from: 0n },
      id: "s1",
    });
    const bob = await Follower.of(engine, { sql: "SELECT * FROM app.notes", user: "bob", options: null });
    await run(engine, "alice", "INSERT INTO app.notes VALUES (1, 'a', 1)");
    const all = await run(engine, "root", "SELECT live_id, user_id, options, status, changes FROM system.live");
    expect(all.rows).to.deep.equal([
      ["alice-c-s1", "alice", '{"batch_size":5,"from":0}', "Active", 1n],
      ["bob-c-s", "bob", null, "Active", 0n],
    ]);
    const own = (await run(engine, "bob", "SHOW LIVE QUERIES")).rows as readonly Row[];
    expect(own.map((row) => row[0])).to.deep.equal(["bob-c-s"]);
    const kill = await run(engine, "root", "KILL LIVE QUERY 'alice-c-s1'");
    expect(kill.message).to.equal("Live query killed: alice-c-s1");
    expect(alice.end).to.include({ code: "KILLED", resumable: false });
    expect(bob.end).to.equal(undefined);
    await kalamError(alice.subscription.next(), "live_query_over");
    const again = engine
      .execute("KILL LIVE QUERY 'alice-c-s1'", { principal: { userId: "root", role: "system" } })
      .catch((error) => Promise.reject(error.error));
    await kalamError(again, "live_query_not_found");
    const other = await Follower.of(engine, { sql: "SELECT * FROM app.notes", user: "bob" });
    expect(bob.end, "replaced without a word").to.equal(undefined);
    await run(engine, "bob", "INSERT INTO app.notes VALUES (1, 'b', 1)");
    expect([bob.changes.length, other.changes.length, engine.live.count]).to.deep.equal([0, 1, 1]);
  });

  onEveryEngine("go on or end when the table is altered or dropped", async (engine) => {
    await run(engine, "root", SETUP);
    const all = await Follower.of(engine, { sql: "SELECT * FROM app.notes", id: "all" });
    const some = await Follower.of(engine, { sql: "SELECT id, body FROM app.notes WHERE id < 10", id: "some" });
    const n = await Follower.of(engine, { sql: "SELECT id FROM app.notes WHERE n = 1", id: "n" });
    await run(engine, "root", "ALTER TABLE app.notes ADD COLUMN extra INT DEFAULT 7");
    expect([all.end?.code, all.end?.resumable]).to.deep.equal(["SCHEMA_CHANGED", true]);
    await run(engine, "root", "ALTER TABLE app.notes RENAME TO papers");
    await run(engine, "root", "ALTER TABLE app.papers RENAME COLUMN n TO number");
    expect(n.end?.code).to.equal("SCHEMA_CHANGED");
    await run(engine, "alice", "INSERT INTO app.papers VALUES (1, 'a', 1, 2)");
    expect(some.taken()).to.deep.equal([["insert", { id: 1, body: "a" }]]);
    await run(engine, "root", "DROP TABLE app.papers");
    expect(some.end).to.include({ code: "NOT_FOUND", resumable: false });
    expect(engine.live.count).to.equal(0);
  });

  onEveryEngine(
    "let ordinary users follow shared tables where the operator allows it",
    async (engine) => {
      await run(engine, "root", SETUP);
      const follow = { sql: "SELECT name, topic FROM app.rooms WHERE topic = CURRENT_USER()" };
      const alice = await Follower.of(engine, follow);
      const bob = await Follower.of(engine, { ...follow, user: "bob" });
      await run(engine, "root", "INSERT INTO app.rooms VALUES ('a', 'alice'), ('b', 'bob')");
      await run(engine, "root", "UPDATE app.rooms SET topic = 'bob' WHERE name = 'a'");
      expect([alice.taken(), bob.taken()]).to.deep.equal([
        [
          ["insert", { name: "a", topic: "alice" }],
          ["delete", { name: "a", topic: "alice" }],
        ],
        [
          ["insert", { name: "b", topic: "bob" }],
          ["insert", { name: "a", topic: "bob" }],
        ],
      ]);
      await run(engine, "root", "ALTER TABLE app.rooms SET ACCESS LEVEL private");
      expect(alice.end).to.include({ code: "PERMISSION_DENIED", resumable: false });
    },
    { liveSharedTablesForUsers: true },
  );

  onEveryEngine("refuse shared tables to ordinary users, and end with the rights of an account", async (engine) => {
    await run(engine, "root", SETUP);
    await kalamError(Follower.of(engine, { sql: "SELECT * FROM app.rooms" }), "live_shared_denied");
    await run(engine, "root", "CREATE USER carl PASSWORD 'Secret123!' ROLE service");
    const carl = await Follower.of(engine, { sql: "SELECT * FROM app.rooms", user: "carl", role: "service" });
    await run(engine, "root", "ALTER USER carl SET EMAIL 'carl@example.com'");
    await run(engine, "root", "INSERT INTO app.rooms VALUES ('a', 'b')");
    expect(carl.taken()).to.deep.equal([["insert", { name: "a", topic: "b" }]]);
    await run(engine, "root", "ALTER USER carl SET ROLE user");
    await run(engine, "root", "SELECT 1");
    expect(carl.end).to.include({ code: "UNAUTHORIZED", resumable: false });
  });

  onEveryEngine("follow the rows of all users at once", async (engine) => {
    await run(engine, "root", SETUP);
    const insert = (user: string, id: number) =>
      run(engine, user, `INSERT INTO app.notes VALUES (${id}, '${user}', 1)`);
    for (const [at, user] of ["alice", "bob", "alice", "carol"].entries()) await insert(user, at);
    const agent = { sql: "SUBSCRIBE TO app.notes ALL USERS WHERE n = 1", user: "root" };
    const all = await Follower.of(engine, { ...agent, options: { batchSize: 3 } });
    expect(all.initial.map((row) => Object.values(row))).to.deep.equal([
      [0, "alice", 1, "alice"],
      [1, "bob", 1, "bob"],
      [2, "alice", 1, "alice"],
      [3, "carol", 1, "carol"],
    ]);
    expect(all.batches).to.have.length(2);
    const from = all.batches.at(-1)?.lastSeq ?? 0n;
    await insert("bob", 9);
    await run(engine, "bob", "DELETE FROM app.notes WHERE id = 1");
    expect(all.taken()).to.deep.equal([
      ["insert", { id: 9, body: "bob", n: 1, _user_id: "bob" }],
      ["delete", { id: 1, body: "bob", n: 1, _user_id: "bob" }],
    ]);
    const again = await Follower.of(engine, { ...agent, options: { from } });
    expect(again.initial).to.deep.equal([{ id: 9, body: "bob", n: 1, _user_id: "bob" }]);
    expect(again.gone).to.deep.equal([{ id: 1, _user_id: "bob" }]);
    const last = await Follower.of(engine, { ...agent, options: { lastRows: 2 } });
    expect(last.initial.map((row) => Object.values(row)[0])).to.deep.equal([3, 9]);
    await kalamError(Follower.of(engine, { ...agent, user: "alice" }), "role_required");
    const shared = { sql: "SUBSCRIBE TO app.rooms ALL USERS", user: "root" };
    await kalamError(Follower.of(engine, shared), "live_query_refused");
    await run(engine, "alice", "INSERT INTO app.typing VALUES ('alice')");
    const typing = await Follower.of(engine, { sql: "SUBSCRIBE TO app.typing ALL USERS", user: "root" });
    await run(engine, "bob", "INSERT INTO app.typing VALUES ('bob')");
    expect([typing.initial, typing.taken()]).to.deep.equal([
      [{ who: "alice", _user_id: "alice" }],
      [["insert", { who: "bob", _user_id: "bob" }]],
    ]);
  });

  onEveryEngine("follow the users of one storage", async (engine) =>
    withFolder(async (folder) => {
      await run(engine, "root", `CREATE STORAGE far TYPE filesystem PATH '${folder}'; CREATE NAMESPACE app`);
      await run(
        engine,
        "root",
        "CREATE USER TABLE app.notes (id INT PRIMARY KEY) WITH (USE_USER_STORAGE = true); " +
          "CREATE USER alice PASSWORD 'Secret123!'; ALTER USER alice SET STORAGE_ID 'far'; ALTER USER alice SET STORAGE_MODE region",
      );
      await run(engine, "alice", "INSERT INTO app.notes VALUES (1)");
      await run(engine, "bob", "INSERT INTO app.notes VALUES (2)");
      const far = await Follower.of(engine, { sql: "SUBSCRIBE TO app.notes ALL USERS ON STORAGE 'far'", user: "root" });
      expect(far.initial).to.deep.equal([{ id: 1, _user_id: "alice" }]);
      await run(engine, "carol", "INSERT INTO app.notes VALUES (3)");
      await run(engine, "alice", "INSERT INTO app.notes VALUES (4)");
      await run(engine, "bob", "INSERT INTO app.notes VALUES (5)");
      await run(engine, "root", "ALTER USER alice SET STORAGE_MODE table");
      await run(engine, "alice", "INSERT INTO app.notes VALUES (6)");
      await run(engine, "root", "SELECT * FROM system.users");
      expect(far.taken()).to.deep.equal([["insert", { id: 4, _user_id: "alice" }]]);
      const none = { sql: "SUBSCRIBE TO app.notes ALL USERS ON STORAGE 'none'", user: "root" };
      await kalamError(Follower.of(engine, none), "storage_not_found");
    }),
  );
});
