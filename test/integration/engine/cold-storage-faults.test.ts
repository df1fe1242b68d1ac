import { expect } from "chai";
import { FaultyHotStore } from "../../../src/drivers/hot/faults.ts";
import { FaultyObjectStore, type ObjectOperation } from "../../../src/drivers/objects/faults.ts";
import { Engine } from "../../../src/engine/engine.ts";
import { EmbeddedDatabase, KalamError, type Session } from "../../../src/index.ts";
import { SeededRandom } from "../../../src/runtime/random.ts";
import { systemTimers } from "../../../src/runtime/timers.ts";
import { compactAll, flushAll, jobsDone } from "../../support/cold.ts";
import { expectSoundFiles } from "../../support/cold-files.ts";
import { values } from "../../support/engine.ts";
import { openFaulty, withFaultyEngine } from "../../support/faulty-engine.ts";
import { withFolder } from "../../support/folder.ts";

const FULL = new KalamError("storage_full", { what: "Storage 'local'" });
const GONE = new KalamError("storage_unavailable", { storage: "local", reason: "cannot write (EIO)" });

async function insert(session: Session, table: string, from: number, to: number): Promise<void> {
  const rows = Array.from({ length: to - from }, (_, index) => `(${from + index}, 'row ${from + index}')`);
  await session.query(`INSERT INTO ${table} VALUES ${rows.join(", ")}`);
}

async function expectRows(session: Session, table: string, count: number): Promise<void> {
  const expected = Array.from({ length: count }, (_, id) => [id, `row ${id}`]);
  expect(await values(session, `SELECT * FROM ${table} ORDER BY id`)).to.deep.equal(expected);
  expect(await values(session, `SELECT count(*) FROM (SELECT * FROM ${table}) AS q`)).to.deep.equal([[BigInt(count)]]);
}

/** The last job of a kind, when it has finished. */
async function finished(engine: Engine, type: string) {
  const job = engine.jobs.list().findLast((one) => one.type === type);
  return engine.jobs.whenDone(job?.id ?? "");
}

const STEPS: readonly (readonly [ObjectOperation, KalamError, string])[] = [
  ["take", FULL, "the segment does not fit"],
  ["take", GONE, "the segment cannot be written"],
  ["put", GONE, "the manifest cannot be written"],
];

