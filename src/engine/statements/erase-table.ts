import type { CatalogChanges } from "../catalog/catalog.ts";
import type { RetiredTable } from "../catalog/definitions.ts";
import type { TableSchema } from "../catalog/table-schema.ts";
import type { Database } from "../database.ts";
import { keySuccessor } from "../rows/key-codec.ts";
import { tablePrefix } from "../rows/store-keys.ts";
import type { WriteBatch } from "../rows/write-batch.ts";
import { deleteRetired } from "../storages/retired-tables.ts";
import { retirementOf } from "../storages/table-places.ts";

/** A table that is gone when the batch is durable, and what is then to be deleted outside of the hot store. */
export interface ErasedTable {
  readonly fullName: string;
  readonly files: RetiredTable | undefined;
}

/** Removes a table with all rows of all users, in one batch. Its id is never used again. */
export function eraseTable(
  database: Database,
  table: TableSchema,
  changes: CatalogChanges,
  batch: WriteBatch,
): ErasedTable {
  const prefix = tablePrefix(table.definition.id);
  batch.deleteRange(prefix, keySuccessor(prefix) as string);
  batch.onApplied(() => database.cache.forgetDropped(table.definition.id));
  changes.dropTable(table);
  const files = retirementOf(database.catalog, table.definition);
  if (files !== undefined) changes.retire(files);
  return { fullName: table.fullName, files };
}

/** Ends the jobs of tables that were erased and deletes their files. @returns the message of the statement that erased them */
export async function clearErased(
  database: Database,
  erased: readonly ErasedTable[],
  message: string,
): Promise<string> {
  for (const { fullName } of erased) await database.jobs.cancelOfTable(fullName);
  const [failure] = await deleteRetired(
    database,
    erased.flatMap(({ files }) => files ?? []),
  );
  return failure === undefined ? message : `${message}; files are left until the next start (${failure})`;
}
