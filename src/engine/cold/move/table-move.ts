import type { TableSchema } from "../../catalog/table-schema.ts";
import type { Database } from "../../database.ts";
import { partitionPrefix } from "../../rows/store-keys.ts";
import { coldUsers } from "../compaction/table-compaction.ts";
import { currentTable } from "../current-table.ts";
import { forEachUser } from "../partitions.ts";
import { PartitionMove } from "./partition-move.ts";

/** What a move of a table did. */
export interface TableMoved {
  readonly partitions: number;
  readonly files: number;
}

/** Brings what is cold of a table to the storages where its new files go, one partition after another. */
export async function moveTable(
  database: Database,
  table: TableSchema,
  signal: AbortSignal,
  progress: (message: string) => void,
): Promise<TableMoved> {
  const total = { partitions: 0, files: 0 };
  await forEachUser(coldUsers(database, table), signal, async (user) => {
    const { id } = table.definition;
    const prefix = partitionPrefix(id, user);
    await database.cold.work.run(prefix, async () => {
      const schema = currentTable(database, table);
      const cell = await database.cache.manifests.load(prefix, id, user);
      const target = await database.storages.placeOf(schema.definition, user);
      if (cell.manifest === undefined || cell.manifest.storageId === target.storageId) return;
      await new PartitionMove(database, schema, user, signal).run(cell, target);
      total.partitions++;
      total.files += cell.manifest.segments.length;
    });
    progress(`${total.partitions} partitions moved`);
  });
  await database.cold.ledger.sweep();
  await forgetFormerStorages(database, table);
  return total;
}

/** Whether something cold of the table is elsewhere than where new files of it go. */
export async function isMisplaced(database: Database, table: TableSchema): Promise<boolean> {
  const { definition } = table;
  if (definition.formerStorageIds !== undefined) return true;
  for await (const user of coldUsers(database, table)) {
    const { manifest } = await database.cache.manifests.load(partitionPrefix(definition.id, user), definition.id, user);
    const target = await database.storages.placeOf(definition, user);
    if (manifest !== undefined && manifest.storageId !== target.storageId) return true;
  }
  return false;
}

/** The storages that the table has left have no files of it any more, unless it was moved again meanwhile. */
async function forgetFormerStorages(database: Database, table: TableSchema): Promise<void> {
  const { catalog, pipeline, cache } = database;
  const moved = currentTable(database, table).definition;
  if (moved.formerStorageIds === undefined) return;
  await catalog.change(pipeline, (changes, batch) => {
    const { definition } = currentTable(database, table);
    if (definition.storageId !== moved.storageId || definition.useUserStorage !== moved.useUserStorage) return;
    const { formerStorageIds: _, ...rest } = definition;
    changes.putTable(rest);
    batch.onApplied(() => cache.redefine(currentTable(database, table)));
  });
}
