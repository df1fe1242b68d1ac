import { expect } from "chai";
import { onEveryDriver, values } from "../../support/engine.ts";
import { rejection } from "../../support/rejection.ts";

describe("engine: every user's rows apart", () => {
  onEveryDriver("a USER table shows and changes only the caller's rows", async (db) => {
    await db.query("CREATE NAMESPACE app");
    await db.query("CREATE USER TABLE app.notes (id BIGINT PRIMARY KEY, text TEXT)");
    const alice = db.as("alice");
    const bob = db.as("bob");
    await alice.query("INSERT INTO app.notes VALUES (1, 'a1'), (2, 'a2')");
    await bob.query("INSERT INTO app.notes VALUES (1, 'b1')");
    expect(await values(alice, "SELECT text FROM app.notes")).to.deep.equal([["a1"], ["a2"]]);
    expect(await values(bob, "SELECT text FROM app.notes")).to.deep.equal([["b1"]]);
    expect(await values(db, "SELECT text FROM app.notes")).to.deep.equal([]);
    expect((await bob.query("DELETE FROM app.notes WHERE true")).rowCount).to.equal(1);
    expect((await bob.query("UPDATE app.notes SET text = 'x' WHERE id = 2")).rowCount).to.equal(0);
    expect(await values(alice, "SELECT count(*) FROM app.notes WHERE text LIKE 'a%'")).to.deep.equal([[2n]]);
  });

  onEveryDriver("joins and sub-queries see only the caller's rows", async (db) => {
    await db.query("CREATE NAMESPACE app");
    await db.query("CREATE USER TABLE app.notes (id BIGINT PRIMARY KEY, room INT)");
    await db.query("CREATE SHARED TABLE app.rooms (id INT PRIMARY KEY, name TEXT) WITH (ACCESS_LEVEL = 'PUBLIC')");
    await db.query("INSERT INTO app.rooms VALUES (1, 'red'), (2, 'blue')");
    await db.as("alice").query("INSERT INTO app.notes VALUES (1, 1), (2, 2)");
    await db.as("bob").query("INSERT INTO app.notes VALUES (7, 2)");
    const sql = "SELECT n.id, r.name FROM app.notes n JOIN app.rooms r ON r.id = n.room ORDER BY n.id";
    expect(await values(db.as("bob"), sql)).to.deep.equal([[7n, "blue"]]);
    expect(
      await values(db.as("alice"), "SELECT sum(id) FROM app.notes WHERE room IN (SELECT id FROM app.rooms)"),
    ).to.deep.equal([[3n]]);
  });

  onEveryDriver("a service writes for a user by EXECUTE AS; a user may not", async (db) => {
    await db.query("CREATE NAMESPACE app");
    await db.query("CREATE USER TABLE app.notes (id BIGINT PRIMARY KEY, who TEXT DEFAULT CURRENT_USER())");
    const agent = db.as("agent", "service");
    await agent.query("EXECUTE AS USER 'Alice' (INSERT INTO app.notes (id) VALUES ($1))", [5n]);
    await agent.query("INSERT INTO app.notes AS USER 'Alice' (id) VALUES (6)");
    expect(await values(db.as("Alice"), "SELECT id, who FROM app.notes")).to.deep.equal([
      [5n, "Alice"],
      [6n, "Alice"],
    ]);
    expect(await values(agent, "SELECT id FROM app.notes")).to.deep.equal([]);
    const error = await rejection(db.as("bob").query("EXECUTE AS USER 'Alice' (SELECT * FROM app.notes)"));
    expect(error).to.have.property("key", "execute_as_denied");
  });

  onEveryDriver("EXECUTE AS never reaches shared tables for writing, nor the tables of the server", async (db) => {
    await db.query("CREATE NAMESPACE app");
    await db.query("CREATE SHARED TABLE app.rooms (id INT PRIMARY KEY) WITH (ACCESS_LEVEL = 'PUBLIC')");
    const shared = await rejection(db.query("EXECUTE AS USER 'alice' (INSERT INTO app.rooms VALUES (1))"));
    expect(shared).to.have.property("key").that.is.oneOf(["execute_as_shared", "shared_table_denied"]);
    const system = await rejection(db.query("EXECUTE AS USER 'alice' (SELECT * FROM system.users)"));
    expect(system).to.have.property("key", "system_table_denied");
  });

  onEveryDriver("system tables are closed to users, whether they exist or not", async (db) => {
    const user = db.as("alice");
    const there = await rejection(user.query("SELECT * FROM system.users"));
    const absent = await rejection(user.query("SELECT * FROM system.nonsense"));
    expect(there).to.have.property("key", "system_table_denied");
    expect(absent).to.have.property("key", "system_table_denied");
    const write = await rejection(db.query("DELETE FROM system.users WHERE true"));
    expect(write).to.have.property("key", "system_write_denied");
  });

  onEveryDriver("names of private tables are not listed to users", async (db) => {
    await db.query("CREATE NAMESPACE app");
    await db.query("CREATE SHARED TABLE app.secret (id INT PRIMARY KEY)");
    await db.query("CREATE SHARED TABLE app.open (id INT PRIMARY KEY) WITH (ACCESS_LEVEL = 'PUBLIC')");
    const user = db.as("alice");
    const listed = await values(user, "SELECT table_name FROM information_schema.tables WHERE table_schema = 'app'");
    expect(listed).to.deep.equal([["open"]]);
    expect((await user.query("SHOW TABLES")).rows.map((row) => row.table_name)).to.deep.equal(["open"]);
    expect(await rejection(user.query("SELECT * FROM app.secret"))).to.have.property("key", "shared_table_denied");
    expect(await rejection(user.query("INSERT INTO app.open VALUES (1)"))).to.have.property(
      "key",
      "shared_table_denied",
    );
  });
});
