import type { StorageDefinition } from "../catalog/definitions.ts";
import { usersSchema } from "../catalog/system-schemas.ts";
import { columnSlot } from "../catalog/table-schema.ts";
import type { Database } from "../database.ts";
import { storedUsers } from "../system/users-table.ts";

/** What keeps a storage from being dropped, such as "2 table(s)"; undefined when nothing does. */
export async function usesOf(database: Database, storage: StorageDefinition): Promise<string | undefined> {
  const { id } = storage;
  const { catalog } = database;
  const tables = catalog.tables().filter(({ definition }) => {
    return definition.storageId === id || definition.formerStorageIds?.includes(id) === true;
  });
  if (tables.length > 0) return `${tables.length} table(s)`;
  const users = await countUsers(database, id);
  if (users > 0) return `${users} user(s)`;
  const dropped = catalog.retired().filter(({ places }) => places.some(({ storageId }) => storageId === id));
  return dropped.length > 0 ? `${dropped.length} dropped table(s) whose files are not yet deleted` : undefined;
}

async function countUsers(database: Database, storageId: string): Promise<number> {
  const storage = columnSlot(usersSchema.requireColumn("storage_id"));
  const deleted = columnSlot(usersSchema.requireColumn("deleted_at"));
  let count = 0;
  for await (const row of storedUsers(database)) if (row[storage] === storageId && row[deleted] === null) count++;
  return count;
}
