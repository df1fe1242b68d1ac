import { expect } from "chai";
import { Engine } from "../../../src/engine/engine.ts";
import type { EngineOptions } from "../../../src/engine/options.ts";
import { EmbeddedDatabase } from "../../../src/index.ts";
import { ManualClock } from "../../../src/runtime/clock.ts";
import { createRuntime } from "../../../src/runtime/runtime.ts";
import { compactAll, flushAll, jobsDone } from "../../support/cold.ts";
import { values } from "../../support/engine.ts";
import { withFolder } from "../../support/folder.ts";
import { HandTimers } from "../../support/hand-timers.ts";
import { PlannedMilestones } from "../../support/planned-milestones.ts";

const CHECK_SECONDS = 7;

interface Steered {
  readonly db: EmbeddedDatabase;
  readonly clock: ManualClock;
  /** Lets seconds pass, and looks then at what has to be flushed. @returns the flushes so far */
  wait(seconds: number): Promise<number>;
}

/** A database whose time is the test's. */
function steered(test: (steered: Steered) => Promise<void>, options: Partial<EngineOptions> = {}): Promise<void> {
  return withFolder(async (dataDir) => {
    const clock = new ManualClock();
    const timers = new HandTimers();
    const milestones = new PlannedMilestones();
    const engine = await Engine.open(
      { driver: "sqlite", dataDir, flushCheckSeconds: CHECK_SECONDS, ...options },
      { runtime: createRuntime({ clock, timers, milestones }) },
    );
    const db = new EmbeddedDatabase(engine);
    const wait = async (seconds: number): Promise<number> => {
      clock.advance(seconds * 1000);
      const checked = new Promise<void>((resolve) => milestones.at("flush.checked", resolve));
      timers.tick(CHECK_SECONDS);
      await checked;
      await jobsDone(db);
      return engine.jobs.list().filter(({ type, status }) => type === "flush" && status === "completed").length;
    };
    try {
      await test({ db, clock, wait });
    } finally {
      await db.close();
    }
  });
}

async function insert(db: EmbeddedDatabase, from: number, to: number, table = "t"): Promise<void> {
  await db.query(`INSERT INTO ${table} SELECT i FROM generate_series(${from}, ${to}) AS g(i)`);
}

async function stats(db: EmbeddedDatabase, table = "t"): Promise<readonly unknown[]> {
  const { rows } = await db.query(`SHOW STATS FOR TABLE ${table}`);
  return [rows[0]?.hot_rows, rows[0]?.cold_rows, rows[0]?.flushed_segments];
}

