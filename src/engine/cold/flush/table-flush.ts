import type { TableSchema } from "../../catalog/table-schema.ts";
import type { Database } from "../../database.ts";
import { sweepIndexes } from "../../rows/indexes/sweep.ts";
import { partitionPrefix, tablePrefix } from "../../rows/store-keys.ts";
import { onCurrentTable } from "../current-table.ts";
import { forEachUser, usersBelow } from "../partitions.ts";
import { publishStale } from "../publish.ts";
import { PartitionFlush } from "./partition-flush.ts";

/** What a flush of a table did. */
export interface TableFlushed {
  readonly rows: number;
  readonly files: number;
}

/** Moves what is hot of a table to segments, one partition after another. */
export async function flushTable(
  database: Database,
  schema: TableSchema,
  signal: AbortSignal,
  progress: (message: string) => void,
): Promise<TableFlushed> {
  const total = { rows: 0, files: 0 };
  const users = usersBelow(database.store, tablePrefix(schema.definition.id));
  await forEachUser(users, signal, async (user) => {
    const prefix = partitionPrefix(schema.definition.id, user);
    await database.cold.work.run(prefix, () =>
      onCurrentTable(database, schema, async (current) => {
        const flush = new PartitionFlush(database, current, user, signal);
        try {
          await flush.run();
          await sweepIndexes(database, current, prefix, signal);
        } finally {
          total.rows += flush.rows;
          total.files += flush.files;
        }
      }),
    );
    progress(`${total.rows} rows in ${total.files} files`);
  });
  const [stale] = await publishStale(database, database.cold.work, [schema]);
  if (stale !== undefined) throw stale.error;
  return total;
}

/** Whether anything of the table is hot. */
export async function hasHotRows(database: Database, schema: TableSchema): Promise<boolean> {
  for await (const _user of usersBelow(database.store, tablePrefix(schema.definition.id))) return true;
  return false;
}
