import { expect } from "chai";
import { onEveryDriver, values } from "../../support/engine.ts";
import { rejection } from "../../support/rejection.ts";

/** A plan belongs to a statement's text, not to the caller who sent it first. */
describe("engine: plans that several callers share", () => {
  onEveryDriver("a plan made for an administrator gives nobody else the right to write", async (db) => {
    await db.query("CREATE NAMESPACE app");
    await db.query("CREATE SHARED TABLE app.open (id INT PRIMARY KEY, v INT) WITH (ACCESS_LEVEL = 'PUBLIC')");
    await db.query("CREATE SHARED TABLE app.other (id INT PRIMARY KEY) WITH (ACCESS_LEVEL = 'PUBLIC')");
    await db.query("INSERT INTO app.other VALUES (1)");
    const statements = [
      "INSERT INTO app.open VALUES (1, 1)",
      "INSERT INTO app.open (id, v) VALUES (2, 2) ON CONFLICT (id) DO UPDATE SET v = 3 RETURNING id",
      "INSERT INTO app.open SELECT id + 10, 1 FROM app.other",
      "UPDATE app.open SET v = 5 WHERE id = 1",
      "UPDATE app.open SET v = (SELECT max(id) FROM app.other) WHERE id = 1",
      "DELETE FROM app.open WHERE id = 2",
      "DELETE FROM app.open USING app.other o WHERE o.id + 10 = open.id",
    ];
    for (const sql of statements) await db.query(sql);
    const before = await values(db, "SELECT * FROM app.open");
    for (const sql of statements) {
      expect(await rejection(db.as("mallory").query(sql)), sql).to.have.property("key", "shared_table_denied");
      const acting = await rejection(db.as("agent", "service").query(`EXECUTE AS USER 'mallory' (${sql})`));
      expect(acting, sql).to.have.property("key").that.is.oneOf(["execute_as_shared", "shared_table_denied"]);
      const inside = await rejection(db.as("mallory").query(`BEGIN; ${sql}; COMMIT`));
      expect(inside, sql).to.have.property("key", "shared_table_denied");
    }
    expect(await values(db, "SELECT * FROM app.open")).to.deep.equal(before);
  });
});
