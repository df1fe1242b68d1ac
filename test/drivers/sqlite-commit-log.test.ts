import { spawnSync } from "node:child_process";
import { mkdir, open, readFile, stat, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import type { HotStore } from "../../src/drivers/hot/hot-store.ts";
import { Connection } from "../../src/drivers/hot/sqlite/connection.ts";
import { RECORD_HEADER_BYTES } from "../../src/drivers/hot/sqlite/log-record.ts";
import { SqliteHotStore } from "../../src/drivers/hot/sqlite/sqlite-store.ts";
import { startChild } from "../support/child.ts";
import { withFolder } from "../support/folder.ts";
import { kalamError } from "../support/rejection.ts";

const WRITER = fileURLToPath(new URL("logged-writer-child.ts", import.meta.url));
const FULL_DISK = fileURLToPath(new URL("full-log-child.ts", import.meta.url));
const EVERYTHING = { start: Buffer.alloc(0), end: Buffer.alloc(8, 0xff), limit: 1_000_000 };

const put = (store: HotStore, name: string, value = name) =>
  store.commit({ puts: [{ key: Buffer.from(name), value: Buffer.from(value) }] });

async function names(store: HotStore): Promise<string[]> {
  return (await store.scan(EVERYTHING)).map(({ key }) => String(key));
}

/** Where the generation of a store's log begins each of its records. */
async function recordPlaces(path: string): Promise<number[]> {
  const connection = await Connection.open(path, "read-only");
  const [row] = await connection.query<{ generation: Buffer }>("SELECT generation FROM commit_log");
  await connection.close();
  const bytes = await readFile(`${path}.commits`);
  const places: number[] = [];
  for (let at = bytes.indexOf(row?.generation ?? ""); at >= 0; at = bytes.indexOf(row?.generation ?? "", at + 1)) {
    places.push(at);
  }
  return places;
}

async function damage(path: string, place: number): Promise<void> {
  const file = await open(path, "r+");
  await file.write(Buffer.from("damaged"), 0, 7, place);
  await file.close();
}

/** A copy of a store as a process leaves it that is killed when it has acknowledged `a`, `b`, … and applied none of them. */
async function killedStore(folder: string, acknowledged: readonly string[]): Promise<string> {
  const child = startChild(WRITER, [folder, ...acknowledged]);
  for await (const line of child.lines) if (line === "done") child.process.kill("SIGKILL");
  const { code, errors } = await child.ended;
  expect(code, errors).to.equal("SIGKILL");
  return `${folder}/hot.sqlite`;
}

describe("hot store on sqlite: its commit log", () => {
  it("brings back what was acknowledged and had not reached the database, once", () =>
    withFolder(async (folder) => {
      const path = await killedStore(folder, ["a", "b", "c"]);
      const log = await readFile(`${path}.commits`);
      for (let round = 0; round < 2; round++) {
        const store = await SqliteHotStore.open({ path });
        expect(await names(store)).to.deep.equal(["a", "b", "c"]);
        await store.commit({ puts: [], deletes: [Buffer.from("b")], conditions: [] });
        await put(store, "b");
        await store.close();
      }
      // The log as it was, beside a database that has everything since: nothing old is applied again.
      await writeFile(`${path}.commits`, log);
      const store = await SqliteHotStore.open({ path });
      await store.commit({ puts: [], deletes: [Buffer.from("a")] });
      await store.close();
      const again = await SqliteHotStore.open({ path });
      expect(await names(again)).to.deep.equal(["b", "c"]);
      await again.close();
    }));

  it("takes a torn last record for one that never was", () =>
    withFolder(async (folder) => {
      const path = await killedStore(folder, ["a", "b", "c"]);
      const places = await recordPlaces(path);
      expect(places).to.have.length(3);
      await damage(`${path}.commits`, (places[2] ?? 0) + RECORD_HEADER_BYTES + 4);
      const store = await SqliteHotStore.open({ path });
      expect(await names(store)).to.deep.equal(["a", "b"]);
      await put(store, "d");
      await store.close();
      const again = await SqliteHotStore.open({ path });
      expect(await names(again)).to.deep.equal(["a", "b", "d"]);
      await again.close();
    }));

  it("refuses a log in which a record is damaged that others follow, and says which", () =>
    withFolder(async (folder) => {
      const path = await killedStore(folder, ["a", "b", "c"]);
      const places = await recordPlaces(path);
      await damage(`${path}.commits`, (places[1] ?? 0) + RECORD_HEADER_BYTES + 4);
      const before = await readFile(`${path}.commits`);
      const error = await kalamError(SqliteHotStore.open({ path }), "data_corrupt");
      expect(error.message)
        .to.contain(`${path}.commits`)
        .and.match(/record \d+ of the commit log is damaged/);
      expect((await readFile(`${path}.commits`)).equals(before)).to.equal(true);
    }));

  it("takes nothing that a user stored for a record", () =>
    withFolder(async (folder) => {
      const first = await killedStore(`${folder}`, ["a"]);
      const [place = 0] = await recordPlaces(first);
      const record = (await readFile(`${first}.commits`)).subarray(place, place + 200);
      await mkdir(`${folder}/other`);
      const path = `${folder}/other/hot.sqlite`;
      const store = await SqliteHotStore.open({ path });
      await store.commit({ puts: [{ key: Buffer.from("theirs"), value: record }] });
      await store.close();
      const again = await SqliteHotStore.open({ path });
      expect(await names(again)).to.deep.equal(["theirs"]);
      await again.close();
    }));

  it("lets reads and conditions see what is only in the log", () =>
    withFolder(async (folder) => {
      const store = await SqliteHotStore.open({ path: `${folder}/hot.sqlite` });
      for (let i = 0; i < 50; i++) {
        await put(store, `k${i}`, "v");
        const [value, none] = await store.get([Buffer.from(`k${i}`), Buffer.from("none")]);
        expect([String(value), none]).to.deep.equal(["v", undefined]);
        await put(store, `k${i}`, "w");
        await store.commit({
          puts: [{ key: Buffer.from(`c${i}`), value: Buffer.alloc(0) }],
          conditions: [{ key: Buffer.from(`k${i}`), expected: Buffer.from("w") }],
        });
        await store.commit({ puts: [], deleteRanges: [[Buffer.from("k"), Buffer.from("l")]] });
        expect((await store.scan({ ...EVERYTHING, start: Buffer.from("k") })).length).to.equal(0);
      }
      await store.close();
    }));

  it("goes round and round while batches of all sizes come, also at the same time", () =>
    withFolder(async (folder) => {
      const path = `${folder}/hot.sqlite`;
      const store = await SqliteHotStore.open({ path });
      const expected = new Map<string, number>();
      for (let round = 0; round < 60; round++) {
        const sizes = [10, 50_000, 100_000, 140_000, 1, 100_000, 100_000];
        await Promise.all(
          sizes.map((size, i) => {
            expected.set(`k${round % 7} ${i}`, size);
            return store.commit({ puts: [{ key: Buffer.from(`k${round % 7} ${i}`), value: Buffer.alloc(size, i) }] });
          }),
        );
      }
      expect((await stat(`${path}.commits`)).size).to.equal(2 * 1024 * 1024);
      await store.close();
      const again = await SqliteHotStore.open({ path });
      const found = new Map((await again.scan(EVERYTHING)).map(({ key, value }) => [String(key), value.length]));
      expect([...found].sort()).to.deep.equal([...expected].sort());
      await again.close();
    }));

  it("opens a store that was made before there was a log", () =>
    withFolder(async (folder) => {
      const path = `${folder}/hot.sqlite`;
      const former = await Connection.open(path, "create");
      await former.execute(`
        PRAGMA journal_mode = WAL;
        CREATE TABLE entry (key BLOB NOT NULL PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
        INSERT INTO entry VALUES (CAST('old' AS BLOB), x'01');
        PRAGMA application_id = ${0x4b616c6d};
        PRAGMA user_version = 1;
      `);
      await former.close();
      for (const name of ["first", "second"]) {
        const store = await SqliteHotStore.open({ path });
        await put(store, name);
        await store.close();
      }
      const store = await SqliteHotStore.open({ path });
      expect(await names(store)).to.deep.equal(["first", "old", "second"]);
      await store.close();
    }));

  it("keeps what was acknowledged when SQLite has no room for it, and refuses more until there is", () =>
    withFolder(async (folder) => {
      const path = `${folder}/hot.sqlite`;
      const store = await SqliteHotStore.open({ path, maximumPages: 60 });
      const value = Buffer.alloc(60_000, 1);
      const acknowledged: string[] = [];
      let refused = 0;
      for (let i = 0; i < 40; i++) {
        const key = Buffer.from(`k${String(i).padStart(2, "0")}`);
        const outcome = await store.commit({ puts: [{ key, value }] }).catch((error: unknown) => error);
        if (outcome === undefined) acknowledged.push(String(key));
        else if (++refused === 1) expect(outcome).to.have.property("key", "storage_full");
      }
      expect(refused).to.be.greaterThan(0);
      await kalamError(store.get([Buffer.from(acknowledged.at(-1) ?? "")]), "storage_full");
      await store.close();
      const again = await SqliteHotStore.open({ path });
      expect(await names(again)).to.deep.equal(acknowledged);
      await put(again, "more");
      await again.close();
    }));

  it("refuses a commit whose record cannot be written, never brings it back, and goes on when there is room", function () {
    const allowed = spawnSync("unshare", ["-m", "mount", "-t", "tmpfs", "tmpfs", "/mnt"]).status === 0;
    if (!allowed) this.skip();
    return withFolder(async (folder) => {
      const disk = `${folder}/disk`;
      await mkdir(disk);
      const mount = 'mount -t tmpfs -o size=8m tmpfs "$0" && exec "$@"';
      const child = startChild(FULL_DISK, [disk], ["unshare", "-m", "sh", "-c", mount, disk]);
      let report: unknown;
      for await (const line of child.lines) report = JSON.parse(line);
      const { code, errors } = await child.ended;
      expect(code, errors).to.equal(0);
      expect(report).to.deep.equal({ refused: "storage_full", names: ["a", "b", "c"], afterwards: ["a", "b", "c"] });
    });
  });
});
