import type { CatalogChanges } from "../catalog/catalog.ts";
import type { RetiredTable } from "../catalog/definitions.ts";
import type { TableSchema } from "../catalog/table-schema.ts";
import type { Database } from "../database.ts";
import type { Execution } from "../execution.ts";
import { cleanupOf } from "../jobs/kinds/cleanup.ts";
import { keySuccessor } from "../rows/key-codec.ts";
import { filterKey, manifestKey, staleManifestKey, tableIndexesPrefix, tablePrefix } from "../rows/store-keys.ts";
import type { WriteBatch } from "../rows/write-batch.ts";
import { retirementOf } from "../storages/table-places.ts";

const CLEANUP_MOMENT_MS = 1000;

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
  const { id } = table.definition;
  const prefix = tablePrefix(id);
  const indexes = tableIndexesPrefix(id);
  for (const range of [prefix, indexes, manifestKey(prefix), filterKey(prefix, ""), staleManifestKey(prefix)]) {
    batch.deleteRange(range, keySuccessor(range) as string);
  }
  batch.onApplied(() => {
    database.cache.forgetDropped(id);
    database.live.tableDropped(table);
  });
  changes.dropTable(table);
  const files = retirementOf(database.catalog, table.definition);
  if (files !== undefined) changes.retire(files);
  return { fullName: table.fullName, files };
}

/**
 * Makes the job that deletes the files of erased tables, in the same batch.
 *
 * @returns its id; undefined where there is nothing to delete
 */
export function scheduleCleanup(
  database: Database,
  execution: Execution,
  batch: WriteBatch,
  erased: readonly ErasedTable[],
): string | undefined {
  const files = erased.flatMap((table) => table.files ?? []);
  if (files.length === 0) return undefined;
  const createdBy = execution.actor.userId;
  return database.jobs.createWith(batch, "cleanup", cleanupOf(files), { createdBy }).id;
}

/** Ends the jobs of tables that were erased, and gives their files a moment to go: then another table can have their folder. */
export async function afterErasing(
  database: Database,
  erased: readonly ErasedTable[],
  cleanup: string | undefined,
): Promise<void> {
  for (const { fullName } of erased) await database.jobs.cancelOfTable(fullName);
  if (cleanup === undefined) return;
  const { jobs, runtime } = database;
  await new Promise<void>((resolve, reject) => {
    const timer = runtime.timers.after(CLEANUP_MOMENT_MS, resolve);
    jobs.whenDone(cleanup).then(() => {
      timer.cancel();
      resolve();
    }, reject);
  });
}
