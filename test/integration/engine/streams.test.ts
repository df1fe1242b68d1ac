import { expect } from "chai";
import { onEveryDriver, values } from "../../support/engine.ts";
import { kalamError } from "../../support/rejection.ts";

const MIB = 1024 * 1024;

describe("engine: STREAM tables", () => {
  onEveryDriver(
    "keep as many rows of a user as they may, the newest",
    async (db) => {
      await db.query("CREATE STREAM TABLE s (id INT PRIMARY KEY, v TEXT) WITH (TTL_SECONDS = 3600)");
      for (let id = 1; id <= 50; id++) await db.query("INSERT INTO s VALUES ($1, 'x')", [id]);
      const kept = (await values(db, "SELECT id FROM s")).flat();
      expect(kept).to.have.length.at.most(20);
      expect(kept.at(-1)).to.equal(50);
      expect(kept).to.deep.equal(Array.from(kept, (_, index) => 50 - kept.length + 1 + index));
    },
    { streamMaxRows: 20 },
  );

  onEveryDriver(
    "hold no more memory than they may, and nobody all of it",
    async (db) => {
      await db.query("CREATE STREAM TABLE s (id INT PRIMARY KEY, v TEXT) WITH (TTL_SECONDS = 3600)");
      await db.query("CREATE USER TABLE kept (id INT PRIMARY KEY, v TEXT)");
      const large = "x".repeat(100_000);
      for (let id = 1; id <= 50; id++) await db.query("INSERT INTO s VALUES ($1, $2)", [id, large]);
      const own = (await values(db, "SELECT id FROM s")).flat();
      expect(own.length).to.be.within(5, 11);
      expect(own.at(-1)).to.equal(50);

      const refused: unknown[] = [];
      for (let user = 1; user <= 20; user++) {
        const session = db.as(`u${user}`);
        for (let id = 1; id <= 8; id++) {
          await session
            .query("INSERT INTO s VALUES ($1, $2)", [id, large])
            .catch((error: unknown) => refused.push(error));
        }
      }
      expect(refused.length).to.be.greaterThan(20);
      for (const error of refused) expect(error).to.have.property("key", "stream_memory");
      expect((await values(db, "SELECT id FROM s")).flat()).to.deep.equal(own);
      await kalamError(
        db.as("u20").query("INSERT INTO s SELECT i, 'x' FROM generate_series(1, 50000) g(i)"),
        "stream_memory",
      );
      await db.as("u20").query("INSERT INTO kept VALUES (1, 'x')");

      await db.query("DELETE FROM s WHERE true");
      await db.as("u20").query("INSERT INTO s VALUES (1, 'x')");
      expect(await values(db.as("u20"), "SELECT id FROM s")).to.deep.equal([[1]]);
    },
    { streamMemoryBytes: 8 * MIB },
  );
});
