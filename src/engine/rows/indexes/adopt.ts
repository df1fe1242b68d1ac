import type { Database } from "../../database.ts";
import type { WriteBatch } from "../write-batch.ts";

/**
 * When a change of a table's indexes is durable, the partitions in memory and the live queries go on with its new definition: rows
 * and columns are the same, only writers have to know.
 */
export function adoptIndexes(database: Database, batch: WriteBatch, tableId: number): void {
  batch.onApplied(() => {
    const current = database.catalog.tableById(tableId);
    if (current === undefined) return;
    database.cache.reindex(current);
    database.live.tableAltered(current);
  });
}
