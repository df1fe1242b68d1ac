import { DELETED_SLOT, type TableSchema } from "../../catalog/table-schema.ts";
import type { Database } from "../../database.ts";
import { StalePlan } from "../../stale-plan.ts";
import { keySuccessor } from "../key-codec.ts";
import { fromBuffer, indexPrefix, toBuffer } from "../store-keys.ts";
import type { WriteBatch } from "../write-batch.ts";
import type { SecondaryIndex } from "./secondary-index.ts";

/** Entries that are looked through while writers wait. */
const ENTRIES_PER_BATCH = 500;

/**
 * Takes out the entries of rows that have moved to segments. They lie all over an index, so taking them out with the rows would
 * make a flush slow; until they are swept, readers follow them in vain.
 *
 * @param prefix of the rows of the partition
 * @throws StalePlan when the table was altered or dropped meanwhile
 */
export async function sweepIndexes(
  database: Database,
  schema: TableSchema,
  prefix: string,
  signal: AbortSignal,
): Promise<void> {
  for (const index of schema.indexes) {
    const range = indexPrefix(prefix, index.id);
    for (let start: string | undefined = range; start !== undefined; ) {
      signal.throwIfAborted();
      const from: string = start;
      start = await database.pipeline.submit({
        reads: [],
        exclusive: true,
        prepare: (batch) => {
          if (!database.catalog.isCurrent(schema)) throw new StalePlan(schema.fullName);
          return sweepPiece(database, batch, schema, index, prefix, from);
        },
      });
    }
  }
}

/** @returns where to go on */
async function sweepPiece(
  { store }: Database,
  batch: WriteBatch,
  schema: TableSchema,
  index: SecondaryIndex,
  prefix: string,
  start: string,
): Promise<string | undefined> {
  const range = indexPrefix(prefix, index.id);
  const end = keySuccessor(range) as string;
  const rows = { start: toBuffer(prefix), end: toBuffer(keySuccessor(prefix) as string), limit: 1 };
  if ((await store.scan(rows)).length === 0) {
    batch.deleteRange(range, end);
    return undefined;
  }
  const found = await store.scan({ start: toBuffer(start), end: toBuffer(end), limit: ENTRIES_PER_BATCH });
  const entries = found.map(({ key }) => fromBuffer(key).slice(range.length));
  const keys = entries.map((entry) => entry.slice(index.keyStart(entry)));
  const values = await store.get(keys.map((key) => toBuffer(prefix + key)));
  entries.forEach((entry, at) => {
    const value = values[at];
    const row = value === undefined ? undefined : schema.decode(value);
    const holds = row !== undefined && row[DELETED_SLOT] !== true && index.entryOf(row, keys[at] as string) === entry;
    if (!holds) batch.deleteRaw(range + entry);
  });
  const last = found.length < ENTRIES_PER_BATCH ? undefined : entries.at(-1);
  return last === undefined ? undefined : `${range}${last}\0`;
}
