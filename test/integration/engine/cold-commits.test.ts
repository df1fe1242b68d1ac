import { expect } from "chai";
import type { HotStore } from "../../../src/drivers/hot/hot-store.ts";
import { KalamError, type Session } from "../../../src/index.ts";
import { compactAll, flushAll, jobsDone } from "../../support/cold.ts";
import { expectSoundFiles } from "../../support/cold-files.ts";
import { values } from "../../support/engine.ts";
import { type FaultyEngine, openFaulty, withFaultyEngine } from "../../support/faulty-engine.ts";
import { withFolder } from "../../support/folder.ts";
import { kalamError } from "../../support/rejection.ts";

const FAILURE = new KalamError("storage_failed", { reason: "a test" });
const SPILLED = { maxPartitionBytes: 2_000, cacheBytes: 4_000 };

async function numbers(db: Session, from: number, to: number): Promise<void> {
  const rows = Array.from({ length: to - from }, (_, index) => `(${from + index}, 'row ${from + index}')`);
  await db.query(`INSERT INTO t VALUES ${rows.join(", ")}`);
}

async function expectNumbers(db: Session, count: number): Promise<void> {
  const expected = Array.from({ length: count }, (_, id) => [id, `row ${id}`]);
  expect(await values(db, "SELECT * FROM t ORDER BY id")).to.deep.equal(expected);
  expect(await values(db, "SELECT count(*) FROM (SELECT * FROM t) AS q")).to.deep.equal([[BigInt(count)]]);
  for (const id of [0, count - 1]) {
    expect(await values(db, "SELECT v FROM t WHERE id = $1", [id])).to.deep.equal([[`row ${id}`]]);
  }
  expect(await values(db, "SELECT v FROM t WHERE id = $1", [count])).to.deep.equal([]);
}

for (const [name, options] of [
  ["resident", {}],
  ["spilled", SPILLED],
] as const) {
  describe(`cold rows, ${name}: a commit of which the hot store says that it failed`, () => {
    for (const done of [false, true]) {
      it(`${done ? "though it was done, " : ""}is a failed flush that is begun again`, () =>
        withFolder(async (dataDir) => {
          const { db, store, milestones } = await openFaulty(dataDir, options);
          await db.query("CREATE SHARED TABLE t (id INT PRIMARY KEY, v TEXT)");
          await numbers(db, 0, 60);
          await expectNumbers(db, 60);
          milestones.at("flush.stored", () => {
            if (done) store.loseNextAcknowledgement(FAILURE);
            else store.failNext("commit", FAILURE);
          });
          await flushAll(db);
          await expectNumbers(db, 60);
          const [job] = await values(db, "SELECT status, message FROM system.jobs");
          expect(job?.[0]).to.equal("completed");
          await numbers(db, 60, 70);
          await flushAll(db);
          await expectNumbers(db, 70);
          await db.close();
          await expectSoundFiles(dataDir);
          const again = await openFaulty(dataDir, options);
          await expectNumbers(again.db, 70);
          await again.db.close();
        }));

      it(`${done ? "though it was done, " : ""}is a failed compaction that is begun again`, () =>
        withFolder(async (dataDir) => {
          const { db, store, milestones } = await openFaulty(dataDir, options);
          await db.query("CREATE SHARED TABLE t (id INT PRIMARY KEY, v TEXT)");
          for (const from of [0, 20, 40]) {
            await numbers(db, from, from + 20);
            await flushAll(db);
          }
          milestones.at("compaction.written", () => {
            if (done) store.loseNextAcknowledgement(FAILURE);
            else store.failNext("commit", FAILURE);
          });
          await compactAll(db);
          await expectNumbers(db, 60);
          await db.close();
          await expectSoundFiles(dataDir);
        }));
    }
  });
}