describe("FLUSH_POLICY", () => {
  it("rows:N flushes once a table has N hot rows, those of all users together", () =>
    steered(async ({ db, wait }) => {
      await db.query("CREATE USER TABLE t (id INT PRIMARY KEY) WITH (FLUSH_POLICY = 'rows:10')");
      await insert(db, 1, 5);
      expect(await wait(100_000)).to.equal(0);
      await db.as("alice").query("INSERT INTO t VALUES (1), (2), (3), (4)");
      expect(await wait(1)).to.equal(0);
      await insert(db, 6, 6);
      expect(await wait(1)).to.equal(1);
      expect(await stats(db)).to.deep.equal([0n, 6n, 1n]);
      expect(await wait(1)).to.equal(1);
      await insert(db, 7, 15);
      expect(await wait(1)).to.equal(1);
      await db.query("DELETE FROM t WHERE id = 1");
      expect(await wait(1), "a deletion is a version, too").to.equal(2);
      expect(await stats(db)).to.deep.equal([0n, 14n, 2n]);
    }));

  it("interval:S flushes what there is so many seconds after the last flush, and an empty table never", () =>
    steered(async ({ db, wait }) => {
      await db.query("CREATE SHARED TABLE t (id INT PRIMARY KEY) WITH (FLUSH_POLICY = 'interval:60')");
      expect(await wait(1)).to.equal(0);
      expect(await wait(3600)).to.equal(0);
      await insert(db, 1, 1);
      expect(await wait(59)).to.equal(0);
      expect(await wait(1)).to.equal(1);
      await insert(db, 2, 2);
      expect(await wait(30)).to.equal(1);
      expect(await wait(30)).to.equal(2);
      expect(await wait(3600)).to.equal(2);
      expect(await stats(db)).to.deep.equal([0n, 2n, 2n]);
    }));

  it("interval:S alone also flushes a table that grows large before its time", () =>
    steered(
      async ({ db, wait }) => {
        await db.query("CREATE SHARED TABLE t (id INT PRIMARY KEY) WITH (FLUSH_POLICY = 'interval:80000')");
        await insert(db, 1, 19);
        expect(await wait(1)).to.equal(0);
        await insert(db, 20, 20);
        expect(await wait(1)).to.equal(1);
      },
      { flushDefaultRows: 20 },
    ));

  it("of both flushes at what comes first", () =>
    steered(async ({ db, wait }) => {
      await db.query("CREATE SHARED TABLE t (id INT PRIMARY KEY) WITH (FLUSH_POLICY = 'rows:10,interval:60')");
      expect(await wait(1)).to.equal(0);
      await insert(db, 1, 10);
      expect(await wait(5)).to.equal(1);
      await insert(db, 11, 11);
      expect(await wait(50)).to.equal(1);
      expect(await wait(10)).to.equal(2);
    }));

  it("can be given later, and without one a table is flushed when it is asked to be", () =>
    steered(async ({ db, wait }) => {
      await db.query("CREATE SHARED TABLE t (id INT PRIMARY KEY)");
      await insert(db, 1, 5);
      expect(await wait(100_000)).to.equal(0);
      await db.query("ALTER TABLE t SET (FLUSH_POLICY = 'rows:5')");
      expect(await wait(1)).to.equal(1);
      const [[options] = []] = await values(db, "SELECT options FROM system.tables WHERE table_name = 't'");
      expect(JSON.parse(String(options)).flush_policy).to.deep.equal({ type: "row_limit", row_limit: 5 });
    }));
});

describe("compaction", () => {
  it("follows flushes by itself when there are enough small segments", () =>
    steered(
      async ({ db }) => {
        await db.query("CREATE SHARED TABLE t (id INT PRIMARY KEY)");
        for (const flush of [1, 2, 3]) {
          await insert(db, flush * 10, flush * 10 + 9);
          await flushAll(db);
          expect(await stats(db)).to.deep.equal([0n, BigInt(flush * 10), BigInt(flush === 3 ? 1 : flush)]);
        }
        const jobs = await values(db, "SELECT job_type, status FROM system.jobs WHERE job_type = 'compact'");
        expect(jobs).to.deep.equal([["compact", "completed"]]);
        expect(await values(db, "SELECT count(*), sum(id) FROM t")).to.deep.equal([[30n, 735n]]);
      },
      { compactionMinSegments: 3 },
    ));

  it("keeps deletions for DELETED_RETENTION_HOURS", () =>
    steered(async ({ db, clock }) => {
      await db.query("CREATE SHARED TABLE t (id INT PRIMARY KEY) WITH (DELETED_RETENTION_HOURS = 2)");
      await insert(db, 1, 10);
      await flushAll(db);
      clock.advance(3 * 3_600_000);
      await db.query("DELETE FROM t WHERE id <= 4");
      await flushAll(db);
      const deletions = async (): Promise<number> => {
        const [[manifest] = []] = await values(db, "SELECT manifest_json FROM system.manifest");
        const { segments } = JSON.parse(String(manifest)) as { segments: { deleted_count: number }[] };
        return segments.reduce((sum, segment) => sum + segment.deleted_count, 0);
      };
      expect(await deletions()).to.equal(4);
      clock.advance(3_600_000);
      await compactAll(db);
      expect(await deletions(), "after an hour").to.equal(4);
      expect(await stats(db)).to.deep.equal([0n, 6n, 1n]);
      clock.advance(2 * 3_600_000);
      await compactAll(db);
      expect(await deletions(), "after three").to.equal(0);
      expect(await values(db, "SELECT count(*) FROM t")).to.deep.equal([[6n]]);
    }));
});
