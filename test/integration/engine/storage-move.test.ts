import { expect } from "chai";
import { type EmbeddedDatabase, KalamError } from "../../../src/index.ts";
import { compactAll, flushAll, jobsDone } from "../../support/cold.ts";
import { expectSoundFiles, filesBelow } from "../../support/cold-files.ts";
import { values } from "../../support/engine.ts";
import { type FaultyEngine, openFaulty } from "../../support/faulty-engine.ts";
import { withFolder } from "../../support/folder.ts";
import { kalamError } from "../../support/rejection.ts";

const FAILURE = new KalamError("storage_failed", { reason: "a test" });

/** A database with the storages `local` and `far`, and afterwards a look at everything that is in both. */
function withFar(work: (faulty: FaultyEngine, far: string) => Promise<void>): Promise<void> {
  return withFolder(async (folder) => {
    const dataDir = `${folder}/data`;
    const far = `${folder}/far`;
    const faulty = await openFaulty(dataDir, { compactionMinSegments: 1000 });
    try {
      await faulty.db.query(`CREATE STORAGE far TYPE filesystem PATH '${far}'`);
      await work(faulty, far);
    } finally {
      await faulty.db.close();
    }
    await (await openFaulty(dataDir)).db.close();
    await expectSoundFiles(dataDir, { far });
  });
}

async function notes(db: EmbeddedDatabase, options = ""): Promise<void> {
  await db.query(`CREATE USER TABLE t (id INT PRIMARY KEY, v TEXT) ${options}`);
  for (const user of ["alice", "bob"]) await db.as(user).query("INSERT INTO t VALUES (1, 'a'), (2, 'b'), (3, 'c')");
  await flushAll(db);
  for (const user of ["alice", "bob"]) {
    await db.as(user).query("UPDATE t SET v = 'x' WHERE id = 2");
    await db.as(user).query("INSERT INTO t VALUES (4, 'd')");
  }
  await flushAll(db);
}

const EXPECTED = [
  [1, "a"],
  [2, "x"],
  [3, "c"],
  [4, "d"],
];

async function expectNotes(db: EmbeddedDatabase): Promise<void> {
  for (const user of ["alice", "bob"]) {
    expect(await values(db.as(user), "SELECT id, v FROM t ORDER BY id")).to.deep.equal(EXPECTED);
    expect(await values(db.as(user), "SELECT v FROM t WHERE id = 2")).to.deep.equal([["x"]]);
  }
}

const places = (db: EmbeddedDatabase) =>
  values(db, "SELECT scope, manifest_json ->> 'storage_id' FROM system.manifest ORDER BY scope");

