import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "chai";
import { open } from "../../../src/index.ts";
import { compactAll, flushAll } from "../../support/cold.ts";
import { values } from "../../support/engine.ts";
import { withFolder } from "../../support/folder.ts";

/** What DuckDB takes for a wildcard, and what it or a shell could take for something else. */
const NAMES = ["it's", "a*", "a?", "[ab]", "a", "{a,b}", 'a"b', "a%20b c", "a=1", "a\\b"];

describe("engine: segments in folders of any name", () => {
  for (const name of NAMES) {
    it(name, () =>
      withFolder(async (folder) => {
        const dataDir = join(folder, name, "data");
        const archive = join(folder, name, "archive");
        await mkdir(dataDir, { recursive: true });
        const db = await open({ dataDir });
        try {
          await db.query(`CREATE STORAGE archive TYPE filesystem PATH '${archive.replaceAll("'", "''")}'`);
          await db.query("CREATE USER TABLE t (id INT PRIMARY KEY, v TEXT)");
          await db.query("CREATE USER TABLE far (id INT PRIMARY KEY, v TEXT) WITH (STORAGE_ID = 'archive')");
          for (const user of ["alice", "*", "bo?", "[ab]ob", "{bob,alice}"]) {
            for (const table of ["t", "far"]) await db.as(user).query(`INSERT INTO ${table} VALUES (1, $1)`, [user]);
          }
          await flushAll(db);
          for (const table of ["t", "far"]) await db.as("alice").query(`INSERT INTO ${table} VALUES (2, 'more')`);
          await flushAll(db);
          await compactAll(db);
          for (const table of ["t", "far"]) {
            for (const user of ["*", "bo?", "[ab]ob", "{bob,alice}"]) {
              expect(await values(db.as(user), `SELECT * FROM ${table}`), table).to.deep.equal([[1, user]]);
              expect(await values(db.as(user), `SELECT count(*), max(v) FROM ${table}`)).to.deep.equal([[1n, user]]);
            }
            expect(await values(db.as("alice"), `SELECT v FROM ${table} WHERE id = 1`)).to.deep.equal([["alice"]]);
            expect(await values(db.as("alice"), `SELECT count(*) FROM ${table}`)).to.deep.equal([[2n]]);
          }
        } finally {
          await db.close();
        }
      }),
    );
  }
});
