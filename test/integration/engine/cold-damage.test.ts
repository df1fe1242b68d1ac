import { readdir, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { expect } from "chai";
import { DataFolder } from "../../../src/drivers/hot/data-folder.ts";
import { openHotStore } from "../../../src/drivers/hot/open.ts";
import { keySuccessor } from "../../../src/engine/rows/key-codec.ts";
import { fromBuffer, toBuffer } from "../../../src/engine/rows/store-keys.ts";
import type { EmbeddedDatabase, Session } from "../../../src/index.ts";
import { compactAll, flushAll } from "../../support/cold.ts";
import { expectSoundFiles } from "../../support/cold-files.ts";
import { values } from "../../support/engine.ts";
import { type FaultyEngine, openFaulty } from "../../support/faulty-engine.ts";
import { withFolder } from "../../support/folder.ts";
import { kalamError } from "../../support/rejection.ts";

const ROWS = 30;
const FOLDER = "storage/app/t/alice";

async function insert(session: Session, table: string, from: number, to: number): Promise<void> {
  const rows = Array.from({ length: to - from }, (_, index) => `(${from + index}, 'row ${from + index}')`);
  await session.query(`INSERT INTO ${table} VALUES ${rows.join(", ")}`);
}

async function expectRows(session: Session, table: string, ids: readonly number[]): Promise<void> {
  const expected = ids.map((id) => [id, `row ${id}`]);
  expect(await values(session, `SELECT * FROM ${table} ORDER BY id`)).to.deep.equal(expected);
  const counted = await values(session, `SELECT count(*) FROM (SELECT * FROM ${table}) AS q`);
  expect(counted).to.deep.equal([[BigInt(expected.length)]]);
}

const upTo = (count: number): number[] => Array.from({ length: count }, (_, id) => id);

/** Alice has three segments, Bob one, another table one. */
async function fill(db: EmbeddedDatabase): Promise<void> {
  await db.query("CREATE NAMESPACE app");
  await db.query("CREATE USER TABLE app.t (id INT PRIMARY KEY, v TEXT)");
  await db.query("CREATE SHARED TABLE app.u (id INT PRIMARY KEY, v TEXT)");
  for (let from = 0; from < ROWS; from += 10) {
    await insert(db.as("alice"), "app.t", from, from + 10);
    if (from === 0) {
      await insert(db.as("bob"), "app.t", 0, 5);
      await insert(db, "app.u", 0, 5);
    }
    await flushAll(db);
  }
}

/** Fills a database, closes it, lets `damage` work on its folder, and opens it again. */
function damaged(
  damage: (dataDir: string) => Promise<void>,
  test: (faulty: FaultyEngine) => Promise<void>,
  afterwards: (dataDir: string) => Promise<void> = async () => undefined,
) {
  return withFolder(async (dataDir) => {
    const { db } = await openFaulty(dataDir);
    await fill(db);
    await db.close();
    await damage(dataDir);
    const faulty = await openFaulty(dataDir, { jobRetries: 1 });
    try {
      await test(faulty);
      await othersAreWell(faulty.db);
    } finally {
      await faulty.db.close();
    }
    await afterwards(dataDir);
  });
}

async function othersAreWell(db: EmbeddedDatabase): Promise<void> {
  await expectRows(db.as("bob"), "app.t", upTo(5));
  await expectRows(db, "app.u", upTo(5));
  await insert(db.as("bob"), "app.t", 5, 6);
  await kalamError(insert(db.as("bob"), "app.t", 0, 1), "primary_key_violation");
  await expectRows(db.as("bob"), "app.t", upTo(6));
}

/** Changes or deletes entries of a closed hot store: those of a kind that are a user's. */
async function tamper(
  dataDir: string,
  kind: string,
  user: string,
  change: ((value: Buffer) => Buffer) | undefined,
): Promise<void> {
  const folder = await DataFolder.open(dataDir);
  const store = await openHotStore({ driver: "sqlite", dataDir: folder.path });
  const range = { start: toBuffer(kind), end: toBuffer(keySuccessor(kind) as string), limit: 1000 };
  const entries = (await store.scan(range)).filter(({ key }) => fromBuffer(key).includes(user));
  if (change === undefined) await store.commit({ puts: [], deletes: entries.map(({ key }) => key) });
  else await store.commit({ puts: entries.map(({ key, value }) => ({ key, value: change(Buffer.from(value)) })) });
  await store.close();
  await folder.close();
}

const HURT: Readonly<Record<string, (file: string) => Promise<void>>> = {
  missing: (file) => rm(file),
  "cut off": (file) => truncate(file, 200),
  "written over": async (file) => {
    const bytes = await readFile(file);
    await writeFile(file, Buffer.alloc(bytes.length, 7));
  },
};

describe("cold rows: a segment that is", () => {
  for (const [how, hurt] of Object.entries(HURT)) {
    it(`${how} is named by those who need it, and by nobody else`, () =>
      damaged(
        (dataDir) => hurt(`${dataDir}/${FOLDER}/batch-1.parquet`),
        async ({ db, engine }) => {
          const alice = db.as("alice");
          for (const sql of [
            "SELECT * FROM app.t",
            "SELECT v FROM app.t WHERE id = 15",
            "SELECT count(*) FROM (SELECT * FROM app.t) AS q",
            "SELECT v FROM app.t WHERE v = 'row 12'",
            "INSERT INTO app.t VALUES (15, 'again')",
            "UPDATE app.t SET v = 'changed' WHERE id = 15",
            "DELETE FROM app.t WHERE id >= 12",
          ]) {
            const error = await kalamError(alice.query(sql), "segment_unreadable");
            expect(error.message, sql).to.contain("app/t/alice/batch-1.parquet");
            expect(error.message, sql).not.to.contain("/tmp");
          }
          expect(await values(alice, "SELECT v FROM app.t WHERE id = 5")).to.deep.equal([["row 5"]]);
          expect(await values(alice, "SELECT id FROM app.t WHERE id >= 25")).to.have.length(5);
          expect(await values(alice, "SELECT count(*) FROM app.t WHERE id >= 25")).to.deep.equal([[5n]]);
          await insert(alice, "app.t", 30, 32);
          await alice.query("UPDATE app.t SET v = 'changed' WHERE id = 5");
          await alice.query("DELETE FROM app.t WHERE id = 6");
          await flushAll(db);
          expect(await values(alice, "SELECT v FROM app.t WHERE id = 5")).to.deep.equal([["changed"]]);
          await db.query("STORAGE COMPACT TABLE app.t");
          const job = engine.jobs.list().findLast(({ type }) => type === "compact");
          const { status, message } = await engine.jobs.whenDone(job?.id ?? "");
          expect(status).to.equal("failed");
          expect(message).to.contain("app/t/alice/batch-1.parquet");
          expect(await values(alice, "SELECT id FROM app.t WHERE id >= 25")).to.have.length(7);
        },
      ));
  }
});

describe("cold rows: a manifest of the hot store that is damaged", () => {
  const cut = (value: Buffer): Buffer => value.subarray(0, value.length / 2);

  it("is made again from its copy", () =>
    damaged(
      (dataDir) => tamper(dataDir, "s", "alice", cut),
      async ({ db, reports }) => {
        const alice = db.as("alice");
        await expectRows(alice, "app.t", upTo(ROWS));
        expect(reports.join()).to.contain("the manifest of app.t, user 'alice' was made again from its copy");
        await insert(alice, "app.t", 30, 35);
        await flushAll(db);
        await expectRows(alice, "app.t", upTo(35));
      },
    ));

  it("is made again from its files when the copy is lost too", () =>
    damaged(
      async (dataDir) => {
        await tamper(dataDir, "s", "alice", cut);
        await rm(`${dataDir}/${FOLDER}/manifest.json`);
      },
      async ({ db, reports }) => {
        const alice = db.as("alice");
        await Promise.all([1, 2, 3].map(() => expectRows(alice, "app.t", upTo(ROWS))));
        expect(reports.filter((line) => line.includes("was made again from 3 file(s)"))).to.have.length(1);
        await kalamError(insert(alice, "app.t", 15, 16), "primary_key_violation");
        await insert(alice, "app.t", 30, 35);
        await flushAll(db);
        await expectRows(alice, "app.t", upTo(35));
        await compactAll(db);
        await expectRows(alice, "app.t", upTo(35));
      },
      async (dataDir) => {
        await expectSoundFiles(dataDir);
        const again = await openFaulty(dataDir);
        await expectRows(again.db.as("alice"), "app.t", upTo(35));
        expect(again.reports).to.deep.equal([]);
        await again.db.close();
      },
    ));

  it("and is gone altogether keeps a flush from writing over its files", () =>
    damaged(
      (dataDir) => tamper(dataDir, "s", "alice", undefined),
      async ({ db, engine, dataDir }) => {
        const alice = db.as("alice");
        await insert(alice, "app.t", 30, 31);
        await db.query("STORAGE FLUSH TABLE app.t");
        const job = engine.jobs.list().findLast(({ type }) => type === "flush");
        const { status, message } = await engine.jobs.whenDone(job?.id ?? "");
        expect(status).to.equal("failed");
        expect(message).to.contain("app/t/alice/manifest.json");
        await expectRows(alice, "app.t", [30]);
        expect(await readdir(`${dataDir}/${FOLDER}`)).to.have.length(4);
      },
    ));

  it("and cannot be made again is an error that names the partition; writes to others go on", () =>
    damaged(
      async (dataDir) => {
        await tamper(dataDir, "s", "alice", cut);
        await rm(`${dataDir}/${FOLDER}/manifest.json`);
        await truncate(`${dataDir}/${FOLDER}/batch-1.parquet`, 100);
      },
      async ({ db }) => {
        for (const sql of ["SELECT * FROM app.t", "INSERT INTO app.t VALUES (99, 'x')"]) {
          const error = await kalamError(db.as("alice").query(sql), "data_corrupt");
          expect(error.message).to.contain("the manifest of app.t, user 'alice'");
          expect(error.message).to.contain("batch-1.parquet");
        }
      },
    ));
});

describe("cold rows: a manifest.json that is", () => {
  for (const [how, hurt] of Object.entries(HURT)) {
    it(`${how} is needed by nobody, and written again with the next flush`, () =>
      damaged(
        (dataDir) => hurt(`${dataDir}/${FOLDER}/manifest.json`),
        async ({ db, dataDir }) => {
          const alice = db.as("alice");
          await expectRows(alice, "app.t", upTo(ROWS));
          await insert(alice, "app.t", 30, 31);
          await flushAll(db);
          await expectRows(alice, "app.t", upTo(31));
          const copy = JSON.parse(await readFile(`${dataDir}/${FOLDER}/manifest.json`, "utf8")) as object;
          expect(copy).to.have.property("segments").with.length(4);
        },
      ));
  }
});

describe("cold rows: key filters that are damaged", () => {
  it("are told, and no key is taken twice", () =>
    damaged(
      (dataDir) => tamper(dataDir, "k", "alice", (value) => Buffer.from(value).fill(0, 2, 8)),
      async ({ db, reports }) => {
        const alice = db.as("alice");
        for (const id of [0, 15, 29]) {
          await kalamError(insert(alice, "app.t", id, id + 1), "primary_key_violation");
          expect(await values(alice, "SELECT v FROM app.t WHERE id = $1", [id])).to.deep.equal([[`row ${id}`]]);
        }
        await insert(alice, "app.t", 30, 31);
        await expectRows(alice, "app.t", upTo(31));
        expect(reports).to.have.length(3);
        for (const report of reports) expect(report).to.match(/^the key filter of a segment batch-\d.parquet/);
        await compactAll(db);
        await expectRows(alice, "app.t", upTo(31));
      },
    ));
});
