import { mkdir, readdir, symlink, writeFile } from "node:fs/promises";
import { expect } from "chai";
import { FaultyObjectStore } from "../../../src/drivers/objects/faults.ts";
import { Engine } from "../../../src/engine/engine.ts";
import { EmbeddedDatabase, KalamError, open } from "../../../src/index.ts";
import { SeededRandom } from "../../../src/runtime/random.ts";
import { systemTimers } from "../../../src/runtime/timers.ts";
import { values } from "../../support/engine.ts";
import { withFolder } from "../../support/folder.ts";
import { kalamError } from "../../support/rejection.ts";

/** A database whose data folder is `data` in the folder given. */
async function withDatabase(work: (db: EmbeddedDatabase, folder: string) => Promise<void>): Promise<void> {
  await withFolder(async (folder) => {
    const db = await open({ dataDir: `${folder}/data` });
    try {
      await work(db, folder);
    } finally {
      await db.close();
    }
  });
}

async function message(db: EmbeddedDatabase, sql: string): Promise<string | undefined> {
  return (await db.query(sql)).message;
}

describe("engine: storages", () => {
  it("are created, shown with local first, altered, dropped, and there after a restart", () =>
    withFolder(async (folder) => {
      const first = await open({ dataDir: `${folder}/data` });
      try {
        const created = `CREATE STORAGE Archive TYPE filesystem NAME 'Old' DESCRIPTION 'slow' PATH '${folder}/cold/a'
          CREDENTIALS '{"key": "hidden"}' CONFIG '{"a": 1}'`;
        expect(await message(first, created)).to.equal("Storage 'Archive' created successfully");
        expect(await readdir(`${folder}/cold/a`)).to.deep.equal([]);
        expect(await message(first, created.replace("STORAGE", "STORAGE IF NOT EXISTS"))).to.contain("already exists");
        await kalamError(first.query(created.replace("Archive", "ARCHIVE")), "storage_exists");
        await first.query(`CREATE STORAGE a-2 TYPE filesystem BASE_DIRECTORY '${folder}/cold/b'`);
        expect(await message(first, "ALTER STORAGE archive SET NAME 'Older' SET CONFIG '{}'")).to.equal(
          "Storage 'Archive' altered successfully",
        );
        expect(await message(first, "ALTER STORAGE local SET DESCRIPTION 'mine'")).to.contain("altered");
        expect(await message(first, "DROP STORAGE a-2")).to.equal("Storage 'a-2' dropped successfully");
        expect(await message(first, "DROP STORAGE IF EXISTS a-2")).to.equal("Storage 'a-2' does not exist (skipped)");
        await kalamError(first.query("DROP STORAGE a-2"), "storage_not_found");
      } finally {
        await first.close();
      }
      const second = await open({ dataDir: `${folder}/data` });
      try {
        const rows = (await second.query("SHOW STORAGES")).rows.map(({ created_at, updated_at, ...row }) => row);
        const templates = {
          shared_tables_template: "{namespace}/{tableName}",
          user_tables_template: "{namespace}/{tableName}/{userId}",
        };
        expect(rows).to.deep.equal([
          {
            storage_id: "local",
            storage_name: "Local Filesystem",
            description: "mine",
            storage_type: "filesystem",
            base_directory: `${folder}/data/storage`,
            credentials: null,
            config_json: null,
            ...templates,
          },
          {
            storage_id: "Archive",
            storage_name: "Older",
            description: "slow",
            storage_type: "filesystem",
            base_directory: `${folder}/cold/a`,
            credentials: '"***"',
            config_json: "{}",
            ...templates,
          },
        ]);
        const shown = JSON.stringify((await second.query("SELECT * FROM system.storages")).rows, (_, value: unknown) =>
          typeof value === "bigint" ? String(value) : value,
        );
        expect(shown).to.not.contain("hidden");
      } finally {
        await second.close();
      }
    }));

  it("have a folder of their own", () =>
    withDatabase(async (db, folder) => {
      const create = (id: string, path: string) => db.query(`CREATE STORAGE ${id} TYPE filesystem PATH '${path}'`);
      await create("a", `${folder}/cold/a`);
      await mkdir(`${folder}/links`);
      await symlink(`${folder}/cold/a`, `${folder}/links/a`);
      await symlink(`${folder}/data`, `${folder}/links/data`);
      const taken = [
        `${folder}/cold/a`,
        `${folder}/cold/a/`,
        `${folder}/cold/x/../a`,
        `${folder}/cold/a/deeper`,
        `${folder}/cold`,
        `${folder}/links/a`,
        `${folder}/links/a/deeper`,
        folder,
        "/",
        `${folder}/data`,
        `${folder}/data/storage`,
        `${folder}/data/storage/app`,
        `${folder}/data/tmp`,
        `${folder}/data/logs/x`,
        `${folder}/data/hot.sqlite`,
        `${folder}/links/data/tmp`,
      ];
      for (const path of taken) await kalamError(create("b", path), "invalid_option");
      await create("b", `${folder}/cold/ab`);
      await create("c", `${folder}/data/cold`);
      await Promise.allSettled([
        create("x", `${folder}/same/x`),
        create("y", `${folder}/same/x`),
        create("z", `${folder}/same`),
      ]);
      const [same = 0] =
        (await values(db, "SELECT count(*) FROM system.storages WHERE base_directory LIKE '%/same%'"))[0] ?? [];
      expect(same).to.equal(1n);
    }));

  it("refuse what makes no sense", () =>
    withDatabase(async (db, folder) => {
      const path = `PATH '${folder}/cold'`;
      const cases: [string, string, string][] = [
        [`s TYPE s3 BUCKET 'b' REGION 'r'`, "feature_not_supported", "Storage type 's3' is not supported"],
        [`s TYPE gcs BUCKET 'b'`, "feature_not_supported", "'gcs'"],
        [`s TYPE floppy ${path}`, "invalid_option", "Invalid storage type 'floppy'"],
        ["s TYPE filesystem", "invalid_option", "PATH"],
        ["s TYPE filesystem PATH ''", "invalid_option", "PATH"],
        [`s TYPE filesystem ${path} REGION 'r'`, "invalid_option", "REGION"],
        [`s TYPE filesystem ${path} CONFIG '[1]'`, "invalid_option", "CONFIG must be a JSON object"],
        [`s TYPE filesystem ${path} CREDENTIALS 'x'`, "invalid_option", "CREDENTIALS must be a JSON object"],
        [
          `s TYPE filesystem ${path} SHARED_TABLES_TEMPLATE '../{namespace}/{tableName}'`,
          "invalid_option",
          "elsewhere",
        ],
        [`s TYPE filesystem ${path} USER_TABLES_TEMPLATE '{namespace}/{tableName}'`, "invalid_option", "{userId}"],
        [
          `s TYPE filesystem ${path} USER_TABLES_TEMPLATE '{namespace}/x/{tableName}/{userId}'`,
          "invalid_option",
          "the same name",
        ],
        [`'a/b' TYPE filesystem ${path}`, "invalid_name", "a/b"],
        [`'..' TYPE filesystem ${path}`, "invalid_name", ".."],
        [`local TYPE filesystem ${path}`, "storage_exists", "local"],
      ];
      for (const [sql, key, text] of cases) {
        const error = await kalamError(db.query(`CREATE STORAGE ${sql}`), key);
        expect(error.message, sql).to.contain(text);
      }
      expect(await readdir(folder)).to.deep.equal(["data"]);
      await writeFile(`${folder}/file`, "");
      await kalamError(db.query(`CREATE STORAGE s TYPE filesystem PATH '${folder}/file/x'`), "storage_unavailable");
      await kalamError(db.query(`ALTER STORAGE local SET PATH '${folder}/cold'`), "invalid_option");
      await kalamError(db.query("ALTER STORAGE none SET NAME 'x'"), "storage_not_found");
      await kalamError(db.query("DROP STORAGE local"), "invalid_option");
      await kalamError(db.query("STORAGE CHECK none"), "storage_not_found");
      await kalamError(
        db.query("CREATE SHARED TABLE t (id INT PRIMARY KEY) WITH (STORAGE_ID = 'none')"),
        "storage_not_found",
      );
      await kalamError(db.query("STORAGE FLUSH TABLE a.b"), "table_not_found");
      await kalamError(db.query("STORAGE COMPACT ALL IN a"), "namespace_not_found");
    }));

  it("are dropped only when nobody uses them", () =>
    withDatabase(async (db, folder) => {
      await db.query(`CREATE STORAGE cold TYPE filesystem PATH '${folder}/cold'`);
      await db.query("CREATE SHARED TABLE t (id INT PRIMARY KEY) WITH (STORAGE_ID = 'COLD')");
      expect(await readdir(`${folder}/cold/default`)).to.deep.equal(["t"]);
      await db.query("CREATE USER alice WITH PASSWORD 'a-good-password'");
      await db.query("ALTER USER alice SET STORAGE_ID 'Cold'");
      const inUse = async () => (await kalamError(db.query("DROP STORAGE cold"), "storage_in_use")).message;
      expect(await inUse()).to.contain("Cannot drop storage 'cold': 1 table(s) still using it");
      await db.query("ALTER TABLE t SET (STORAGE_ID = 'local')");
      expect(await inUse()).to.contain("1 table(s)");
      await db.query("DROP TABLE t");
      expect(await readdir(`${folder}/cold`)).to.deep.equal([]);
      expect(await inUse()).to.contain("Cannot drop storage 'cold': 1 user(s) still using it");
      await db.query("DROP USER alice");
      await db.query("DROP STORAGE cold");
    }));

  it("may have other templates, which move nothing that is there", () =>
    withDatabase(async (db, folder) => {
      await db.query("CREATE SHARED TABLE a (id INT PRIMARY KEY)");
      await db.query("ALTER STORAGE local SET SHARED_TABLES_TEMPLATE '~2/{namespace}/{tableName}'");
      await db.query("CREATE SHARED TABLE b (id INT PRIMARY KEY)");
      await mkdir(`${folder}/data/storage/default/b`);
      await kalamError(
        db.query("ALTER STORAGE local SET SHARED_TABLES_TEMPLATE 'x/{namespace}/{tableName}'"),
        "invalid_option",
      );
      await db.query("ALTER STORAGE local SET SHARED_TABLES_TEMPLATE '{namespace}/{tableName}'");
      expect(await readdir(`${folder}/data/storage/default`)).to.have.members(["a", "b"]);
      expect(await readdir(`${folder}/data/storage/~2/default`)).to.deep.equal(["b"]);
      await db.query("DROP TABLE a, b");
      expect(await readdir(`${folder}/data/storage`)).to.deep.equal([]);
    }));

  it("are for administrators; everybody may see which there are", () =>
    withDatabase(async (db, folder) => {
      for (const role of ["user", "service"] as const) {
        const other = db.as("eve", role);
        for (const sql of [
          `CREATE STORAGE s TYPE filesystem PATH '${folder}/cold'`,
          "ALTER STORAGE none SET NAME 'x'",
          "DROP STORAGE none",
          "STORAGE CHECK none",
          "ALTER USER eve SET STORAGE_ID 'local'",
        ]) {
          await kalamError(other.query(sql), "admin_required");
        }
        expect((await other.query("SHOW STORAGES")).rows.map((row) => row.storage_id)).to.deep.equal(["local"]);
      }
      expect(await readdir(folder)).to.deep.equal(["data"]);
    }));

  it("say how they are", () =>
    withDatabase(async (db) => {
      const [row] = (await db.query("STORAGE CHECK LOCAL")).rows;
      expect(row).to.include({
        storage_id: "local",
        status: "healthy",
        readable: true,
        total_bytes: null,
        error: null,
      });
      const [extended] = (await db.query("STORAGE CHECK local EXTENDED")).rows;
      expect(extended?.total_bytes).to.be.a("bigint");
    }));

  it("say that they fail, and are not made then", () =>
    withFolder(async (folder) => {
      const stores = new Map<string, FaultyObjectStore>();
      const engine = await Engine.open(
        { dataDir: `${folder}/data` },
        {
          aroundObjects: (store, id) => {
            const faulty = new FaultyObjectStore(store, { random: new SeededRandom(1), timers: systemTimers });
            stores.set(id, faulty);
            if (id === "broken")
              faulty.failNext("check", new KalamError("storage_unavailable", { storage: id, reason: "no" }));
            return faulty;
          },
        },
      );
      const db = new EmbeddedDatabase(engine);
      try {
        await kalamError(db.query(`CREATE STORAGE broken TYPE filesystem PATH '${folder}/b'`), "storage_unavailable");
        expect((await db.query("SHOW STORAGES")).rows).to.have.length(1);
        await db.query(`CREATE STORAGE slow TYPE filesystem PATH '${folder}/s'`);
        await db.query("CREATE SHARED TABLE t (id INT PRIMARY KEY) WITH (STORAGE_ID = 'slow')");
        const release = stores.get("slow")?.hold("clear");
        const dropping = db.query("DROP TABLE t");
        await db.query("CREATE SHARED TABLE other (id INT PRIMARY KEY)");
        await db.query("INSERT INTO other VALUES (1)");
        expect(await values(db, "SELECT * FROM other")).to.deep.equal([[1]]);
        release?.();
        await dropping;
      } finally {
        await db.close();
      }
    }));

  it("of a user: USE_USER_STORAGE tables put the files of that user there", () =>
    withFolder(async (folder) => {
      const db = await open({ dataDir: `${folder}/data` });
      try {
        await db.query(`CREATE STORAGE eu TYPE filesystem PATH '${folder}/eu'`);
        await db.query("CREATE USER alice WITH PASSWORD 'a-good-password'");
        await kalamError(db.query("ALTER USER alice SET STORAGE_ID 'none'"), "storage_not_found");
        await kalamError(db.query("ALTER USER alice SET STORAGE_MODE moon"), "invalid_user_definition");
        await db.query("ALTER USER alice SET STORAGE_ID 'EU'");
        expect(await message(db, "ALTER USER alice SET STORAGE_MODE 'region'")).to.equal("User 'alice' updated");
        const shown = "SELECT storage_mode, storage_id FROM system.users WHERE user_id = 'alice'";
        expect(await values(db, shown)).to.deep.equal([["Region", "eu"]]);
        await db.query("ALTER USER alice SET STORAGE_ID NULL");
        await db.query("ALTER USER alice SET STORAGE_MODE table");
        expect(await values(db, shown)).to.deep.equal([["Table", null]]);
      } finally {
        await db.close();
      }
    }));
});
