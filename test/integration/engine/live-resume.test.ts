import { expect } from "chai";
import { Engine } from "../../../src/engine/engine.ts";
import { withFolder } from "../../support/folder.ts";
import { Follower, flushEverything, onEveryEngine, run } from "../../support/live.ts";
import { kalamError } from "../../support/rejection.ts";

const SETUP =
  "CREATE NAMESPACE app; CREATE USER TABLE app.notes (id INT PRIMARY KEY, body TEXT, state TEXT); " +
  "CREATE SHARED TABLE app.log (line TEXT) WITH (ACCESS_LEVEL = 'public')";

async function insert(engine: Engine, from: number, to: number, state = "open"): Promise<void> {
  const rows = Array.from({ length: to - from }, (_, at) => `(${from + at}, 'note ${from + at}', '${state}')`);
  await run(engine, "alice", `INSERT INTO app.notes VALUES ${rows.join(", ")}`);
}

function ids(follower: Follower): readonly unknown[] {
  return follower.initial.map((row) => (row as { id: number }).id);
}

describe("live queries over segments and restarts", () => {
  onEveryEngine("read hot and cold rows in batches, and hold back what changes meanwhile", async (engine) => {
    await run(engine, "root", SETUP);
    await insert(engine, 0, 25);
    await flushEverything(engine);
    await insert(engine, 25, 40);
    await run(engine, "alice", "UPDATE app.notes SET body = 'new' WHERE id = 3");
    const alice = await Follower.begin(engine, { sql: "SELECT id, body FROM app.notes", options: { batchSize: 10 } });
    const first = await alice.take();
    expect(first).to.include({ batch: 0, hasMore: true });
    await run(engine, "alice", "UPDATE app.notes SET body = 'changed' WHERE id = 2 OR id = 30");
    await run(engine, "alice", "DELETE FROM app.notes WHERE id = 31");
    await insert(engine, 40, 41);
    await flushEverything(engine);
    await alice.takeAll();
    const expected = [...Array(40).keys()].filter((id) => id !== 3 && id !== 30 && id !== 31);
    expect(ids(alice)).to.deep.equal([...expected, 3]);
    const seqs = alice.batches.flatMap(({ rows }) => rows.map((row) => row[2] as bigint));
    expect(seqs).to.deep.equal(seqs.toSorted((a, b) => (a < b ? -1 : 1)));
    expect(alice.taken()).to.deep.equal([
      ["update", { id: 2, body: "changed" }, { id: 2, body: "note 2" }],
      ["update", { id: 30, body: "changed" }, { id: 30, body: "note 30" }],
      ["delete", { id: 31, body: "note 31" }],
      ["insert", { id: 40, body: "note 40" }],
    ]);
  });

  onEveryEngine("give the newest rows, also those of segments", async (engine) => {
    await run(engine, "root", SETUP);
    await insert(engine, 0, 10);
    const hot = await Follower.of(engine, { sql: "SELECT * FROM app.notes", options: { lastRows: 3 } });
    await flushEverything(engine);
    await insert(engine, 10, 11, "done");
    const cold = await Follower.of(engine, {
      sql: "SELECT * FROM app.notes WHERE state = 'open'",
      options: { lastRows: 3 },
    });
    expect([ids(hot), ids(cold)]).to.deep.equal([
      [7, 8, 9],
      [7, 8, 9],
    ]);
    const follow = { sql: "SELECT * FROM app.notes", options: { lastRows: 11, batchSize: 10 } };
    const error = await kalamError(Follower.of(engine, follow), "live_query_unsupported");
    expect(error.message).to.contain("last_rows (11) cannot exceed batch_size (10)");
  });

  it("go on where they were, over a flush, a compaction and a restart, with what is gone", () =>
    withFolder(async (dataDir) => {
      let engine = await Engine.open({ dataDir });
      try {
        await run(engine, "root", SETUP);
        await insert(engine, 0, 8);
        await flushEverything(engine);
        const before = await Follower.of(engine, { sql: "SELECT * FROM app.notes WHERE state = 'open'" });
        const from = before.batches.at(-1)?.lastSeq ?? 0n;
        before.subscription.close();
        await run(engine, "alice", "DELETE FROM app.notes WHERE id = 1");
        await run(engine, "alice", "UPDATE app.notes SET state = 'done' WHERE id = 2");
        await run(engine, "alice", "UPDATE app.notes SET body = 'still open' WHERE id = 3");
        await insert(engine, 8, 10);
        await run(engine, "alice", "DELETE FROM app.notes WHERE id = 9");
        const check = async (why: string): Promise<void> => {
          const again = await Follower.of(engine, {
            sql: "SELECT * FROM app.notes WHERE state = 'open'",
            options: { from, batchSize: 2 },
          });
          expect(again.initial, why).to.deep.equal([
            { id: 3, body: "still open", state: "open" },
            { id: 8, body: "note 8", state: "open" },
          ]);
          expect(again.gone, why).to.deep.equal([{ id: 1 }, { id: 2 }, { id: 9 }]);
          again.subscription.close();
        };
        await check("hot");
        await flushEverything(engine);
        await check("cold");
        await engine.close();
        engine = await Engine.open({ dataDir });
        await check("after a restart");
        await run(engine, "root", "STORAGE COMPACT ALL");
        await flushEverything(engine);
        await check("compacted");
        await run(engine, "root", "CLEAR CACHE");
        await run(engine, "alice", "DELETE FROM app.notes WHERE id = 0");
        const last = await Follower.of(engine, { sql: "SELECT id FROM app.notes", options: { from } });
        expect(last.gone).to.deep.equal([{ id: 1 }, { id: 9 }, { id: 0 }]);
      } finally {
        await engine.close();
      }
    }));

  onEveryEngine(
    "begin anew where deletions may be forgotten",
    async (engine) => {
      await run(engine, "root", SETUP);
      await run(engine, "root", "CREATE STREAM TABLE app.typing (who TEXT PRIMARY KEY) WITH (TTL_SECONDS = 3600)");
      await insert(engine, 0, 3);
      await run(engine, "alice", "INSERT INTO app.typing VALUES ('bob'), ('carol')");
      const notes = { sql: "SELECT * FROM app.notes", options: { from: 1n } };
      expect((await Follower.of(engine, notes)).initial).to.have.length(3);
      const typing = await Follower.of(engine, { sql: "SELECT * FROM app.typing" });
      const from = typing.batches[0]?.lastSeq ?? 0n;
      const stream = { sql: "SELECT * FROM app.typing", options: { from } };
      await run(engine, "alice", "INSERT INTO app.typing VALUES ('dave')");
      expect((await Follower.of(engine, stream)).initial).to.deep.equal([{ who: "dave" }]);
      await run(engine, "alice", "DELETE FROM app.typing WHERE who = 'bob'");
      await kalamError(Follower.of(engine, stream), "must_resnapshot");
      await flushEverything(engine);
      await kalamError(Follower.of(engine, notes), "must_resnapshot");
      const future = { sql: "SELECT * FROM app.notes", options: { from: 2n ** 62n } };
      await kalamError(Follower.of(engine, future), "must_resnapshot");
      await insert(engine, 3, 10);
      const many = { sql: "SELECT * FROM app.notes", options: { from } };
      await kalamError(Follower.of(engine, many), "must_resnapshot");
    },
    { liveMaxResumeChanges: 6 },
  );
});
