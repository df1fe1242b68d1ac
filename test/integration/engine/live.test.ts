import { expect } from "chai";
import { Follower, onEveryEngine, run } from "../../support/live.ts";

describe("live queries", () => {
  onEveryEngine("give the rows that are there, and then every change", async (engine) => {
    await run(engine, "root", "CREATE NAMESPACE app; CREATE USER TABLE app.notes (id INT PRIMARY KEY, body TEXT)");
    await run(engine, "alice", "INSERT INTO app.notes VALUES (2, 'b'), (1, 'a')");
    await run(engine, "bob", "INSERT INTO app.notes VALUES (9, 'of bob')");
    const alice = await Follower.of(engine, { sql: "SELECT * FROM app.notes" });
    expect(alice.initial).to.deep.equal([
      { id: 2, body: "b" },
      { id: 1, body: "a" },
    ]);
    await run(engine, "bob", "INSERT INTO app.notes VALUES (10, 'of bob')");
    await run(engine, "alice", "INSERT INTO app.notes VALUES (3, 'c')");
    await run(engine, "alice", "UPDATE app.notes SET body = 'B' WHERE id = 2");
    await run(engine, "alice", "DELETE FROM app.notes WHERE id = 1");
    expect(alice.taken()).to.deep.equal([
      ["insert", { id: 3, body: "c" }],
      ["update", { id: 2, body: "B" }, { id: 2, body: "b" }],
      ["delete", { id: 1, body: "a" }],
    ]);
    alice.subscription.close();
    await run(engine, "alice", "INSERT INTO app.notes VALUES (4, 'd')");
    expect(alice.changes).to.deep.equal([]);
    expect(engine.live.count).to.equal(0);
  });

  onEveryEngine("tell of rows that enter and leave a filter", async (engine) => {
    await run(
      engine,
      "root",
      "CREATE NAMESPACE app; CREATE USER TABLE app.tasks (id INT PRIMARY KEY, state TEXT, n INT)",
    );
    await run(engine, "alice", "INSERT INTO app.tasks VALUES (1, 'open', 1), (2, 'done', 2), (3, 'open', 3)");
    const open = await Follower.of(engine, {
      sql: "SELECT id AS task FROM app.tasks WHERE state = $1 AND n < 10",
      params: ["open"],
    });
    expect(open.initial).to.deep.equal([{ task: 1 }, { task: 3 }]);
    await run(engine, "alice", "UPDATE app.tasks SET state = 'open' WHERE id = 2");
    await run(engine, "alice", "UPDATE app.tasks SET state = 'done' WHERE id = 1");
    await run(engine, "alice", "UPDATE app.tasks SET n = 11 WHERE id = 3");
    await run(engine, "alice", "DELETE FROM app.tasks WHERE id = 1");
    await run(engine, "alice", "DELETE FROM app.tasks WHERE id = 2");
    expect(open.taken()).to.deep.equal([
      ["insert", { task: 2 }],
      ["delete", { task: 1 }],
      ["delete", { task: 3 }],
      ["delete", { task: 2 }],
    ]);
  });
});
