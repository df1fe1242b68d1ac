import { expect } from "chai";
import { MemoryHotStore } from "../../../src/drivers/hot/memory/memory-store.ts";
import { Accounts } from "../../../src/engine/auth/accounts.ts";
import { RowAccountStore } from "../../../src/engine/auth/row-account-store.ts";
import { Catalog } from "../../../src/engine/catalog/catalog.ts";
import type { StorageDefinition, TableDefinition } from "../../../src/engine/catalog/definitions.ts";
import { CommitPipeline } from "../../../src/engine/rows/commit-pipeline.ts";
import { PartitionCache } from "../../../src/engine/rows/partition-cache.ts";
import { localStorage } from "../../../src/engine/storages/local-storage.ts";
import { Storages } from "../../../src/engine/storages/storages.ts";
import { retirementOf } from "../../../src/engine/storages/table-places.ts";
import { createRuntime } from "../../../src/runtime/runtime.ts";
import { withFolder } from "../../support/folder.ts";

const ROOT = { userId: "root", role: "system" } as const;

const table: TableDefinition = {
  id: 1024,
  namespace: "app",
  name: "messages",
  kind: "user",
  columns: [{ id: 1, name: "id", type: { kind: "integer" }, notNull: true }],
  nextColumnId: 2,
  primaryKey: ["id"],
  accessLevel: "private",
  storageId: "local",
  useUserStorage: true,
  schemaVersion: 1,
  createdAt: "0",
  updatedAt: "0",
};

/** Storages over a catalog with `local` and `eu`, and accounts. */
async function open(folder: string) {
  const runtime = createRuntime();
  const store = new MemoryHotStore();
  const cache = new PartitionCache(store, { budgetBytes: 1_000_000, maxPartitionBytes: 1_000_000 });
  const pipeline = new CommitPipeline(store, cache, runtime, 100);
  const catalog = await Catalog.load(store, localStorage(`${folder}/local`));
  const accounts = new Accounts(new RowAccountStore(store, cache, pipeline), runtime, {
    enforcePasswordComplexity: false,
  });
  const storages = new Storages({ catalog, accounts, runtime, timeoutMillis: 60_000, around: (objects) => objects });
  const put = (definition: StorageDefinition) =>
    catalog.change(pipeline, (changes, batch) => {
      changes.putStorage(definition);
      batch.onApplied(() => storages.changed());
    });
  await put({
    ...localStorage(`${folder}/eu`),
    id: "eu",
    userTablesTemplate: "{namespace}/{tableName}/{shard}/{userId}",
  });
  return { accounts, catalog, pipeline, storages, put };
}

describe("storages", () => {
  it("a partition's place is the table's storage, or the user's own where both want that", () =>
    withFolder(async (folder) => {
      const { accounts, catalog, pipeline, storages } = await open(folder);
      const create = (user: string) =>
        accounts.create(ROOT, {
          kind: "create_user",
          user,
          ifNotExists: false,
          authentication: { type: "internal" },
          role: undefined,
          email: undefined,
        });
      const alter = (change: { type: "storage_mode"; mode: string } | { type: "storage_id"; storageId: string }) =>
        accounts.alter(ROOT, { kind: "alter_user", user: "alice", change });
      const local = { storageId: "local", folder: "app/messages/alice" };
      expect(await storages.placeOf(table, "alice")).to.deep.equal(local);
      await create("alice");
      await alter({ type: "storage_id", storageId: "eu" });
      expect(await storages.placeOf(table, "alice")).to.deep.equal(local);
      await alter({ type: "storage_mode", mode: "region" });
      const own = await storages.placeOf(table, "alice");
      expect(own.storageId).to.equal("eu");
      expect(own.folder).to.match(/^app\/messages\/[0-9a-f]{2}\/alice$/);
      expect(await storages.placeOf({ ...table, useUserStorage: false }, "alice")).to.deep.equal(local);
      expect(await storages.placeOf(table, "Bob/2")).to.deep.equal({
        storageId: "local",
        folder: "app/messages/+bob%2f2",
      });
      expect(await storages.placeOf({ ...table, kind: "shared", folderName: "messages~1024" }, "")).to.deep.equal({
        storageId: "local",
        folder: "app/messages~1024",
      });
      const retired = retirementOf(catalog, table);
      expect(retired?.places).to.deep.equal([
        { storageId: "local", folder: "app/messages" },
        { storageId: "eu", folder: "app/messages" },
      ]);
      await catalog.change(pipeline, (changes) => changes.dropStorage("eu"));
      expect(await storages.placeOf(table, "alice")).to.deep.equal(local);
    }));

  it("say when one is there or gone, and where all of them are", () =>
    withFolder(async (folder) => {
      const { catalog, pipeline, storages, put } = await open(folder);
      const seen: (readonly string[])[] = [];
      const stop = storages.onChange(() => seen.push(storages.directories));
      const store = storages.store("EU");
      expect(storages.store("eu")).to.equal(store);
      expect(store.localFile("x")).to.equal(`${folder}/eu/x`);
      await put({ ...localStorage(`${folder}/us`), id: "us" });
      await catalog.change(pipeline, (changes, batch) => {
        changes.dropStorage("eu");
        batch.onApplied(() => storages.changed());
      });
      expect(() => storages.store("eu")).to.throw("does not exist");
      stop();
      await put({ ...localStorage(`${folder}/eu2`), id: "eu" });
      expect(storages.store("eu").localFile("x")).to.equal(`${folder}/eu2/x`);
      expect(seen).to.deep.equal([
        [`${folder}/local`, `${folder}/eu`, `${folder}/us`],
        [`${folder}/local`, `${folder}/us`],
      ]);
    }));
});
