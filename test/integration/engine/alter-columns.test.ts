import { expect } from "chai";
import type { Session } from "../../../src/index.ts";
import { compactAll, flushAll, jobsDone } from "../../support/cold.ts";
import { onEveryDriver, values } from "../../support/engine.ts";
import { withFaultyEngine } from "../../support/faulty-engine.ts";
import { kalamError } from "../../support/rejection.ts";

const COLUMNS = "id INT PRIMARY KEY, s SMALLINT, i INT, b BIGINT, r REAL, v VARCHAR(3), d DECIMAL(6,2), f SMALLINT";

const text = async (session: Session, sql: string): Promise<string> =>
  JSON.stringify(await values(session, sql), (_, value) => (typeof value === "bigint" ? String(value) : value));

describe("ALTER TABLE: the type of a column", () => {
  onEveryDriver("is widened over hot and cold rows without touching them", async (db) => {
    for (const table of ["t", "plain"]) await db.query(`CREATE SHARED TABLE ${table} (${COLUMNS})`);
    const insert = async (rows: string): Promise<void> => {
      for (const table of ["t", "plain"]) await db.query(`INSERT INTO ${table} VALUES ${rows}`);
    };
    await insert("(1, -32768, -2147483648, -9223372036854775808, 0.1, 'abc', 1234.56, 7)");
    await insert("(2, NULL, NULL, NULL, NULL, NULL, NULL, NULL), (3, 1, 40, 5, 'NaN', '', -0.01, 0)");
    await db.query("STORAGE FLUSH TABLE t");
    await jobsDone(db);
    await insert("(4, 32767, 2147483647, 9223372036854775807, -1.5, 'x', 0, -7), (5, 2, 41, 6, 2.5, 'y', 3, 1)");
    await db.query("UPDATE t SET v = 'new' WHERE id = 3");
    await db.query("UPDATE plain SET v = 'new' WHERE id = 3");
    const changes = [
      "ALTER COLUMN s TYPE INT",
      "MODIFY COLUMN i BIGINT",
      "ALTER b TYPE DECIMAL(23, 3)",
      "ALTER COLUMN r TYPE DOUBLE PRECISION",
      "MODIFY v TEXT",
      "ALTER COLUMN d SET DATA TYPE NUMERIC(9,4)",
      "ALTER COLUMN f TYPE REAL",
    ];
    for (const change of changes) {
      const { message } = await db.query(`ALTER TABLE t ${change}`);
      expect(message, change).to.match(/^Table default\.t altered successfully: (MODIFY|ALTER) COLUMN . [A-Z]/);
    }
    const cast =
      "SELECT id, s::int, i::bigint, b::numeric(23,3), r::double precision, v, d::numeric(9,4), f::real FROM plain ORDER BY id";
    const all = "SELECT * FROM t ORDER BY id";
    const expected = await text(db, cast);
    expect(await text(db, all)).to.equal(expected);
    for (let id = 1; id <= 5; id++) {
      expect(await text(db, `SELECT * FROM t WHERE id = ${id}`)).to.equal(
        await text(db, cast.replace("ORDER", `WHERE id = ${id} ORDER`)),
      );
    }
    const questions = ["i = 40", "i > 3000000000", "b = 5", "b < 5.5 AND b > 4", "d >= 1234.56", "r > 0.1", "f = 7"];
    for (const where of [...questions, "s < 0", "d = -0.0100"]) {
      const sql = `SELECT id FROM t WHERE ${where} ORDER BY id`;
      const counted = `SELECT count(*) + 0 FROM t WHERE ${where}`;
      const ids = await values(db, sql);
      const wanted = cast.replace("SELECT", "SELECT * FROM (SELECT").replace("ORDER BY id", ") AS w");
      expect(await text(db, `SELECT id FROM (${wanted}) AS q WHERE ${where} ORDER BY id`), where).to.equal(
        JSON.stringify(ids),
      );
      expect(await values(db, counted), where).to.deep.equal([[BigInt(ids.length)]]);
    }
    await db.query(
      "UPDATE t SET i = 3000000001, s = 70000, v = 'longer than before', d = 12345.6789, f = 0.5 WHERE id = 1",
    );
    await db.query("INSERT INTO t (id, b) VALUES (6, 12345678901234567890.5)");
    const after = await text(db, all);
    expect(after).to.include("12345678901234567890.500").and.include("3000000001").and.include("longer than before");
    await flushAll(db);
    expect(await text(db, all), "flushed").to.equal(after);
    await compactAll(db);
    expect(await text(db, all), "compacted").to.equal(after);
  });

  onEveryDriver("counts for rows that are older than the column, too", async (db) => {
    await db.query("CREATE SHARED TABLE t (id INT PRIMARY KEY)");
    await db.query("INSERT INTO t VALUES (1)");
    await flushAll(db);
    await db.query("INSERT INTO t VALUES (2)");
    await db.query("ALTER TABLE t ADD COLUMN r REAL DEFAULT 0.1, ADD COLUMN d DECIMAL(4,1) DEFAULT 2.5");
    await db.query("ALTER TABLE t ALTER COLUMN r TYPE DOUBLE, ALTER COLUMN d TYPE DECIMAL(6,3)");
    await db.query("INSERT INTO t (id) VALUES (3)");
    const expected = '[[1,0.10000000149011612,"2.500"],[2,0.10000000149011612,"2.500"],[3,0.1,"2.500"]]';
    expect(await text(db, "SELECT * FROM t ORDER BY id")).to.equal(expected);
    await flushAll(db);
    await compactAll(db);
    expect(await text(db, "SELECT * FROM t ORDER BY id")).to.equal(expected);
  });

  onEveryDriver("is refused where values could be lost, with what would work", async (db) => {
    await db.query(`CREATE SHARED TABLE t (${COLUMNS}, w DATE, j JSON)`);
    const refused: [string, string, RegExp][] = [
      [
        "ALTER i TYPE SMALLINT",
        "changing column 'i' from INT to SMALLINT",
        /it can become BIGINT, DOUBLE or a DECIMAL/,
      ],
      ["MODIFY i REAL", "changing column 'i' from INT to FLOAT", /BIGINT/],
      ["MODIFY b DOUBLE", "changing column 'b' from BIGINT to DOUBLE", /a DECIMAL with 19 digits before/],
      ["MODIFY v VARCHAR(2)", "changing column 'v' from VARCHAR(3) to VARCHAR(2)", /longer VARCHAR or TEXT/],
      ["MODIFY d DECIMAL(7,4)", "changing column 'd' from DECIMAL(6, 2) to DECIMAL(7, 4)", /as many digits/],
      ["MODIFY i TEXT", "changing column 'i' from INT to TEXT", /Add a column of the new type/],
      ["MODIFY w TIMESTAMP", "changing column 'w' from DATE to TIMESTAMP", /^Add a column of the new type/],
      ["MODIFY j TEXT", "changing column 'j' from JSON to TEXT", /^Add a column/],
      ["MODIFY id BIGINT", "changing column 'id' from INT to BIGINT", /PRIMARY KEY keeps its types/],
    ];
    for (const [action, feature, hint] of refused) {
      const error = await kalamError(db.query(`ALTER TABLE t ${action}`), "feature_not_supported");
      expect(error.message, action).to.equal(`${feature} is not supported`);
      expect(error.hint, action).to.match(hint);
    }
    const same = await db.query("ALTER TABLE t MODIFY i INTEGER");
    expect(same.message).to.equal("Table default.t unchanged: MODIFY COLUMN i INT (version 1 - no changes needed)");
    const both = await db.query("ALTER TABLE t MODIFY i INTEGER, MODIFY s BIGINT NULL DEFAULT 5");
    expect(both.message).to.equal(
      "Table default.t altered successfully: MODIFY COLUMN s BIGINT NULL DEFAULT (version 2)",
    );
    await db.query("INSERT INTO t (id) VALUES (1)");
    expect(await values(db, "SELECT s FROM t")).to.deep.equal([[5n]]);
    expect((await db.query("ALTER TABLE IF EXISTS nope ADD COLUMN a INT")).message).to.equal(
      "Table default.nope does not exist (skipped)",
    );
  });
});