describe("cold rows: a storage that fails", () => {
  for (const [operation, error, what] of STEPS) {
    it(`fails the job with the reason when ${what}, writes go on, and the next flush brings everything`, () =>
      withFolder(async (dataDir) => {
        const { db, engine, storage } = await openFaulty(dataDir, { jobRetries: 2 });
        await db.query("CREATE SHARED TABLE t (id INT PRIMARY KEY, v TEXT)");
        await insert(db, "t", 0, 10);
        for (let tries = 0; tries < 3; tries++) storage("local").failNext(operation, error);
        await db.query("STORAGE FLUSH TABLE t");
        await insert(db, "t", 10, 20);
        expect(await finished(engine, "flush")).to.include({ status: "failed", message: error.message, retries: 2 });
        await expectRows(db, "t", 20);
        await db.query("STORAGE FLUSH TABLE t");
        if (operation === "take") expect(await finished(engine, "flush")).to.include({ status: "completed" });
        await insert(db, "t", 20, 25);
        await db.query("STORAGE FLUSH TABLE t");
        expect(await finished(engine, "flush")).to.include({ status: "completed" });
        await expectRows(db, "t", 25);
        await db.close();
        await expectSoundFiles(dataDir);
      }));

    it(`is asked again by the job itself when ${what}`, () =>
      withFolder(async (dataDir) => {
        const { db, engine, storage } = await openFaulty(dataDir);
        await db.query("CREATE SHARED TABLE t (id INT PRIMARY KEY, v TEXT)");
        await insert(db, "t", 0, 10);
        storage("local").failNext(operation, error);
        storage("local").loseNextAcknowledgement(operation, error);
        await db.query("STORAGE FLUSH TABLE t");
        expect(await finished(engine, "flush")).to.include({ status: "completed", retries: 2 });
        await expectRows(db, "t", 10);
        await db.close();
        await expectSoundFiles(dataDir);
      }));
  }

  it("keeps the files that it cannot delete until the next start", () =>
    withFolder(async (dataDir) => {
      const { db, storage } = await openFaulty(dataDir);
      await db.query("CREATE SHARED TABLE t (id INT PRIMARY KEY, v TEXT)");
      for (const from of [0, 5]) {
        await insert(db, "t", from, from + 5);
        await flushAll(db);
      }
      for (let file = 0; file < 2; file++) storage("local").failNext("delete", GONE);
      await compactAll(db);
      await expectRows(db, "t", 10);
      await db.close();
      const again = await openFaulty(dataDir);
      await expectRows(again.db, "t", 10);
      await again.db.close();
      await expectSoundFiles(dataDir);
    }));

  it("does not keep the rows of users whose files are elsewhere from being flushed", () =>
    withFolder(async (folder) => {
      const dataDir = `${folder}/data`;
      const bases = { away: `${folder}/away` };
      const { db, engine, storage } = await openFaulty(dataDir, { jobRetries: 0 });
      await db.query(`CREATE STORAGE away TYPE filesystem PATH '${bases.away}'`);
      await db.query("CREATE USER TABLE t (id INT PRIMARY KEY, v TEXT) WITH (USE_USER_STORAGE = TRUE)");
      for (const user of ["alice", "bob", "carol"]) {
        await db.query(`CREATE USER ${user} WITH PASSWORD 'Secret-123' ROLE user`);
        await insert(db.as(user), "t", 0, 5);
      }
      await db.query("ALTER USER bob SET STORAGE_MODE region; ALTER USER bob SET STORAGE_ID 'away'");
      await db.query("STORAGE CHECK away");
      storage("away").failNext("take", GONE);
      await db.query("STORAGE FLUSH TABLE t");
      expect(await finished(engine, "flush")).to.include({ status: "failed", message: GONE.message });
      const scopes = await values(db, "SELECT scope FROM system.manifest ORDER BY scope");
      expect(scopes).to.deep.equal([["alice"], ["carol"]]);
      await flushAllBut(db, engine);
      for (const user of ["alice", "bob", "carol"]) await expectRows(db.as(user), "t", 5);
      await db.close();
      await expectSoundFiles(dataDir, bases);
    }));
});

/** Flushes though an earlier job has failed. */
async function flushAllBut(db: Session, engine: Engine): Promise<void> {
  await db.query("STORAGE FLUSH ALL");
  expect(await finished(engine, "flush")).to.include({ status: "completed" });
}

describe("cold rows: a storage that hangs", () => {
  it("delays the job; reading and writing go on", () =>
    withFaultyEngine(async ({ db, storage }) => {
      await db.query("CREATE SHARED TABLE t (id INT PRIMARY KEY, v TEXT)");
      await insert(db, "t", 0, 10);
      const goOn = storage("local").hold("take");
      await db.query("STORAGE FLUSH TABLE t");
      await insert(db, "t", 10, 20);
      await db.query("UPDATE t SET v = 'changed' WHERE id = 3");
      await db.query("DELETE FROM t WHERE id = 4");
      const expected = Array.from({ length: 20 }, (_, id) => [id, id === 3 ? "changed" : `row ${id}`]).filter(
        ([id]) => id !== 4,
      );
      expect(await values(db, "SELECT * FROM t ORDER BY id")).to.deep.equal(expected);
      goOn();
      await jobsDone(db);
      expect(await values(db, "SELECT * FROM t ORDER BY id")).to.deep.equal(expected);
      await flushAll(db);
      expect(await values(db, "SELECT * FROM t ORDER BY id")).to.deep.equal(expected);
    }));

  it("does not keep a job from being killed, nor its table from being dropped", () =>
    withFaultyEngine(
      async ({ db, engine, storage, dataDir }) => {
        await db.query("CREATE SHARED TABLE t (id INT PRIMARY KEY, v TEXT)");
        await insert(db, "t", 0, 10);
        const goOn = storage("local").hold("take");
        await db.query("STORAGE FLUSH TABLE t");
        const flush = engine.jobs.list().find(({ type }) => type === "flush");
        await db.query("DROP TABLE t");
        expect(engine.jobs.get(flush?.id ?? "")).to.include({ status: "cancelled" });
        await db.query("CREATE SHARED TABLE t (id INT PRIMARY KEY, v TEXT)");
        await insert(db, "t", 0, 3);
        goOn();
        const cleanup = engine.jobs.list().find(({ type }) => type === "cleanup");
        expect(await engine.jobs.whenDone(cleanup?.id ?? "")).to.include({ status: "completed" });
        await flushAll(db);
        await expectRows(db, "t", 3);
        await db.close();
        await expectSoundFiles(dataDir);
      },
      { jobGraceSeconds: 1 },
    ));
});

