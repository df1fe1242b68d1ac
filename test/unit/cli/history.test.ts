import { mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { History } from "../../../src/cli/repl/history.ts";

describe("History", () => {
  let folder: string;
  let path: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "kalam-history-"));
    path = join(folder, "deep", "history");
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const reloaded = async (limit?: number) => {
    const history = new History(path, limit);
    await history.load();
    return history;
  };

  it("keeps whole statements in plain text, newest first, each once", async () => {
    const history = await reloaded();
    for (const entry of ["SELECT 1;", "SELECT\n\t2,\n\n 3;", "\\dt", "SELECT 1;", "SELECT 1;"])
      await history.add(entry);
    const expected = ["SELECT 1;", "\\dt", "SELECT\n\t2,\n\n 3;"];
    expect(history.entries).to.deep.equal(expected);
    expect((await reloaded()).entries).to.deep.equal(expected);
    expect(await readFile(path, "utf8")).to.equal("SELECT 1;\nSELECT\n\t\t2,\n\t\n\t 3;\n\\dt\nSELECT 1;\n");
    expect((await stat(path)).mode & 0o777).to.equal(0o600);
  });

  it("keeps no secrets and nothing that begins with a space", async () => {
    const history = await reloaded();
    for (const entry of [
      "CREATE USER a WITH PASSWORD 'x';",
      "select 'token abc';",
      "-- Bearer abc",
      " SELECT 1;",
      "",
      "SET api_key = 1",
    ]) {
      await history.add(entry);
    }
    await history.add("SELECT max_tokens FROM models;");
    expect(history.entries).to.deep.equal(["SELECT max_tokens FROM models;"]);
  });

  it("forgets the oldest, and shortens a file that has grown", async () => {
    const history = await reloaded(3);
    for (let number = 0; number < 10; number++) await history.add(`SELECT ${number};`);
    expect((await reloaded(3)).entries).to.deep.equal(["SELECT 9;", "SELECT 8;", "SELECT 7;"]);
    expect(await readFile(path, "utf8")).to.equal("SELECT 7;\nSELECT 8;\nSELECT 9;\n");
  });
});
