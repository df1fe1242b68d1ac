import { expect } from "chai";
import type { Session } from "../../../src/index.ts";
import { compactAll, flushAll } from "../../support/cold.ts";
import { onEveryDriver, values } from "../../support/engine.ts";

/** Hot, cold, all, segments: as SHOW STATS and DESCRIBE have them. */
async function counts(session: Session): Promise<readonly unknown[]> {
  const { rows } = await session.query("SHOW STATS FOR TABLE app.notes");
  const { hot_rows: hot, cold_rows: cold, logical_rows: all, flushed_segments: segments } = rows[0] ?? {};
  const { message } = await session.query("DESCRIBE TABLE app.notes");
  const places = segments === 0n ? `${hot} hot, ${cold} cold` : `${hot} hot, ${cold} cold in ${segments} segment(s)`;
  expect(message).to.equal(
    `USER table app.notes, storage local, FLUSH_POLICY rows:500,interval:60; rows: ${all} (${places})`,
  );
  expect(await values(session, "SELECT count(*) FROM app.notes")).to.deep.equal([[all]]);
  return [hot, cold, all, segments];
}

for (const [name, options] of [
  ["in memory", {}],
  ["spilled", { maxPartitionBytes: 500, cacheBytes: 1000 }],
] as const) {
  describe(`counts of hot and cold rows, ${name}`, () => {
    onEveryDriver(
      "are those of the caller, whatever hides what",
      async (db) => {
        await db.query("CREATE NAMESPACE app");
        await db.query(
          "CREATE USER TABLE app.notes (id INT PRIMARY KEY, n INT) WITH (FLUSH_POLICY = 'rows:500,interval:60')",
        );
        const [alice, bob] = [db.as("alice"), db.as("bob")];
        const insert = (from: number, to: number) =>
          alice.query(`INSERT INTO app.notes SELECT i, i FROM generate_series(${from}, ${to}) AS g(i)`);
        await insert(1, 20);
        expect(await counts(alice)).to.deep.equal([20n, 0n, 20n, 0n]);
        await flushAll(db);
        expect(await counts(alice)).to.deep.equal([0n, 20n, 20n, 1n]);
        await insert(21, 25);
        expect(await counts(alice)).to.deep.equal([5n, 20n, 25n, 1n]);
        await alice.query("UPDATE app.notes SET n = 0 WHERE id <= 3");
        await alice.query("DELETE FROM app.notes WHERE id IN (4, 5, 21)");
        expect(await counts(alice)).to.deep.equal([7n, 15n, 22n, 1n]);
        await flushAll(db);
        expect(await counts(alice)).to.deep.equal([0n, 22n, 22n, 2n]);
        await compactAll(db);
        expect(await counts(alice)).to.deep.equal([0n, 22n, 22n, 1n]);
        expect(await counts(bob)).to.deep.equal([0n, 0n, 0n, 0n]);
      },
      options,
    );
  });
}

describe("DESCRIBE", () => {
  onEveryDriver("says of what kind a table is and where it is, with HISTORY as well", async (db) => {
    await db.query("CREATE SHARED TABLE s (id INT PRIMARY KEY)");
    await db.query("CREATE STREAM TABLE live (id INT PRIMARY KEY) WITH (TTL_SECONDS = 60)");
    await db.query("CREATE USER TABLE own (id INT PRIMARY KEY) WITH (USE_USER_STORAGE = TRUE)");
    const said = async (sql: string) => (await db.query(sql)).message;
    expect(await said("DESCRIBE s HISTORY")).to.equal("SHARED table default.s, storage local; rows: 0 (0 hot, 0 cold)");
    expect(await said("DESC TABLE live")).to.equal(
      "STREAM table default.live, TTL_SECONDS 60; rows: 0 (0 hot, 0 cold)",
    );
    expect(await said("DESCRIBE own")).to.equal(
      "USER table default.own, storage local, or the user's own; rows: 0 (0 hot, 0 cold)",
    );
    expect((await db.query("SHOW COLUMNS FROM s")).message).to.equal(undefined);
  });
});