describe("cold rows: a write that fails while its row is flushed", () => {
  for (const moment of ["flush.begun", "flush.written"]) {
    it(`leaves one version of the row, at ${moment}`, () =>
      withFaultyEngine(async ({ db, store, milestones }) => {
        await db.query("CREATE SHARED TABLE t (id INT PRIMARY KEY, v TEXT)");
        await numbers(db, 0, 12);
        await db.query("DELETE FROM t WHERE id >= 10");
        const flush = milestones.hold(moment);
        await db.query("STORAGE FLUSH TABLE t");
        await flush.reached;
        for (const sql of [
          "UPDATE t SET v = 'changed' WHERE id = 3",
          "DELETE FROM t WHERE id = 4",
          "INSERT INTO t VALUES (10, 'again')",
        ]) {
          store.failNext("commit", FAILURE);
          await kalamError(db.query(sql), "storage_failed");
        }
        flush.goOn();
        await jobsDone(db);
        await expectNumbers(db, 10);
        await numbers(db, 11, 12);
        await db.query("DELETE FROM t WHERE id = 11");
        await flushAll(db);
        await expectNumbers(db, 10);
        await compactAll(db);
        await expectNumbers(db, 10);
      }));
  }
});

describe("cold rows: files that no manifest lists", () => {
  it("are not deleted when a manifest lists them by then", () =>
    withFaultyEngine(async ({ db, storage, milestones, engine }: FaultyEngine) => {
      await db.query("CREATE SHARED TABLE a (id INT PRIMARY KEY); CREATE SHARED TABLE t (id INT PRIMARY KEY, v TEXT)");
      for (const id of [1, 2]) {
        await db.query(`INSERT INTO a VALUES (${id})`);
        await flushAll(db);
      }
      await numbers(db, 0, 10);
      const flush = milestones.hold("flush.announced");
      await db.query("STORAGE FLUSH TABLE t");
      await flush.reached;
      // The compaction looks at what is listed, the file of the flush among it, and stays with the first.
      const goOn = storage("local").hold("delete");
      const compacted = milestones.hold("compaction.published");
      await db.query("STORAGE COMPACT TABLE a");
      await compacted.reached;
      compacted.goOn();
      await settled();
      flush.goOn();
      const flushed = engine.jobs.list().find(({ type, status }) => type === "flush" && status === "running");
      await engine.jobs.whenDone(flushed?.id ?? "");
      goOn();
      await jobsDone(db);
      await expectNumbers(db, 10);
    }));
});

describe("cold rows: a commit that is done and not yet answered", () => {
  it("hides no row from those who look for it by its key", () =>
    withFolder(async (dataDir) => {
      const gate = new LateStore();
      const { db, milestones } = await openFaulty(dataDir, SPILLED, (store) => gate.around(store));
      await db.query("CREATE SHARED TABLE t (id INT PRIMARY KEY, v TEXT)");
      await numbers(db, 0, 100);
      await flushAll(db);
      await numbers(db, 100, 160);
      await expectNumbers(db, 160);
      let done = Promise.resolve();
      milestones.at("flush.stored", () => {
        done = gate.delayNext();
      });
      await db.query("STORAGE FLUSH TABLE t");
      await gate.begun;
      await done;
      const lookups = [
        values(db, "SELECT v FROM t WHERE id = 130"),
        db.query("BEGIN; UPDATE t SET v = 'changed' WHERE id = 140; COMMIT"),
      ];
      await settled();
      gate.answer();
      expect(await lookups[0]).to.deep.equal([["row 130"]]);
      await lookups[1];
      await jobsDone(db);
      expect(await values(db, "SELECT v FROM t WHERE id = 140")).to.deep.equal([["changed"]]);
      await db.close();
    }));
});

/** Some turns of the event loop and of the disk: what can happen without anybody's help has happened. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setTimeout(resolve, 1));
}

/** A hot store that does a commit and answers later. */
class LateStore {
  #armed: (() => void) | undefined;
  #answer = (): void => undefined;
  #begin = (): void => undefined;
  readonly begun = new Promise<void>((resolve) => {
    this.#begin = resolve;
  });

  /** @returns resolves when the next commit is done */
  delayNext(): Promise<void> {
    this.#begin();
    return new Promise((resolve) => {
      this.#armed = resolve;
    });
  }

  answer(): void {
    this.#answer();
  }

  around(store: HotStore): HotStore {
    return {
      capabilities: store.capabilities,
      get: (keys) => store.get(keys),
      scan: (range) => store.scan(range),
      size: () => store.size(),
      close: () => store.close(),
      commit: async (batch) => {
        const armed = this.#armed;
        this.#armed = undefined;
        const answered = new Promise<void>((resolve) => {
          this.#answer = resolve;
        });
        await store.commit(batch);
        if (armed === undefined) return;
        armed();
        await answered;
      },
    };
  }
}
