import { expect } from "chai";
import { Engine } from "../../../src/engine/engine.ts";

describe("engine: RETURNING", () => {
  it("marks the key and what is not null like SELECT does", async () => {
    const engine = await Engine.open({ driver: "memory" });
    const run = async (sql: string) => {
      const [result] = await engine.execute(sql, { principal: { userId: "root", role: "system" } });
      return result?.columns;
    };
    try {
      await run("CREATE SHARED TABLE t (a INT, b INT, c TEXT NOT NULL, d TEXT, PRIMARY KEY (a, b))");
      await run("INSERT INTO t VALUES (0, 0, 'x', 'y')");
      const selected = await run("SELECT *, a + 1 AS more FROM t");
      expect(selected?.map((column) => [column.primaryKey ?? false, column.notNull ?? false])).to.deep.equal([
        [true, true],
        [true, true],
        [false, true],
        [false, false],
        [false, false],
      ]);
      for (const sql of [
        "INSERT INTO t VALUES (1, 1, 'x', 'y') RETURNING *, a + 1 AS more",
        "UPDATE t SET d = 'z' WHERE a = 1 RETURNING *, a + 1 AS more",
        "DELETE FROM t WHERE a = 1 RETURNING *, a + 1 AS more",
      ]) {
        expect(await run(sql), sql).to.deep.equal(selected);
      }
    } finally {
      await engine.close();
    }
  });
});
