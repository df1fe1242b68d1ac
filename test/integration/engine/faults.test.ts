import { expect } from "chai";
import { FaultyHotStore } from "../../../src/drivers/hot/faults.ts";
import { Engine } from "../../../src/engine/engine.ts";
import { EmbeddedDatabase, KalamError } from "../../../src/index.ts";
import { SeededRandom } from "../../../src/runtime/random.ts";
import { systemTimers } from "../../../src/runtime/timers.ts";
import { values } from "../../support/engine.ts";
import { withFolder } from "../../support/folder.ts";
import { kalamError } from "../../support/rejection.ts";

const TINY = { maxPartitionBytes: 2_000, cacheBytes: 4_000 };

async function withFaults(
  folder: string,
  options: object,
  rates: { error?: number; lostAcknowledgement?: number; delay?: number },
  work: (db: EmbeddedDatabase, store: FaultyHotStore) => Promise<void>,
): Promise<void> {
  let faulty: FaultyHotStore | undefined;
  let armed = false;
  const random = new SeededRandom(3);
  const engine = await Engine.open(
    { ...options, dataDir: folder },
    {
      around: (store) => {
        faulty = new FaultyHotStore(store, {
          // No faults while the engine opens.
          random: {
            bytes: (length) => random.bytes(length),
            below: (bound) => (armed ? random.below(bound) : bound - 1),
          },
          timers: systemTimers,
          rates: { ...rates, maximumDelayMillis: 1 },
        });
        return faulty;
      },
    },
  );
  armed = true;
  const db = new EmbeddedDatabase(engine);
  try {
    await work(db, faulty as FaultyHotStore);
  } finally {
    armed = false;
    await db.close();
  }
}

for (const [name, options] of [
  ["resident", {}],
  ["spilled and evicted", TINY],
] as const) {
  describe(`engine: a hot store that fails, ${name} partitions`, () => {
    it("a failed commit leaves nothing, the next one works", () =>
      withFolder(async (folder) => {
        await withFaults(folder, options, {}, async (db, store) => {
          await db.query("CREATE SHARED TABLE t (id INT PRIMARY KEY, v INT)");
          await db.query("INSERT INTO t VALUES (1, 1), (2, 2)");
          for (const sql of [
            "INSERT INTO t VALUES (3, 3)",
            "UPDATE t SET v = 9 WHERE true",
            "DELETE FROM t WHERE id = 1",
            "BEGIN; DELETE FROM t WHERE id = 1; INSERT INTO t VALUES (7, 7); COMMIT",
            "ALTER TABLE t ADD COLUMN w INT DEFAULT 1",
            "DROP TABLE t",
            "CREATE SHARED TABLE u (id INT PRIMARY KEY)",
          ]) {
            store.failNext("commit", new KalamError("storage_full"));
            await kalamError(db.query(sql), "storage_full");
            const rows = [
              [1, 1],
              [2, 2],
            ];
            expect(await values(db, "SELECT * FROM t"), sql).to.deep.equal(rows);
            await db.query("CLEAR CACHE");
            expect(await values(db, "SELECT * FROM t"), sql).to.deep.equal(rows);
          }
          await db.query("CREATE SHARED TABLE u (id INT PRIMARY KEY)");
          await db.query("INSERT INTO u VALUES (1)");
          expect(await values(db, "SELECT * FROM t WHERE id = 1")).to.deep.equal([[1, 1]]);
        });
        await withFaults(folder, options, {}, async (db) => {
          expect(await values(db, "SELECT * FROM u")).to.deep.equal([[1]]);
        });
      }));

    it("memory shows what the store has, also when an acknowledgement was lost", () =>
      withFolder(async (folder) => {
        let last: unknown;
        await withFaults(folder, options, {}, async (db, store) => {
          await db.query("CREATE SHARED TABLE t (id INT PRIMARY KEY, v INT)");
          await db.query("INSERT INTO t VALUES (1, 1), (2, 2)");
          store.loseNextAcknowledgement(new KalamError("storage_failed", { reason: "lost" }));
          await kalamError(db.query("UPDATE t SET v = 5 WHERE id = 1"), "storage_failed");
          const shown = await values(db, "SELECT * FROM t");
          await db.query("CLEAR CACHE");
          expect(await values(db, "SELECT * FROM t")).to.deep.equal(shown);
          last = shown;
        });
        await withFaults(folder, options, {}, async (db) => {
          expect(await values(db, "SELECT * FROM t")).to.deep.equal(last);
        });
      }));

    it("with faults by chance every statement is answered, and what was acknowledged is there", () =>
      withFolder(async (folder) => {
        const acknowledged = new Set<number>();
        const refused = new Set<number>();
        await withFaults(folder, options, {}, (db) =>
          db.query("CREATE SHARED TABLE t (id INT PRIMARY KEY, v INT)").then(() => undefined),
        );
        await withFaults(folder, options, { error: 100, delay: 200 }, async (db) => {
          const worker = async (first: number): Promise<void> => {
            for (let id = first; id < 400; id += 10) {
              const sql =
                id % 3 === 0 ? `BEGIN; INSERT INTO t VALUES (${id}, 1); COMMIT` : `INSERT INTO t VALUES (${id}, 1)`;
              try {
                await db.query(sql);
                acknowledged.add(id);
              } catch (error) {
                expect(error).to.have.property("key", "storage_failed");
                refused.add(id);
              }
              await db.query("SELECT count(*) FROM t").catch((error: unknown) => {
                expect(error).to.have.property("key", "storage_failed");
              });
            }
          };
          await Promise.all(Array.from({ length: 10 }, (_, first) => worker(first)));
        });
        expect(refused.size).to.be.greaterThan(0);
        await withFaults(folder, options, {}, async (db) => {
          const there = new Set((await values(db, "SELECT id FROM t")).map(([id]) => id));
          expect(there).to.deep.equal(acknowledged);
        });
      }));
  });
}
