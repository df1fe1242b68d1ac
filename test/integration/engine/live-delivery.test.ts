import { expect } from "chai";
import { Engine } from "../../../src/engine/engine.ts";
import { ManualClock } from "../../../src/runtime/clock.ts";
import { createRuntime } from "../../../src/runtime/runtime.ts";
import { withFolder } from "../../support/folder.ts";
import { Follower, flushEverything, onEveryEngine, run } from "../../support/live.ts";
import { kalamError } from "../../support/rejection.ts";

const SETUP =
  "CREATE NAMESPACE app; CREATE USER TABLE app.notes (id INT PRIMARY KEY, n INT); " +
  "CREATE USER TABLE app.log (line TEXT); " +
  "CREATE STREAM TABLE app.typing (who TEXT PRIMARY KEY) WITH (TTL_SECONDS = 60)";

describe("changes of live queries", () => {
  onEveryEngine("come once for each write, also for those of one batch, in the order of _seq", async (engine) => {
    await run(engine, "root", SETUP);
    await run(engine, "alice", "INSERT INTO app.notes VALUES (1, 0)");
    const alice = await Follower.of(engine, { sql: "SELECT * FROM app.notes" });
    const bumps = Array.from({ length: 50 }, () => run(engine, "alice", "UPDATE app.notes SET n = n + 1 WHERE id = 1"));
    await Promise.all(bumps);
    expect(alice.changes.map(({ row, old }) => [row?.[1], old?.[1]])).to.deep.equal(
      Array.from({ length: 50 }, (_, at) => [at + 1, at]),
    );
    const seqs = alice.changes.map(({ seq }) => seq);
    expect(seqs).to.deep.equal([...new Set(seqs)].sort((a, b) => (a < b ? -1 : 1)));
    alice.taken();
    await run(
      engine,
      "alice",
      "BEGIN; UPDATE app.notes SET n = 7 WHERE id = 1; UPDATE app.notes SET n = 8 WHERE id = 1; " +
        "INSERT INTO app.notes VALUES (2, 2); DELETE FROM app.notes WHERE id = 2; COMMIT",
    );
    await run(engine, "alice", "BEGIN; DELETE FROM app.notes WHERE true; ROLLBACK");
    expect(alice.taken()).to.deep.equal([["update", { id: 1, n: 8 }, { id: 1, n: 50 }]]);
  });

  onEveryEngine("know what cold rows were", async (engine) => {
    await run(engine, "root", SETUP);
    await run(engine, "alice", "INSERT INTO app.notes VALUES (1, 1), (2, 2), (3, 3)");
    await flushEverything(engine);
    const alice = await Follower.of(engine, { sql: "SELECT * FROM app.notes WHERE n > 1" });
    await Promise.all([
      run(engine, "alice", "UPDATE app.notes SET n = 20 WHERE id = 2"),
      run(engine, "alice", "UPDATE app.notes SET n = 1 WHERE id = 3"),
      run(engine, "alice", "DELETE FROM app.notes WHERE id = 1"),
    ]);
    expect(alice.taken()).to.have.deep.members([
      ["update", { id: 2, n: 20 }, { id: 2, n: 2 }],
      ["delete", { id: 3, n: 3 }],
    ]);
    await run(engine, "alice", "DELETE FROM app.notes WHERE id = 2");
    expect(alice.taken()).to.deep.equal([["delete", { id: 2, n: 20 }]]);
  });

  onEveryEngine("are made once for all subscribers of equal queries", async (engine) => {
    await run(engine, "root", SETUP);
    const follow = { sql: "SELECT n FROM app.notes WHERE id > $1", params: [5] };
    const [a, b] = [
      await Follower.of(engine, { ...follow, id: "a" }),
      await Follower.of(engine, { ...follow, id: "b" }),
    ];
    const other = await Follower.of(engine, { ...follow, params: [6], id: "c" });
    await run(engine, "alice", "INSERT INTO app.notes VALUES (7, 7)");
    expect(a.changes).to.have.length(1);
    expect(a.changes[0]).to.equal(b.changes[0]);
    expect(other.changes).to.have.length(1);
    expect(other.changes[0]).to.not.equal(a.changes[0]);
    expect(a.subscription.query).to.equal(b.subscription.query);
    a.subscription.close();
    await run(engine, "alice", "INSERT INTO app.notes VALUES (8, 8)");
    expect([a.changes.length, b.changes.length]).to.deep.equal([1, 2]);
  });

  onEveryEngine(
    "are held back until the first rows were taken, as many as allowed",
    async (engine) => {
      await run(engine, "root", SETUP);
      const held = await Follower.begin(engine, { sql: "SELECT * FROM app.notes", id: "held" });
      const over = await Follower.begin(engine, { sql: "SELECT * FROM app.notes", id: "over" });
      for (let id = 0; id < 3; id++) await run(engine, "alice", `INSERT INTO app.notes VALUES (${id}, 0)`);
      await held.takeAll();
      expect([held.initial.length, held.changes.length]).to.deep.equal([0, 3]);
      for (let id = 3; id < 10; id++) await run(engine, "alice", `INSERT INTO app.notes VALUES (${id}, 0)`);
      expect(held.changes).to.have.length(10);
      expect(over.end?.code).to.equal("MUST_RESNAPSHOT");
      await kalamError(over.take(), "live_query_over");
    },
    { liveMaxHeldChanges: 3 },
  );

  onEveryEngine("of a table without a primary key name rows by their _seq", async (engine) => {
    await run(engine, "root", SETUP);
    await run(engine, "alice", "INSERT INTO app.log VALUES ('a'), ('b')");
    const alice = await Follower.of(engine, { sql: "SELECT * FROM app.log" });
    const seqs = alice.batches.flatMap(({ rows }) => rows.map((row) => row[1]));
    await run(engine, "alice", "DELETE FROM app.log WHERE line = 'a'");
    await run(engine, "alice", "UPDATE app.log SET line = 'B' WHERE line = 'b'");
    const gone = alice.changes.filter(({ type }) => type === "delete").map(({ old }) => old?.[1]);
    expect(gone).to.deep.equal(seqs);
    expect(alice.taken().map(([type]) => type)).to.have.members(["delete", "delete", "insert"]);
    const from = alice.batches[0]?.lastSeq ?? 0n;
    const again = await Follower.of(engine, { sql: "SELECT * FROM app.log", options: { from } });
    expect(again.initial).to.deep.equal([{ line: "B" }]);
    expect(again.batches[0]?.gone.map((row) => row[1])).to.deep.equal(seqs);
    await flushEverything(engine);
    await kalamError(Follower.of(engine, { sql: "SELECT * FROM app.log", options: { from } }), "must_resnapshot");
  });

  onEveryEngine("end where a condition cannot be computed", async (engine) => {
    await run(engine, "root", SETUP);
    const alice = await Follower.of(engine, { sql: "SELECT * FROM app.notes WHERE 10 / n > 1" });
    await run(engine, "alice", "INSERT INTO app.notes VALUES (1, 2)");
    await run(engine, "alice", "INSERT INTO app.notes VALUES (2, 0)");
    expect(alice.taken()).to.deep.equal([["insert", { id: 1, n: 2 }]]);
    expect(alice.end?.message).to.equal("division by zero");
    await kalamError(Follower.of(engine, { sql: "SELECT * FROM app.notes WHERE 10 / n > 1" }), "division_by_zero");
    expect(engine.live.count).to.equal(0);
  });

  onEveryEngine("stay between the bounds of UNTIL and SINCE", async (engine) => {
    await run(engine, "root", SETUP);
    await run(engine, "alice", "INSERT INTO app.notes VALUES (1, 1)");
    const first = await Follower.of(engine, { sql: "SELECT * FROM app.notes", id: "first" });
    const until = first.batches[0]?.lastSeq ?? 0n;
    const since = engine.runtime.clock.nowMicros() + 5000n;
    while (engine.runtime.clock.nowMicros() < since) await engine.runtime.timers.yield();
    await run(engine, "alice", "INSERT INTO app.notes VALUES (2, 2)");
    const early = await Follower.of(engine, { sql: "SELECT * FROM app.notes", options: { until }, id: "early" });
    const late = await Follower.of(engine, { sql: "SELECT * FROM app.notes", options: { since }, id: "late" });
    await run(engine, "alice", "INSERT INTO app.notes VALUES (3, 3)");
    expect([early.initial, early.changes]).to.deep.equal([[{ id: 1, n: 1 }], []]);
    expect([late.initial, late.changes.length]).to.deep.equal([[{ id: 2, n: 2 }], 1]);
  });

  it("do not tell that stream rows expire, and give none that has", () =>
    withFolder(async (dataDir) => {
      const clock = new ManualClock();
      const engine = await Engine.open({ dataDir, driver: "memory" }, { runtime: createRuntime({ clock }) });
      try {
        await run(engine, "root", SETUP);
        await run(engine, "alice", "INSERT INTO app.typing VALUES ('bob')");
        const alice = await Follower.of(engine, { sql: "SELECT * FROM app.typing" });
        clock.advance(61_000);
        expect((await Follower.of(engine, { sql: "SELECT * FROM app.typing", id: "late" })).initial).to.deep.equal([]);
        await run(engine, "alice", "INSERT INTO app.typing VALUES ('bob')");
        expect(alice.taken()).to.deep.equal([["insert", { who: "bob" }]]);
      } finally {
        await engine.close();
      }
    }));

  it("of a stream do not go on over a restart", () =>
    withFolder(async (dataDir) => {
      let engine = await Engine.open({ dataDir });
      try {
        await run(engine, "root", SETUP);
        await run(engine, "alice", "INSERT INTO app.typing VALUES ('bob')");
        const alice = await Follower.of(engine, { sql: "SELECT * FROM app.typing" });
        await engine.close();
        expect(alice.end).to.include({ code: "SHUTTING_DOWN", resumable: true });
        engine = await Engine.open({ dataDir });
        const from = alice.batches[0]?.lastSeq ?? 0n;
        await kalamError(
          Follower.of(engine, { sql: "SELECT * FROM app.typing", options: { from } }),
          "must_resnapshot",
        );
      } finally {
        await engine.close();
      }
    }));
});
