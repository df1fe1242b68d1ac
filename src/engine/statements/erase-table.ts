import type { CatalogChanges } from "../catalog/catalog.ts";
import type { RetiredTable } from "../catalog/definitions.ts";
import type { TableSchema } from "../catalog/table-schema.ts";
import type { Database } from "../database.ts";
import { keySuccessor } from "../rows/key-codec.ts";
import { tablePrefix } from "../rows/store-keys.ts";
import type { WriteBatch } from "../rows/write-batch.ts";
import { deleteRetired } from "../storages/retired-tables.ts";
import { retirementOf } from "../storages/table-places.ts";

/**
 * Removes a table with all rows of all users, in one batch. Its id is never used again.
 *
 * @returns what is to be deleted outside of the hot store when the batch is durable
 */
export function eraseTable(
  database: Database,
  table: TableSchema,
  changes: CatalogChanges,
  batch: WriteBatch,
): RetiredTable | undefined {
  const prefix = tablePrefix(table.definition.id);
  batch.deleteRange(prefix, keySuccessor(prefix) as string);
  batch.onApplied(() => database.cache.forgetDropped(table.definition.id));
  changes.dropTable(table);
  const retired = retirementOf(database.catalog, table.definition);
  if (retired !== undefined) changes.retire(retired);
  return retired;
}

/** Deletes the files of tables that were erased. @returns the message of the statement that erased them */
export async function deleteFiles(
  database: Database,
  retired: readonly RetiredTable[],
  message: string,
): Promise<string> {
  const [failure] = await deleteRetired(database, retired);
  return failure === undefined ? message : `${message}; files are left until the next start (${failure})`;
}