describe("ALTER TABLE … SET (STORAGE_ID)", () => {
  it("moves what is cold in a job that the message names, and new files go to the new storage", () =>
    withFar(async ({ db, dataDir }, far) => {
      await notes(db);
      await kalamError(db.query("ALTER TABLE t SET (STORAGE_ID = 'nowhere')"), "storage_not_found");
      const { message } = await db.query("ALTER TABLE t SET (STORAGE_ID = 'far')");
      expect(message).to.match(
        /^Table default\.t altered successfully: SET STORAGE_ID \(version 2\)\. Storage move job: SM-[0-9a-f]{12}$/,
      );
      await jobsDone(db);
      expect(
        await values(db, "SELECT status, message ->> 'message' FROM system.jobs WHERE job_type = 'storage_move'"),
      ).to.deep.equal([["completed", "Moved default.t (2 partitions, 4 files)"]]);
      expect(await filesBelow(`${dataDir}/storage`)).to.deep.equal([]);
      expect((await filesBelow(far)).length).to.equal(6);
      await expectNotes(db);
      await db.as("carol").query("INSERT INTO t VALUES (1, 'new')");
      await db.as("alice").query("INSERT INTO t VALUES (5, 'e')");
      await flushAll(db);
      await compactAll(db);
      expect(await filesBelow(`${dataDir}/storage`)).to.deep.equal([]);
      const again = await db.query("ALTER TABLE t SET (STORAGE_ID = 'far')");
      expect(again.message).to.equal("Table default.t unchanged: SET STORAGE_ID (version 2 - no changes needed)");
      expect((await kalamError(db.query("DROP STORAGE far"), "storage_in_use")).message).to.include("1 table(s)");
      await db.query("ALTER TABLE t SET (STORAGE_ID = 'local')");
      await jobsDone(db);
      await db.query("DROP STORAGE far");
      expect(await filesBelow(far)).to.deep.equal([]);
    }));

  it("lets readers read on, and deletes the files that they read when they have ended", () =>
    withFar(async ({ db, dataDir }) => {
      await db.query("CREATE SHARED TABLE t (id INT PRIMARY KEY, v TEXT)");
      await db.query("INSERT INTO t SELECT i, 'row ' || i FROM generate_series(1, 20000) AS g(i)");
      await flushAll(db);
      const reading = db.stream("SELECT * FROM t ORDER BY v")[Symbol.asyncIterator]();
      await reading.next();
      await db.query("ALTER TABLE t SET (STORAGE_ID = 'far')");
      await jobsDone(db);
      expect((await filesBelow(`${dataDir}/storage`)).length, "still read").to.equal(1);
      let rows = 1;
      while ((await reading.next()).done !== true) rows++;
      expect(rows).to.equal(20_000);
      expect(await values(db, "SELECT count(*) FROM t")).to.deep.equal([[20_000n]]);
    }));

  for (const place of ["move.copied", "move.committed", "manifest.stored"]) {
    it(`is begun again when it fails at ${place}`, () =>
      withFar(async ({ db, milestones }) => {
        await notes(db);
        milestones.at(place, () => {
          throw FAILURE;
        });
        await db.query("ALTER TABLE t SET (STORAGE_ID = 'far')");
        await jobsDone(db);
        expect(await places(db)).to.deep.equal([
          ["alice", "far"],
          ["bob", "far"],
        ]);
        await expectNotes(db);
      }));

    it(`is stopped at ${place} and goes on with the next start`, () =>
      withFolder(async (folder) => {
        const dataDir = `${folder}/data`;
        const far = `${folder}/far`;
        const first = await openFaulty(dataDir, { shutdownTimeoutSeconds: 0, jobGraceSeconds: 1 });
        await first.db.query(`CREATE STORAGE far TYPE filesystem PATH '${far}'`);
        await notes(first.db);
        const stuck = first.milestones.hold(place);
        await first.db.query("ALTER TABLE t SET (STORAGE_ID = 'far')");
        await stuck.reached;
        await first.store.crash();
        stuck.goOn();
        await first.db.close().catch(() => undefined);
        const second = await openFaulty(dataDir);
        await jobsDone(second.db);
        await expectNotes(second.db);
        expect(await places(second.db)).to.deep.equal([
          ["alice", "far"],
          ["bob", "far"],
        ]);
        await second.db.close();
        await expectSoundFiles(dataDir, { far });
      }));
  }

  it("is consistent with flushes and compactions of what has not been moved yet", () =>
    withFar(async ({ db, milestones }) => {
      await notes(db);
      const copying = milestones.hold("move.copied");
      await db.query("ALTER TABLE t SET (STORAGE_ID = 'far')");
      await copying.reached;
      for (const user of ["alice", "bob"]) await db.as(user).query("INSERT INTO t VALUES (5, 'e')");
      await db.query("STORAGE FLUSH TABLE t");
      await db.query("STORAGE COMPACT TABLE t");
      copying.goOn();
      await jobsDone(db);
      for (const user of ["alice", "bob"]) await db.as(user).query("DELETE FROM t WHERE id = 5");
      await expectNotes(db);
      expect((await places(db)).map(([, storage]) => storage)).to.deep.equal(["far", "far"]);
    }));
});

