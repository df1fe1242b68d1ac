import { expect } from "chai";
import { MemoryHotStore } from "../../../src/drivers/hot/memory/memory-store.ts";
import type { Account } from "../../../src/engine/auth/account.ts";
import { newAccount } from "../../../src/engine/auth/account-definitions.ts";
import { Catalog } from "../../../src/engine/catalog/catalog.ts";
import type { TableDefinition } from "../../../src/engine/catalog/definitions.ts";
import { TableSchema } from "../../../src/engine/catalog/table-schema.ts";
import { UserFilter } from "../../../src/engine/live/user-filter.ts";
import { CommitPipeline } from "../../../src/engine/rows/commit-pipeline.ts";
import { PartitionCache } from "../../../src/engine/rows/partition-cache.ts";
import { localStorage } from "../../../src/engine/storages/local-storage.ts";
import { Storages } from "../../../src/engine/storages/storages.ts";
import { createRuntime } from "../../../src/runtime/runtime.ts";
import { withFolder } from "../../support/folder.ts";
import { kalamError } from "../../support/rejection.ts";

const definition: TableDefinition = {
  id: 1024,
  namespace: "app",
  name: "notes",
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

/** A filter for the storage `eu`, over accounts that are read when the test lets them. */
async function open(folder: string, find: (userId: string) => Promise<Account | undefined>): Promise<UserFilter> {
  const runtime = createRuntime();
  const store = new MemoryHotStore();
  const cache = new PartitionCache(store, { budgetBytes: 1_000_000, maxPartitionBytes: 1_000_000 });
  const catalog = await Catalog.load(store, localStorage(`${folder}/local`));
  const accounts = { find };
  const storages = new Storages({ catalog, accounts, runtime, timeoutMillis: 60_000, around: (objects) => objects });
  await catalog.change(new CommitPipeline(store, cache, runtime, 100), (changes) =>
    changes.putStorage({ ...localStorage(`${folder}/eu`), id: "eu" }),
  );
  return new UserFilter({ cache, catalog, storages }, new TableSchema(definition), "EU");
}

const base = newAccount(createRuntime(), {
  userId: "alice",
  role: "user",
  authType: "Internal",
  email: null,
  passwordHash: "",
});
const inEurope: Account = { ...base, storageMode: "Region", storageId: "eu" };

describe("users of one storage", () => {
  it("are looked up again when their account changes before the answer is there", () =>
    withFolder(async (folder) => {
      let account: Account = base;
      let lookups = 0;
      const filter = await open(folder, async () => {
        const found = account;
        if (++lookups > 1) return found;
        // The account changes after it was read, and before the lookup that read it has ended.
        account = inEurope;
        filter.forget("alice");
        return found;
      });
      expect(await filter.takes("alice")).to.equal(true);
      expect([filter.known("alice"), lookups]).to.deep.equal([true, 2]);
      account = base;
      filter.forget("alice");
      expect(filter.known("alice")).to.equal(undefined);
      expect(await filter.takes("alice")).to.equal(false);
    }));

  it("are not looked up for ever when accounts change all the time", () =>
    withFolder(async (folder) => {
      const filter = await open(folder, async () => {
        filter.forget("bob");
        return base;
      });
      await kalamError(filter.takes("alice"), "serialization_failure");
      expect(filter.known("alice")).to.equal(undefined);
    }));

  it("are others when the table gets another storage", () =>
    withFolder(async (folder) => {
      const filter = await open(folder, async () => base);
      expect(await filter.takes("alice")).to.equal(false);
      filter.adopt(new TableSchema({ ...definition, storageId: "eu", schemaVersion: 2 }));
      expect(await filter.takes("alice")).to.equal(true);
    }));
});
