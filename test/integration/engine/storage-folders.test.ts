import { mkdir, readdir, symlink, writeFile } from "node:fs/promises";
import { expect } from "chai";
import { FaultyObjectStore } from "../../../src/drivers/objects/faults.ts";
import { Engine } from "../../../src/engine/engine.ts";
import type { Surroundings } from "../../../src/engine/surroundings.ts";
import { EmbeddedDatabase, KalamError, open } from "../../../src/index.ts";
import { SeededRandom } from "../../../src/runtime/random.ts";
import { createRuntime } from "../../../src/runtime/runtime.ts";
import { systemTimers } from "../../../src/runtime/timers.ts";
import { values } from "../../support/engine.ts";
import { withFolder } from "../../support/folder.ts";

async function folders(path: string): Promise<string[]> {
  return (await readdir(path).catch(() => [])).sort();
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
}

describe("engine: folders of tables", () => {
  it("a shared table's is there from its creation and gone after DROP", () =>
    withFolder(async (dataDir) => {
      const db = await open({ dataDir });
      try {
        await db.query("CREATE NAMESPACE app");
        await db.query("CREATE SHARED TABLE app.t (id INT PRIMARY KEY)");
        await db.query("CREATE SHARED TABLE app.t2 (id INT PRIMARY KEY)");
        await db.query("CREATE USER TABLE app.u (id INT PRIMARY KEY)");
        expect(await folders(`${dataDir}/storage/app`)).to.deep.equal(["t", "t2"]);
        await writeFile(`${dataDir}/storage/app/t/batch-0.parquet`, "x");
        await mkdir(`${dataDir}/storage/app/u/alice`, { recursive: true });
        await writeFile(`${dataDir}/storage/app/u/alice/batch-0.parquet`, "x");
        const dropped = await db.query("DROP TABLE app.t, app.u");
        expect(dropped.message).to.match(
          /^Table app.t dropped successfully; Table app.u dropped successfully. Cleanup job: CL-[0-9a-f]{12}$/,
        );
        const jobs = await values(db, "SELECT job_type, status FROM system.jobs");
        expect(jobs).to.deep.equal([["cleanup", "completed"]]);
        expect(await folders(`${dataDir}/storage/app`)).to.deep.equal(["t2"]);
        await db.query("DROP NAMESPACE app");
        expect(await folders(`${dataDir}/storage`)).to.deep.equal([]);
      } finally {
        await db.close();
      }
    }));

  it("stays when the table is renamed, and no other table gets it", () =>
    withFolder(async (dataDir) => {
      const db = await open({ dataDir });
      try {
        await db.query("CREATE SHARED TABLE t (id INT PRIMARY KEY)");
        await db.query("ALTER TABLE t RENAME TO former");
        await db.query("CREATE SHARED TABLE t (id INT PRIMARY KEY)");
        const [own = "", other = ""] = await folders(`${dataDir}/storage/default`);
        expect(own).to.equal("t");
        expect(other).to.match(/^t~\d+$/);
        await db.query("ALTER TABLE t RENAME TO later");
        await db.query("DROP TABLE former");
        expect(await folders(`${dataDir}/storage/default`)).to.deep.equal([other]);
        await db.query("ALTER TABLE later RENAME TO t");
        await db.query("CREATE SHARED TABLE later (id INT PRIMARY KEY)");
        await db.query("DROP TABLE t");
        expect(await folders(`${dataDir}/storage/default`)).to.deep.equal(["later"]);
      } finally {
        await db.close();
      }
    }));

  it("a storage that fails keeps no table from being made or dropped; its files go later", () =>
    withFolder(async (dataDir) => {
      const stores: FaultyObjectStore[] = [];
      const around: Partial<Surroundings> = {
        aroundObjects: (store) => {
          const faulty = new FaultyObjectStore(store, { random: new SeededRandom(1), timers: systemTimers });
          stores.push(faulty);
          return faulty;
        },
      };
      const db = new EmbeddedDatabase(await Engine.open({ dataDir }, around));
      try {
        await db.query("CREATE SHARED TABLE other (id INT PRIMARY KEY)");
        const failure = new KalamError("storage_unavailable", { storage: "local", reason: "no" });
        stores[0]?.failNext("createFolder", failure);
        const release = stores[0]?.hold("clear");
        const created = await db.query("CREATE SHARED TABLE t (id INT PRIMARY KEY)");
        expect(created.message).to.contain("its folder is not there yet (Storage 'local' failed: no)");
        await db.query("INSERT INTO t VALUES (1)");
        await mkdir(`${dataDir}/storage/default/t`);
        await writeFile(`${dataDir}/storage/default/t/batch-0.parquet`, "x");
        await db.query("DROP TABLE t");
        await db.query("CREATE SHARED TABLE t (id INT PRIMARY KEY)");
        expect(await values(db, "SELECT * FROM t")).to.deep.equal([]);
        const names = await folders(`${dataDir}/storage/default`);
        expect(names.map((name) => name.replace(/\d+/, "n"))).to.deep.equal(["other", "t", "t~n"]);
        stores[0]?.crash();
        release?.();
      } finally {
        await db.close();
      }
      const engine = await Engine.open({ dataDir });
      try {
        for (const { id } of engine.jobs.list()) expect((await engine.jobs.whenDone(id)).status).to.equal("completed");
        const names = await folders(`${dataDir}/storage/default`);
        expect(names.map((name) => name.replace(/\d+/, "n"))).to.deep.equal(["other", "t~n"]);
      } finally {
        await engine.close();
      }
    }));

  it("files that no job could delete are tried again now and then", () =>
    withFolder(async (dataDir) => {
      const failure = new KalamError("storage_unavailable", { storage: "local", reason: "no" });
      const checks: (() => void)[] = [];
      const every = (_millis: number, work: () => void) => {
        checks.push(work);
        return { cancel: () => undefined };
      };
      const engine = await Engine.open(
        { dataDir, jobRetries: 0 },
        {
          report: () => undefined,
          runtime: { ...createRuntime(), timers: { ...systemTimers, every } },
          aroundObjects: (store) => {
            const faulty = new FaultyObjectStore(store, { random: new SeededRandom(1), timers: systemTimers });
            faulty.failNext("clear", failure);
            return faulty;
          },
        },
      );
      const db = new EmbeddedDatabase(engine);
      try {
        await db.query("CREATE SHARED TABLE t (id INT PRIMARY KEY)");
        await db.query("DROP TABLE t");
        expect(await folders(`${dataDir}/storage/default`)).to.deep.equal(["t"]);
        expect(engine.jobs.list().map(({ status }) => status)).to.deep.equal(["failed"]);
        for (const check of checks) check();
        await until(() => engine.jobs.list().length === 2);
        const [, again] = engine.jobs.list();
        expect((await engine.jobs.whenDone(again?.id ?? "")).message).to.contain("default.t");
        expect(await folders(`${dataDir}/storage`)).to.deep.equal([]);
        for (const check of checks) check();
        await db.query("CREATE SHARED TABLE t (id INT PRIMARY KEY)");
        expect(await folders(`${dataDir}/storage/default`)).to.deep.equal(["t"]);
        expect(engine.jobs.list()).to.have.length(2);
      } finally {
        await db.close();
      }
    }));

  it("a database in memory leaves no folder behind", async () => {
    let base = "";
    const around: Partial<Surroundings> = {
      aroundObjects: (store) => {
        base = store.localFile("x").slice(0, -2);
        return store;
      },
    };
    const engine = await Engine.open({ driver: "memory" }, around);
    const db = new EmbeddedDatabase(engine);
    await db.query("CREATE SHARED TABLE t (id INT PRIMARY KEY)");
    expect(await folders(`${base}/default`)).to.deep.equal(["t"]);
    await db.close();
    expect(await readdir(base).catch(() => "gone")).to.equal("gone");
  });

  it("a symbolic link that leads out of the storage is not followed when a table is dropped", () =>
    withFolder(async (dataDir) => {
      await mkdir(`${dataDir}/outside`);
      await writeFile(`${dataDir}/outside/precious`, "x");
      const db = await open({ dataDir: `${dataDir}/data` });
      try {
        await db.query("CREATE USER TABLE u (id INT PRIMARY KEY)");
        await mkdir(`${dataDir}/data/storage/default/u`, { recursive: true });
        await symlink(`${dataDir}/outside`, `${dataDir}/data/storage/default/u/alice`);
        await db.query("DROP TABLE u");
        expect(await folders(`${dataDir}/data/storage`)).to.deep.equal([]);
        expect(await folders(`${dataDir}/outside`)).to.deep.equal(["precious"]);
      } finally {
        await db.close();
      }
    }));
});
