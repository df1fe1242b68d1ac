import { KalamError } from "../../errors/index.ts";
import { SNOWFLAKE_EPOCH_MS } from "../../runtime/snowflake.ts";
import type { Database } from "../database.ts";
import type { Partition } from "../rows/partition.ts";
import type { Row } from "../types/column-type.ts";
import type { LiveOptions } from "./contract.ts";
import type { LiveQuery } from "./live-query.ts";
import { PagedSnapshot, pagesOf } from "./paged-snapshot.ts";
import { isAllInMemory, queryRows, rowsInMemory, type SeqRange } from "./partition-rows.ts";
import { readyPartition, retrying } from "./ready-partition.ts";
import { versionsSince } from "./resume.ts";
import { NoSnapshot, type Snapshot, type SnapshotEntry } from "./snapshot.ts";

const DEFAULT_BATCH_ROWS = 1000;
/** However many rows a client asks for at once. */
const MAX_BATCH_ROWS = 10_000;

/**
 * Takes the rows of a partition as they are in this turn. What is in memory is chosen at once, in later turns, from what was there
 * now; the rest is read batch by batch up to the `_seq` of now, and what is written over meanwhile comes as a change.
 *
 * @param partition ready
 * @throws KalamError `live_query_unsupported`, `must_resnapshot`
 */
export function beginSnapshot(
  database: Database,
  partition: Partition,
  query: LiveQuery,
  options: LiveOptions | undefined,
): Snapshot {
  if (options === undefined || options.batchSize === 0) return new NoSnapshot();
  const batchSize = checkedBatchSize(options);
  const project = projectionOf(query);
  const all = (entries: Promise<readonly SnapshotEntry[]>): Snapshot =>
    new PagedSnapshot(pagesOf(entries, batchSize, project));
  const range = rangeOf(database, options);
  const { from, lastRows } = options;
  if (from !== undefined && from > 0n) return all(versionsSince(database, partition, query, range));
  if (isAllInMemory(partition)) {
    const rows = rowsInMemory(database, partition, query, range);
    return all(lastRows === undefined ? rows : rows.then((found) => newest(found, lastRows)));
  }
  if (lastRows !== undefined) return all(queryRows(database, partition, query, range, lastRows, true));
  return new PagedSnapshot({
    read: (above, limit) => readPage(database, partition, query, { ...range, above }, limit),
    project,
    pageSize: batchSize,
    batchSize,
    above: range.above,
  });
}

/** @throws KalamError `live_query_unsupported` */
export function checkedBatchSize({ batchSize, lastRows, from }: LiveOptions): number {
  const size = Math.min(batchSize ?? DEFAULT_BATCH_ROWS, MAX_BATCH_ROWS);
  if (lastRows === undefined || lastRows <= size || from !== undefined) return size;
  const reason = `last_rows (${lastRows}) cannot exceed batch_size (${size}); paginated last_rows replay is not supported`;
  throw new KalamError("live_query_unsupported", { reason });
}

export function projectionOf(query: LiveQuery): (entry: SnapshotEntry) => Row {
  return ({ row, gone, user }) => (gone ? query.projectGone(row, user) : query.project(row, user));
}

/** What the options mean now: nothing that will be told as a change. */
export function rangeOf({ pipeline }: Database, { from, until, since }: LiveOptions): SeqRange {
  const { lastSeq } = pipeline.feed;
  const above = from ?? (since === undefined ? -1n : seqBefore(since));
  return { above, upTo: until === undefined || until > lastSeq ? lastSeq : until };
}

export function newest<T>(entries: readonly T[], count: number): readonly T[] {
  return entries.slice(Math.max(0, entries.length - count));
}

/** A page as the partition is now; it may have left the cache, or been altered, since the subscription began. */
function readPage(
  database: Database,
  { user, schema }: Partition,
  query: LiveQuery,
  range: SeqRange,
  limit: number,
): Promise<SnapshotEntry[]> {
  return retrying(async () => queryRows(database, await readyPartition(database, schema, user), query, range, limit));
}

/** The greatest `_seq` that can have been given out before a moment. @param micros since 1970 */
function seqBefore(micros: bigint): bigint {
  const millis = micros / 1000n - BigInt(SNOWFLAKE_EPOCH_MS);
  return millis <= 0n ? -1n : (millis << 22n) - 1n;
}