describe("ALTER TABLE: SET NOT NULL", () => {
  onEveryDriver("looks at the rows of all users, hot and cold, and only at those that live", async (db) => {
    await db.query("CREATE USER TABLE t (id INT PRIMARY KEY, v TEXT, j JSON)");
    const [alice, bob] = [db.as("alice"), db.as("bob")];
    await alice.query(`INSERT INTO t VALUES (1, 'a', '1'), (2, NULL, '2')`);
    await bob.query(`INSERT INTO t VALUES (1, 'b', NULL), (2, NULL, '{}')`);
    const set = (column: string) => db.query(`ALTER TABLE t ALTER COLUMN ${column} SET NOT NULL`);
    const refused = async (column: string, when: string): Promise<void> => {
      const { message } = await kalamError(set(column), "column_has_nulls");
      expect(message, when).to.include(`column '${column}' of table default.t has rows without a value`);
    };
    await refused("v", "hot");
    await flushAll(db);
    await refused("v", "cold");
    await refused("j", "cold, without statistics");
    await alice.query("UPDATE t SET v = 'now' WHERE id = 2");
    await refused("v", "of another user");
    await bob.query("INSERT INTO t VALUES (3, NULL, '3')");
    await bob.query("DELETE FROM t WHERE v IS NULL");
    await bob.query("UPDATE t SET j = 'null' WHERE j IS NULL");
    expect((await set("v")).message).to.equal(
      "Table default.t altered successfully: ALTER COLUMN v SET NOT NULL (version 2)",
    );
    expect((await db.query("ALTER TABLE t MODIFY j JSON NOT NULL")).message).to.equal(
      "Table default.t altered successfully: MODIFY COLUMN j JSON NOT NULL (version 3)",
    );
    await kalamError(alice.query("INSERT INTO t (id, j) VALUES (9, '9')"), "not_null_violation");
    await kalamError(alice.query("UPDATE t SET v = NULL WHERE id = 2"), "not_null_violation");
    expect((await set("v")).message).to.equal(
      "Table default.t unchanged: ALTER COLUMN v SET NOT NULL (version 3 - no changes needed)",
    );
    await flushAll(db);
    await compactAll(db);
    expect(await values(bob, "SELECT id, v FROM t")).to.deep.equal([[1, "b"]]);
    await db.query("ALTER TABLE t ADD COLUMN late INT");
    await refused("late", "older than the column");
    await kalamError(
      db.query("ALTER TABLE t ADD COLUMN more INT DEFAULT 1, ALTER COLUMN more SET NOT NULL"),
      "feature_not_supported",
    );
  });

  it("lets no NULL in while it looks, and leaves the column as it was when it finds one", () =>
    withFaultyEngine(async ({ db, milestones }) => {
      await db.query("CREATE SHARED TABLE t (id INT PRIMARY KEY, v TEXT)");
      await db.query("INSERT INTO t VALUES (1, NULL)");
      const marked = milestones.hold("alter.marked");
      const setting = kalamError(db.query("ALTER TABLE t ALTER COLUMN v SET NOT NULL"), "column_has_nulls");
      await marked.reached;
      await kalamError(db.query("INSERT INTO t VALUES (2, NULL)"), "not_null_violation");
      marked.goOn();
      await setting;
      await db.query("INSERT INTO t VALUES (2, NULL)");
      expect(await values(db, "SELECT count(*) FROM t")).to.deep.equal([[2n]]);
    }));
});

