import { KalamError } from "../../errors/index.ts";
import { SNOWFLAKE_EPOCH_MS } from "../../runtime/snowflake.ts";
import { DELETED_SLOT, SEQ_SLOT, type TableSchema } from "../catalog/table-schema.ts";
import type { Database } from "../database.ts";
import type { Partition } from "../rows/partition.ts";
import { isVolatile } from "../rows/partition-cache.ts";
import { seqOfStored } from "../rows/row-codec.ts";
import { StoreScan } from "../rows/store-scan.ts";
import { streamExpiry } from "../rows/stream-expiry.ts";
import { StalePlan } from "../stale-plan.ts";
import type { Row } from "../types/column-type.ts";
import type { LiveQuery } from "./live-query.ts";
import { rowsInMemory, type SeqRange } from "./partition-rows.ts";
import { bySeq, type SnapshotEntry } from "./snapshot.ts";

const HOUR_MS = 3_600_000;

/**
 * What has become of a partition since a `_seq`: each key's newest version, as a row of the result or as one that is gone. The hot
 * store and the segments keep deletions, so they tell of those as well.
 *
 *     from ─────┼──────────────────────────────────▶ _seq
 *     a   insert│          update                     row
 *     b   insert│   delete                            gone
 *     c         │ insert            update, no match  gone
 *
 * Captures the moment of the call.
 *
 * @param partition ready
 * @throws KalamError `must_resnapshot` when deletions may have been forgotten since, or there is too much
 */
export function versionsSince(
  database: Database,
  partition: Partition,
  query: LiveQuery,
  range: SeqRange,
): Promise<SnapshotEntry[]> {
  if (partition.membership === "forgotten") throw new StalePlan(partition.schema.fullName);
  if (range.above > database.pipeline.feed.lastSeq) throw lost("nothing was written as late as that");
  if (isVolatile(partition.schema)) return streamSince(database, partition, query, range);
  requireDeletions(database, partition, range.above);
  const { schema } = partition;
  const { liveMaxResumeChanges: maximum } = database.options;
  const scan = new StoreScan(partition, database.store, database.cold.rows, undefined, {}, false);
  const cold = partition.hasCold
    ? database.cold.rows.versionsAfter(schema, partition.manifest, range.above, maximum + 1)
    : Promise.resolve([]);
  return merged(scan, cold, schema, range.above, maximum).then((versions) =>
    entriesOf(versions, query, partition, range),
  );
}

function requireDeletions({ options, runtime }: Database, { schema, hasCold }: Partition, above: bigint): void {
  if (!hasCold) return;
  const { primaryKey, deletedRetentionHours } = schema.definition;
  if (primaryKey.length === 0)
    throw lost("segments of a table without a primary key do not say when rows were deleted");
  const hours = deletedRetentionHours ?? options.deletedRetentionHours;
  const oldest = runtime.clock.now() - hours * HOUR_MS - SNOWFLAKE_EPOCH_MS;
  if (above < BigInt(Math.max(0, oldest)) << 22n) throw lost(`deletions are kept for ${hours} hours`);
}

/** Rows of streams leave nothing behind when they are deleted. */
function streamSince(
  database: Database,
  partition: Partition,
  query: LiveQuery,
  range: SeqRange,
): Promise<SnapshotEntry[]> {
  const { feed } = database.pipeline;
  const oldest = streamExpiry(partition.schema, database.runtime.clock.now());
  if (range.above < oldest) throw lost("rows that were there then have outlived their time");
  if (range.above <= feed.startSeq) throw lost("streams begin anew with the server");
  if (range.above < partition.lastRemoval) throw lost("rows of the stream were deleted since");
  return rowsInMemory(database, partition, query, range);
}

async function merged(
  scan: StoreScan,
  cold: Promise<readonly Row[]>,
  schema: TableSchema,
  above: bigint,
  maximum: number,
): Promise<ReadonlyMap<string, Row>> {
  const newest = new Map<string, Row>();
  const note = (key: string, row: Row): void => {
    newest.set(key, row);
    if (newest.size > maximum) throw lost(`more than ${maximum} rows have changed since`);
  };
  for (const row of await cold) {
    const key = schema.keyOf(row);
    const known = newest.get(key);
    if (known === undefined || (known[SEQ_SLOT] as bigint) < (row[SEQ_SLOT] as bigint)) note(key, row);
  }
  for await (const chunk of scan.versions((stored) => seqOfStored(stored) > above)) {
    for (const [key, row] of chunk) if ((row[SEQ_SLOT] as bigint) > above) note(key, row);
  }
  return newest;
}

function entriesOf(
  versions: ReadonlyMap<string, Row>,
  query: LiveQuery,
  { schema, user }: Partition,
  { upTo }: SeqRange,
): SnapshotEntry[] {
  const entries: SnapshotEntry[] = [];
  for (const [key, row] of versions) {
    const seq = row[SEQ_SLOT] as bigint;
    if (seq > upTo) continue;
    const there = row[DELETED_SLOT] !== true && query.matches(row);
    entries.push({ seq, row: there ? row : schema.withKey(key, row), gone: !there, user });
  }
  return entries.sort(bySeq);
}

function lost(reason: string): KalamError {
  return new KalamError("must_resnapshot", { reason });
}
