import type { TableSchema } from "../../catalog/table-schema.ts";
import type { Database } from "../../database.ts";
import { manifestKey, partitionPrefix, tablePrefix } from "../../rows/store-keys.ts";
import { currentTable } from "../current-table.ts";
import { forEachUser, usersBelow } from "../partitions.ts";
import { publishStale } from "../publish.ts";
import { chooseRun } from "./choose.ts";
import { type Compacted, PartitionCompaction } from "./partition-compaction.ts";

/**
 * Merges segments of a table, one partition after another.
 * @param all everything of each partition; otherwise small segments where there are many
 */
export async function compactTable(
  database: Database,
  schema: TableSchema,
  all: boolean,
  signal: AbortSignal,
  progress: (message: string) => void,
): Promise<Compacted> {
  const total = { before: 0, after: 0, rows: 0 };
  await forEachUser(coldUsers(database, schema), signal, async (user) => {
    const prefix = partitionPrefix(schema.definition.id, user);
    const done = await database.cold.work.run(prefix, async () => {
      const cell = await database.cache.manifests.load(prefix, schema.definition.id, user);
      const run = cell.manifest && chooseRun(cell.manifest, limitsOf(database), all);
      // Under an older definition the values of columns that were added since would be lost.
      return run && new PartitionCompaction(database, currentTable(database, schema), user, signal).run(cell, run);
    });
    if (done === undefined) return;
    total.before += done.before;
    total.after += done.after;
    total.rows += done.rows;
    progress(`${total.before} segments became ${total.after}`);
  });
  await database.cold.ledger.sweep();
  const [stale] = await publishStale(database, database.cold.work, [schema]);
  if (stale !== undefined) throw stale.error;
  return total;
}

/** Whether some partition of the table has segments to merge. */
export async function compactionOf(database: Database, schema: TableSchema, all: boolean): Promise<boolean> {
  for await (const user of coldUsers(database, schema)) {
    const prefix = partitionPrefix(schema.definition.id, user);
    const { manifest } = await database.cache.manifests.load(prefix, schema.definition.id, user);
    if (manifest !== undefined && chooseRun(manifest, limitsOf(database), all) !== undefined) return true;
  }
  return false;
}

/** The users of whose rows of the table something is cold. */
export function coldUsers(database: Pick<Database, "store">, schema: TableSchema): AsyncIterable<string> {
  return usersBelow(database.store, manifestKey(tablePrefix(schema.definition.id)));
}

function limitsOf({ options }: Database) {
  return { fullSegmentRows: options.compactedSegmentRows, minimumSegments: options.compactionMinSegments };
}