describe("ALTER TABLE while rows move", () => {
  for (const place of ["flush.begun", "flush.announced", "flush.written", "flush.stored"]) {
    it(`${place}: the flush goes on under the new definition`, () =>
      withFaultyEngine(async ({ db, milestones }) => {
        await db.query("CREATE SHARED TABLE t (id INT PRIMARY KEY, n INT)");
        await db.query("INSERT INTO t VALUES (1, 1), (2, 2)");
        milestones.at(place, async () => {
          await db.query("ALTER TABLE t ALTER COLUMN n TYPE BIGINT, ADD COLUMN more TEXT");
          await db.query("INSERT INTO t VALUES (3, 3000000000, 'c')");
        });
        await flushAll(db);
        const [job] = await values(db, "SELECT status, retry_count FROM system.jobs");
        expect(job).to.deep.equal(["completed", 0]);
        await flushAll(db);
        const expected = [
          [1, 1n, null],
          [2, 2n, null],
          [3, 3000000000n, "c"],
        ];
        expect(await values(db, "SELECT * FROM t ORDER BY id")).to.deep.equal(expected);
        await compactAll(db);
        expect(await values(db, "SELECT * FROM t ORDER BY id")).to.deep.equal(expected);
      }));
  }

  it("a compaction loses no column that came while it was on its way", () =>
    withFaultyEngine(
      async ({ db, milestones }) => {
        await db.query("CREATE USER TABLE t (id INT PRIMARY KEY, n INT)");
        const users = [db.as("alice"), db.as("bob")];
        const insert = async (values: string): Promise<void> => {
          for (const user of users) await user.query(`INSERT INTO t VALUES ${values}`);
          await flushAll(db);
        };
        await insert("(1, 1)");
        await insert("(2, 2)");
        const begun = milestones.hold("compaction.begun");
        await db.query("STORAGE COMPACT TABLE t");
        await begun.reached;
        await db.query("ALTER TABLE t ALTER COLUMN n TYPE BIGINT, ADD COLUMN more TEXT");
        await users[1]?.query("INSERT INTO t VALUES (3, 3000000000, 'kept')");
        await db.query("STORAGE FLUSH TABLE t");
        await flushed(db);
        begun.goOn();
        await jobsDone(db);
        const bob = users[1] as Session;
        expect(await values(bob, "SELECT * FROM t ORDER BY id")).to.deep.equal([
          [1, 1n, null],
          [2, 2n, null],
          [3, 3000000000n, "kept"],
        ]);
      },
      { maxConcurrentJobs: 2, compactionMinSegments: 1000 },
    ));
});

async function flushed(db: Session): Promise<void> {
  for (;;) {
    const [row] = await values(
      db,
      "SELECT count(*) FROM system.jobs WHERE job_type = 'flush' AND status IN ('queued', 'running', 'retrying')",
    );
    if (row?.[0] === 0n) return;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
