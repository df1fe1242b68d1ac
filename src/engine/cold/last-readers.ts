import type { RetiredTable } from "../catalog/definitions.ts";
import type { Database } from "../database.ts";
import { tablePrefix } from "../rows/store-keys.ts";

/**
 * Resolves when nobody works on the files of a dropped table any more: no flush or compaction, which would leave files where another
 * table may have its own by then, and no statement that began before it was dropped. Statements are waited for as long as one may
 * run; what holds files for longer was abandoned.
 */
export async function lastReaders(database: Database, retired: RetiredTable, signal: AbortSignal): Promise<void> {
  const { cold, options, runtime } = database;
  const prefix = tablePrefix(retired.tableId);
  await cold.work.settled((partition) => partition.startsWith(prefix));
  const folders = foldersOf(database, retired);
  await new Promise<void>((resolve) => {
    const end = (): void => {
      timer.cancel();
      signal.removeEventListener("abort", end);
      forget();
      resolve();
    };
    let forget = (): void => undefined;
    const timer = runtime.timers.after(options.statementTimeoutSeconds * 1000, end);
    signal.addEventListener("abort", end);
    forget = cold.rows.files.onFree((file) => folders.some((folder) => file.startsWith(folder)), end);
  });
  signal.throwIfAborted();
}

function foldersOf({ catalog, storages }: Database, { places }: RetiredTable): readonly string[] {
  return places
    .filter(({ storageId }) => catalog.storage(storageId) !== undefined)
    .map(({ storageId, folder }) => `${storages.store(storageId).localFile(folder)}/`);
}
