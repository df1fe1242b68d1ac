import type { TableSchema } from "../../catalog/table-schema.ts";
import type { Database } from "../../database.ts";
import { partitionPrefix, tablePrefix } from "../../rows/store-keys.ts";
import { forEachUser, usersBelow } from "../partitions.ts";
import { publishStale } from "../publish.ts";
import { type Flushed, PartitionFlush } from "./partition-flush.ts";

export interface TableFlushed extends Flushed {
  readonly partitions: number;
}

/** Moves what is hot of a table to segments, one partition after another. */
export async function flushTable(
  database: Database,
  schema: TableSchema,
  signal: AbortSignal,
  progress: (message: string) => void,
): Promise<TableFlushed> {
  const total = { rows: 0, files: 0, partitions: 0 };
  const users = usersBelow(database.store, tablePrefix(schema.definition.id));
  await forEachUser(users, signal, async (user) => {
    const prefix = partitionPrefix(schema.definition.id, user);
    const { rows, files } = await database.cold.work.run(prefix, () =>
      new PartitionFlush(database, schema, user, signal).run(),
    );
    total.rows += rows;
    total.files += files;
    if (rows > 0) total.partitions++;
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
