import type { StorageDefinition } from "../catalog/definitions.ts";
import { usersSchema } from "../catalog/system-schemas.ts";
import { columnSlot, type TableSchema } from "../catalog/table-schema.ts";
import { coldUsers } from "../cold/compaction/table-compaction.ts";
import type { Database } from "../database.ts";
import { partitionPrefix } from "../rows/store-keys.ts";
import { storedUsers } from "../system/users-table.ts";

/** What keeps a storage from being dropped, such as "2 table(s)"; undefined when nothing does. */
export async function usesOf(database: Database, storage: StorageDefinition): Promise<string | undefined> {
  const { id } = storage;
  const { catalog } = database;
  const tables = catalog.tables().filter(({ definition }) => {
    return definition.storageId === id || definition.formerStorageIds?.includes(id) === true;
  });
  if (tables.length > 0) return `${tables.length} table(s)`;
  const keeping = await tablesWithFilesOfUsers(database, id);
  if (keeping > 0) return `${keeping} table(s) with files of users`;
  const users = await countUsers(database, id);
  if (users > 0) return `${users} user(s)`;
  const dropped = catalog.retired().filter(({ places }) => places.some(({ storageId }) => storageId === id));
  if (dropped.length > 0) return `${dropped.length} dropped table(s) whose files are not yet deleted`;
  return (await database.cold.ledger.names(id)) ? "files that are being written or not yet deleted" : undefined;
}

/** The files of a user stay where they are when the user gets another storage: only manifests know of them. */
async function tablesWithFilesOfUsers(database: Database, storageId: string): Promise<number> {
  let count = 0;
  for (const schema of database.catalog.tables()) {
    if (schema.definition.useUserStorage && (await hasFilesIn(database, schema, storageId))) count++;
  }
  return count;
}

async function hasFilesIn({ store, cache }: Database, schema: TableSchema, storageId: string): Promise<boolean> {
  const { id } = schema.definition;
  for await (const user of coldUsers({ store }, schema)) {
    const { manifest } = await cache.manifests.load(partitionPrefix(id, user), id, user);
    if (manifest?.storageId === storageId) return true;
  }
  return false;
}

async function countUsers(database: Database, storageId: string): Promise<number> {
  const storage = columnSlot(usersSchema.requireColumn("storage_id"));
  const deleted = columnSlot(usersSchema.requireColumn("deleted_at"));
  let count = 0;
  for await (const row of storedUsers(database)) if (row[storage] === storageId && row[deleted] === null) count++;
  return count;
}
