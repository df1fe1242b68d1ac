import { expect } from "chai";
import { KalamError, type Session } from "../../../src/index.ts";
import { SeededRandom } from "../../../src/runtime/random.ts";
import { systemTimers } from "../../../src/runtime/timers.ts";
import { onEveryDriver, values } from "../../support/engine.ts";

const TINY = { maxPartitionBytes: 2_000, cacheBytes: 4_000 };

/** "ok", or the key of the error. */
async function outcome(work: Promise<unknown>): Promise<string> {
  try {
    await work;
    return "ok";
  } catch (error) {
    return error instanceof KalamError ? error.key : String(error);
  }
}

function times<T>(count: number, work: (index: number) => T): T[] {
  return Array.from({ length: count }, (_, index) => work(index));
}

async function tally(work: readonly Promise<unknown>[]): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const key of await Promise.all(work.map(outcome))) counts[key] = (counts[key] ?? 0) + 1;
  return counts;
}

for (const [name, options] of [
  ["resident", {}],
  ["spilled and evicted", TINY],
] as const) {
  describe(`engine: races, ${name} partitions`, () => {
    onEveryDriver(
      "of many inserts of one key exactly one wins",
      async (db) => {
        await db.query("CREATE SHARED TABLE t (id INT PRIMARY KEY, v INT)");
        for (let id = 0; id < 5; id++) {
          const counts = await tally(
            times(30, (v) => db.query(`INSERT INTO t VALUES (${id}, ${v}), (${id + 100}, 0)`)),
          );
          expect(counts).to.deep.equal({ ok: 1, primary_key_violation: 29 });
        }
        expect(await values(db, "SELECT count(*) FROM t")).to.deep.equal([[10n]]);
      },
      options,
    );

    onEveryDriver(
      "increments by UPDATE, by upsert and in transactions all count",
      async (db) => {
        const random = new SeededRandom(11);
        await db.query("CREATE SHARED TABLE c (id INT PRIMARY KEY, n INT)");
        await db.query(`INSERT INTO c VALUES ${times(20, (id) => `(${id}, 0)`).join(", ")}`);
        const forms = [
          (id: number) => `UPDATE c SET n = n + 1 WHERE id = ${id}`,
          (id: number) => `UPDATE c SET n = n + 1 WHERE id >= ${id} AND id < ${id + 1}`,
          (id: number) => `UPDATE c SET n = n + 1 WHERE id = (SELECT ${id})`,
          (id: number) => `INSERT INTO c VALUES (${id}, 1) ON CONFLICT (id) DO UPDATE SET n = c.n + excluded.n`,
          (id: number) => `BEGIN; UPDATE c SET n = n + 1 WHERE id = ${id}; SELECT n FROM c; COMMIT`,
        ];
        const counts = await tally(
          times(200, (at) => {
            const sql = forms[random.below(forms.length)] as (id: number) => string;
            return db.query(sql(at % 3 === 0 ? 0 : random.below(20)));
          }),
        );
        expect(counts).to.deep.equal({ ok: 200 });
        expect(await values(db, "SELECT sum(n) FROM c")).to.deep.equal([[200n]]);
      },
      options,
    );

    onEveryDriver(
      "transfers between accounts keep the sum, whoever looks",
      async (db) => {
        const random = new SeededRandom(5);
        await db.query("CREATE SHARED TABLE a (id INT PRIMARY KEY, v INT)");
        await db.query("CREATE SHARED TABLE b (id INT PRIMARY KEY, v INT)");
        for (const table of ["a", "b"]) {
          await db.query(`INSERT INTO ${table} VALUES ${times(30, (id) => `(${id}, 100)`).join(", ")}`);
        }
        const transfer = async (): Promise<void> => {
          for (let round = 0; round < 15; round++) {
            const amount = random.below(50);
            const [from, to] = [random.below(30), random.below(30)];
            await db.query(
              `BEGIN; UPDATE a SET v = v - ${amount} WHERE id = ${from}; UPDATE b SET v = v + ${amount} WHERE id = ${to}; COMMIT`,
            );
          }
        };
        let busy = true;
        const audit = async (): Promise<void> => {
          while (busy) {
            const sql = "SELECT (SELECT sum(v) FROM a) + (SELECT sum(v) FROM b) AS total";
            expect(await values(db, sql)).to.deep.equal([[6000n]]);
            const sorted = await values(db, "SELECT id FROM a ORDER BY id DESC");
            expect(sorted).to.have.length(30);
            await systemTimers.yield();
          }
        };
        const auditing = Promise.all([audit(), audit()]);
        const [transfers] = await Promise.all([
          tally(times(8, transfer)).finally(() => {
            busy = false;
          }),
          auditing,
        ]);
        expect(transfers).to.deep.equal({ ok: 8 });
      },
      options,
    );

    onEveryDriver(
      "inserts during ALTER all arrive",
      async (db) => {
        await db.query("CREATE USER TABLE t (id INT PRIMARY KEY, v INT)");
        const users = ["alice", "bob", "carol"].map((user) => db.as(user));
        const insert = (session: Session, from: number) => async () => {
          for (let id = from; id < from + 25; id++) {
            await session.query(`INSERT INTO t (id, v) VALUES (${id}, 0)`);
            await session.query(`UPDATE t SET v = v + 1 WHERE v = 0 AND id >= ${from} AND id <= ${id}`);
          }
        };
        const alter = async () => {
          for (let round = 0; round < 12; round++) {
            await db.query(`ALTER TABLE t ADD COLUMN extra${round} TEXT DEFAULT 'x'`);
            await db.query("CLEAR CACHE");
            if (round % 2 === 1) await db.query(`ALTER TABLE t DROP COLUMN extra${round}`);
          }
        };
        const work = users.flatMap((session) => [insert(session, 0), insert(session, 1000)]);
        expect(await tally([...work.map((each) => each()), alter()])).to.deep.equal({ ok: 7 });
        for (const session of users) {
          const sql = "SELECT count(*) AS n, sum(v) AS v, count(extra0) AS x FROM t";
          expect(await values(session, sql)).to.deep.equal([[50n, 50n, 50n]]);
        }
      },
      options,
    );

    onEveryDriver(
      "every statement is answered clearly while tables come and go",
      async (db) => {
        await db.query("CREATE NAMESPACE app");
        const definitions = async () => {
          for (let round = 0; round < 15; round++) {
            await db.query("CREATE SHARED TABLE app.t (id INT PRIMARY KEY, v INT)");
            await db.query(`INSERT INTO app.t VALUES (-1, ${round})`);
            await systemTimers.yield();
            await db.query("ALTER TABLE app.t RENAME COLUMN v TO w");
            if (round % 3 === 0) await db.query("DROP NAMESPACE app; CREATE NAMESPACE app");
            else await db.query("DROP TABLE app.t");
          }
        };
        const statements = [
          (id: number) => `INSERT INTO app.t VALUES (${id}, 1)`,
          (id: number) => `INSERT INTO app.t SELECT id + ${id}, 3 FROM app.t`,
          (id: number) => `UPDATE app.t SET v = ${id} WHERE id >= 0`,
          (id: number) => `DELETE FROM app.t WHERE id = (SELECT max(id) - ${id} FROM app.t)`,
          () => "SELECT * FROM app.t",
          () => "SELECT count(*) FROM app.t x JOIN app.t y ON x.id = y.id",
          (id: number) => `BEGIN; INSERT INTO app.t VALUES (${id}, 2); SELECT * FROM app.t; COMMIT`,
        ];
        const done = definitions();
        const keys: Record<string, number> = {};
        let over = false;
        const worker = async (first: number): Promise<void> => {
          for (let at = first; !over; at += 10) {
            const statement = statements[at % statements.length] as (id: number) => string;
            const key = await outcome(db.query(statement(at)));
            keys[key] = (keys[key] ?? 0) + 1;
            // A statement that fails at once leaves no turn to those who wait for the disk.
            await systemTimers.yield();
          }
        };
        const workers = Promise.all(times(6, worker));
        await done;
        over = true;
        await workers;
        expect(Object.keys(keys)).to.include.members(["ok", "table_not_found"]);
        const clear = [
          "ok",
          "table_not_found",
          "column_not_found",
          "undefined_column",
          "primary_key_violation",
          "serialization_failure",
        ];
        expect(clear).to.include.members(Object.keys(keys));
        await db.query("CREATE SHARED TABLE app.t (id INT PRIMARY KEY)");
        expect(await values(db, "SELECT * FROM app.t")).to.deep.equal([]);
      },
      options,
    );
  });
}