describe("cold rows: stores that fail by chance", () => {
  for (const seed of process.env.KALAMDB_TEST_LONG ? Array.from({ length: 40 }, (_, index) => index) : [1, 2]) {
    it(`lose nothing and double nothing (seed ${seed})`, () =>
      withFolder(async (dataDir) => {
        const chance = new SeededRandom(seed);
        let armed = false;
        const random = {
          bytes: (length: number) => chance.bytes(length),
          below: (bound: number) => (armed ? chance.below(bound) : bound - 1),
        };
        const rates = { error: 60, lostAcknowledgement: 40, delay: 200, maximumDelayMillis: 2 };
        const faults = { random, timers: systemTimers, rates };
        const engine = await Engine.open(
          { dataDir, segmentRows: 20, compactionMinSegments: 3, jobRetryBackoffMs: 1, jobRetries: 50 },
          {
            around: (store) => new FaultyHotStore(store, faults),
            aroundObjects: (store) => new FaultyObjectStore(store, faults),
            report: () => undefined,
          },
        );
        const db = new EmbeddedDatabase(engine);
        await db.query("CREATE SHARED TABLE t (id INT PRIMARY KEY, v INT)");
        const known = new Map<number, number>();
        const unsure = new Map<number, number | undefined>();
        armed = true;
        for (let step = 0; step < 250; step++) {
          const id = chance.below(60);
          const before = known.get(id);
          const after = before === undefined || chance.below(4) > 0 ? step : undefined;
          const sql =
            before === undefined
              ? `INSERT INTO t VALUES (${id}, ${step})`
              : after === undefined
                ? `DELETE FROM t WHERE id = ${id}`
                : `UPDATE t SET v = ${step} WHERE id = ${id}`;
          try {
            if (step % 25 === 0) await db.query("STORAGE FLUSH ALL");
            if (step % 60 === 0) await db.query("STORAGE COMPACT ALL");
            await db.query(sql);
            if (after === undefined) known.delete(id);
            else known.set(id, after);
          } catch (error) {
            expect(error).to.be.instanceOf(KalamError);
            armed = false;
            const [found] = await values(db, "SELECT v FROM t WHERE id = $1", [id]);
            const now = found === undefined ? undefined : Number(found[0]);
            expect([before, after], sql).to.include(now);
            if (now === undefined) known.delete(id);
            else known.set(id, now);
            unsure.set(id, now);
            armed = true;
          }
        }
        armed = false;
        await jobsDone(db);
        await flushAll(db);
        const expected = [...known].sort(([a], [b]) => a - b);
        expect(await values(db, "SELECT * FROM t ORDER BY id")).to.deep.equal(expected);
        expect(unsure.size).to.be.greaterThan(0);
        await db.close();
        const again = await openFaulty(dataDir);
        expect(await values(again.db, "SELECT * FROM t ORDER BY id")).to.deep.equal(expected);
        await again.db.close();
        await expectSoundFiles(dataDir);
      }));
  }
});
