import type { CatalogChanges } from "../catalog/catalog.ts";
import type { TableSchema } from "../catalog/table-schema.ts";
import type { Database } from "../database.ts";
import { keySuccessor } from "../rows/key-codec.ts";
import { tablePrefix } from "../rows/store-keys.ts";
import type { WriteBatch } from "../rows/write-batch.ts";

/** Removes a table with all rows of all users, in one batch. Its id is never used again. */
export function eraseTable(database: Database, table: TableSchema, changes: CatalogChanges, batch: WriteBatch): void {
  const prefix = tablePrefix(table.definition.id);
  batch.deleteRange(prefix, keySuccessor(prefix) as string);
  batch.onApplied(() => database.cache.forgetDropped(table.definition.id));
  changes.dropTable(table);
}