describe("storages of users", () => {
  it("get the new partitions of their users; those that are there move when the table is asked to", () =>
    withFar(async ({ db, dataDir }, far) => {
      await db.query("CREATE USER alice WITH PASSWORD 'correct-horse' ROLE user");
      await db.query("CREATE USER bob WITH PASSWORD 'correct-horse' ROLE user");
      await db.query("ALTER USER bob SET STORAGE_ID 'far'");
      await db.query("ALTER USER bob SET STORAGE_MODE region");
      await notes(db, "WITH (USE_USER_STORAGE = TRUE)");
      const split = [
        ["alice", "local"],
        ["bob", "far"],
      ];
      expect(await places(db)).to.deep.equal(split);
      await db.query("ALTER USER alice SET STORAGE_ID 'far'");
      await db.query("ALTER USER alice SET STORAGE_MODE region");
      await db.query("ALTER USER bob SET STORAGE_ID NULL");
      await flushAll(db);
      expect(await places(db), "until asked").to.deep.equal(split);
      await db.query("ALTER USER alice SET STORAGE_ID NULL");
      const used = await kalamError(db.query("DROP STORAGE far"), "storage_in_use");
      expect(used.message).to.include("1 table(s) with files of users");
      await db.query("ALTER USER alice SET STORAGE_ID 'far'");
      const { message } = await db.query("ALTER TABLE t SET (USE_USER_STORAGE = TRUE)");
      expect(message).to.match(/no changes needed\)\. Storage move job: SM-/);
      await jobsDone(db);
      expect(await places(db)).to.deep.equal([
        ["alice", "far"],
        ["bob", "local"],
      ]);
      await expectNotes(db);
      await db.query("ALTER TABLE t SET (USE_USER_STORAGE = FALSE)");
      await jobsDone(db);
      expect((await filesBelow(far)).length).to.equal(0);
      expect((await filesBelow(`${dataDir}/storage`)).length).to.equal(6);
      await expectNotes(db);
    }));
});

describe("DROP STORAGE", () => {
  it("is refused while a file is on its way into the storage, and a flush to one that is gone fails", () =>
    withFar(async ({ db, milestones }) => {
      await db.query("CREATE USER alice WITH PASSWORD 'correct-horse' ROLE user");
      await db.query("ALTER USER alice SET STORAGE_ID 'far'");
      await db.query("ALTER USER alice SET STORAGE_MODE region");
      await db.query("CREATE USER TABLE t (id INT PRIMARY KEY) WITH (USE_USER_STORAGE = TRUE)");
      await db.as("alice").query("INSERT INTO t VALUES (1)");
      const writing = milestones.hold("flush.written");
      await db.query("STORAGE FLUSH TABLE t");
      await writing.reached;
      await db.query("ALTER USER alice SET STORAGE_ID NULL");
      const used = await kalamError(db.query("DROP STORAGE far"), "storage_in_use");
      expect(used.message).to.include("files that are being written or not yet deleted");
      writing.goOn();
      await jobsDone(db);
      expect(await places(db)).to.deep.equal([["alice", "far"]]);
      await db.query("ALTER TABLE t SET (USE_USER_STORAGE = FALSE)");
      await jobsDone(db);
      const begun = milestones.hold("flush.begun");
      await db.query("ALTER TABLE t SET (USE_USER_STORAGE = TRUE)");
      await db.query("ALTER USER alice SET STORAGE_ID 'far'");
      await db.query("CREATE USER TABLE other (id INT PRIMARY KEY) WITH (USE_USER_STORAGE = TRUE)");
      await jobsDone(db);
      await db.query("ALTER TABLE t SET (USE_USER_STORAGE = FALSE)");
      await jobsDone(db);
      await db.as("alice").query("INSERT INTO other VALUES (1)");
      await db.query("STORAGE FLUSH TABLE other");
      await begun.reached;
      await db.query("ALTER USER alice SET STORAGE_ID NULL");
      await db.query("DROP STORAGE far");
      begun.goOn();
      await jobsDone(db);
      expect(await places(db)).to.deep.equal([
        ["alice", "local"],
        ["alice", "local"],
      ]);
    }));
});
