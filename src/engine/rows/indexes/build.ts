import { withReadyIndex } from "../../catalog/index-definitions.ts";
import { DELETED_SLOT } from "../../catalog/table-schema.ts";
import { usersBelow } from "../../cold/partitions.ts";
import type { Database } from "../../database.ts";
import { keySuccessor } from "../key-codec.ts";
import { fromBuffer, indexPrefix, partitionPrefix, tablePrefix, toBuffer } from "../store-keys.ts";
import { adoptIndexes } from "./adopt.ts";

/** Rows that are indexed while writers wait. */
const ROWS_PER_BATCH = 500;
const NO_VALUE = Buffer.alloc(0);

/**
 * Brings all hot rows into an index, some at a time, each time as a job of its own in the commit pipeline: nothing is written
 * between reading rows and writing their entries. Rows written later bring their entries themselves, so the way through the keys
 * has to be gone once; when it is broken off, it is begun from the start.
 *
 * @returns how many rows were there
 */
export async function buildIndex(
  database: Database,
  tableId: number,
  indexId: number,
  signal: AbortSignal,
  progress: (message: string) => void,
): Promise<number> {
  let rows = 0;
  for await (const user of usersBelow(database.store, tablePrefix(tableId))) {
    const prefix = partitionPrefix(tableId, user);
    const end = keySuccessor(prefix) as string;
    for (let start: string | undefined = prefix; start !== undefined; ) {
      signal.throwIfAborted();
      const step: { readonly rows: number; readonly next: string | undefined } = await buildPiece(
        database,
        { tableId, indexId, prefix },
        start,
        end,
      );
      rows += step.rows;
      start = step.next;
    }
    progress(`${rows} rows indexed`);
  }
  await database.catalog.change(database.pipeline, (changes, batch) => {
    const table = database.catalog.tableById(tableId);
    if (table === undefined) return;
    changes.putTable(withReadyIndex(table.definition, indexId));
    adoptIndexes(database, batch, tableId);
  });
  return rows;
}

function buildPiece(
  { pipeline, catalog, store }: Database,
  { tableId, indexId, prefix }: { readonly tableId: number; readonly indexId: number; readonly prefix: string },
  start: string,
  end: string,
): Promise<{ rows: number; next: string | undefined }> {
  return pipeline.submit({
    reads: [],
    exclusive: true,
    prepare: async (batch) => {
      const schema = catalog.tableById(tableId);
      const index = schema?.indexes.find(({ id }) => id === indexId);
      if (schema === undefined || index === undefined) return { rows: 0, next: undefined };
      const found = await store.scan({ start: toBuffer(start), end: toBuffer(end), limit: ROWS_PER_BATCH });
      for (const { key, value } of found) {
        const row = schema.decode(value);
        if (row[DELETED_SLOT] === true) continue;
        index.requireFitting(row);
        const entry = index.entryOf(row, fromBuffer(key).slice(prefix.length));
        batch.putNote({ key: toBuffer(indexPrefix(prefix, indexId) + entry), value: NO_VALUE });
      }
      const last = found.length < ROWS_PER_BATCH ? undefined : found.at(-1);
      return { rows: found.length, next: last === undefined ? undefined : `${fromBuffer(last.key)}\0` };
    },
  });
}
