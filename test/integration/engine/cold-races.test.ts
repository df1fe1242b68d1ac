import { expect } from "chai";
import { open } from "../../../src/index.ts";
import { flushAll } from "../../support/cold.ts";
import { withFolder } from "../../support/folder.ts";

describe("writes to cold partitions that leave the cache while they look for their keys", () => {
  it("take every key once", () =>
    withFolder(async (dataDir) => {
      const db = await open({ dataDir, cacheBytes: 1, segmentRows: 4 });
      try {
        await db.query("CREATE NAMESPACE app");
        await db.query("CREATE USER TABLE app.notes (id INT PRIMARY KEY, n INT)");
        const users = ["alice", "bob", "carol"].map((name) => db.as(name));
        for (const user of users)
          await user.query("INSERT INTO app.notes VALUES (0, 0), (10, 0), (20, 0), (30, 0), (40, 0)");
        await flushAll(db);
        const won = new Map<string, number>();
        const attempts = users.flatMap((user, who) =>
          Array.from({ length: 160 }, async (_, at) => {
            const id = at % 40;
            try {
              await user.query("INSERT INTO app.notes VALUES ($1, 1)", [id]);
              won.set(`${who}/${id}`, (won.get(`${who}/${id}`) ?? 0) + 1);
            } catch (error) {
              expect(error).to.have.property("key", "primary_key_violation");
            }
          }),
        );
        await Promise.all([...attempts, db.query("STORAGE FLUSH ALL")]);
        expect([...won.values()].every((times) => times === 1)).to.equal(true);
        expect(won.size).to.equal(3 * 36);
        for (const user of users) {
          const { rows } = await user.query("SELECT count(*) AS n, count(DISTINCT id) AS ids FROM app.notes");
          expect(rows).to.deep.equal([{ n: 41n, ids: 41n }]);
        }
      } finally {
        await db.close();
      }
    }));
});
