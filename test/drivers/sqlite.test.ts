import { readFile, truncate, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { Connection } from "../../src/drivers/hot/sqlite/connection.ts";
import { SqliteHotStore } from "../../src/drivers/hot/sqlite/sqlite-store.ts";
import { startChild } from "../support/child.ts";
import { withFolder } from "../support/folder.ts";
import { kalamError } from "../support/rejection.ts";

const some = {
  puts: Array.from({ length: 500 }, (_, i) => ({ key: Buffer.from(`key ${i}`), value: Buffer.alloc(200) })),
};

async function filledStore(path: string): Promise<void> {
  const store = await SqliteHotStore.open({ path });
  await store.commit(some);
  await store.close();
}

describe("hot store on sqlite: its file", () => {
  const cases: { name: string; damage: (path: string) => Promise<void>; reason: RegExp }[] = [
    {
      name: "something else",
      damage: (path) => writeFile(path, "not a database ".repeat(1000)),
      reason: /not a database/,
    },
    {
      name: "a file cut in half",
      damage: async (path) => {
        await filledStore(path);
        await truncate(path, 50_000);
      },
      reason: /malformed/,
    },
    {
      name: "a database of another program",
      damage: async (path) => {
        const other = await Connection.open(path, "create");
        await other.execute("CREATE TABLE notes (text)");
        await other.close();
      },
      reason: /another program/,
    },
    {
      name: "a store of a newer version",
      damage: async (path) => {
        await filledStore(path);
        const newer = await Connection.open(path, "create");
        await newer.execute("PRAGMA user_version = 99");
        await newer.close();
      },
      reason: /version 99/,
    },
  ];
  for (const { name, damage, reason } of cases) {
    it(`refuses ${name} and leaves it as it is`, () =>
      withFolder(async (folder) => {
        const path = `${folder}/hot.sqlite`;
        await damage(path);
        const before = await readFile(path);
        const error = await kalamError(SqliteHotStore.open({ path }), "data_corrupt");
        expect(error.message).to.match(reason).and.contain(path);
        expect((await readFile(path)).equals(before)).to.equal(true);
      }));
  }

  it("is refused to a second opener, by a lock of the kernel", () =>
    withFolder(async (folder) => {
      const path = `${folder}/hot.sqlite`;
      const first = await SqliteHotStore.open({ path });
      await kalamError(SqliteHotStore.open({ path }), "data_locked");
      await first.close();
      await (await SqliteHotStore.open({ path })).close();
    }));

  it("reports a folder that is not there", () =>
    withFolder(async (folder) => {
      await kalamError(SqliteHotStore.open({ path: `${folder}/none/hot.sqlite` }), "storage_failed");
    }));

  it("takes a batch that needs several pieces as a whole", () =>
    withFolder(async (folder) => {
      const store = await SqliteHotStore.open({ path: `${folder}/hot.sqlite` });
      const value = Buffer.alloc(25 * 1024 * 1024, 7);
      const puts = ["a", "b", "c"].map((name) => ({ key: Buffer.from(name), value }));
      await store.commit({ puts });
      const keys = puts.map(({ key }) => key);
      expect((await store.get(keys)).every((found) => found?.equals(value))).to.equal(true);
      await store.close();
    }));

  it("is missed with one line that says what to do, and only by those who ask for it", () =>
    withFolder(async (folder) => {
      const child = startChild(fileURLToPath(new URL("without-sqlite-child.ts", import.meta.url)), [folder]);
      const lines: string[] = [];
      for await (const line of child.lines) lines.push(line);
      const { code, errors } = await child.ended;
      expect(code, errors).to.equal(0);
      const { key, message, hint } = JSON.parse(lines[0] ?? "");
      expect(key).to.equal("driver_unavailable");
      expect(message).to.equal("The hot-store driver 'sqlite' cannot be loaded: Could not locate the bindings file");
      expect(hint).to.contain("npm rebuild sqlite3");
    }));
});
