import { KalamError } from "../../errors/index.ts";
import { SNOWFLAKE_EPOCH_MS } from "../../runtime/snowflake.ts";
import { SEQ_SLOT } from "../catalog/table-schema.ts";
import type { Database } from "../database.ts";
import { visibility } from "../query/resolve.ts";
import type { Partition } from "../rows/partition.ts";
import { TableRelation } from "../rows/table-relation.ts";
import type { Row } from "../types/column-type.ts";
import type { LiveOptions } from "./contract.ts";
import type { LiveQuery } from "./live-query.ts";
import { RowSnapshot, type SnapshotEntry } from "./row-snapshot.ts";
import { NoSnapshot, type Snapshot } from "./snapshot.ts";

const DEFAULT_BATCH_ROWS = 1000;
/** However many rows a client asks for at once. */
const MAX_BATCH_ROWS = 10_000;
const ROWS_PER_TURN = 4096;

function checkOptions({ batchSize, lastRows }: LiveOptions): void {
  const maximum = Math.min(batchSize ?? DEFAULT_BATCH_ROWS, MAX_BATCH_ROWS);
  if (lastRows === undefined || lastRows <= maximum) return;
  const reason = `last_rows (${lastRows}) cannot exceed batch_size (${maximum}); paginated last_rows replay is not supported`;
  throw new KalamError("live_query_unsupported", { reason });
}

/**
 * Takes the rows of a partition as they are in this turn, which they are chosen from in later ones.
 *
 * @param partition ready
 * @throws KalamError `live_query_unsupported`
 */
export function beginSnapshot(
  database: Database,
  partition: Partition,
  query: LiveQuery,
  options: LiveOptions | undefined,
): Snapshot {
  if (options === undefined || options.batchSize === 0) return new NoSnapshot();
  checkOptions(options);
  const relation = new TableRelation(
    partition,
    database.store,
    database.cold.rows,
    undefined,
    visibility(database, partition),
  );
  const rows = chosen(relation.scan({}, false), query, options, database);
  const entries = rows.then((all) => all.map((row): SnapshotEntry => ({ row, gone: false, user: partition.user })));
  const batchSize = Math.min(options.batchSize ?? DEFAULT_BATCH_ROWS, MAX_BATCH_ROWS);
  return new RowSnapshot(entries, batchSize, ({ row, user }) => query.project(row, user));
}

async function chosen(
  rows: Iterable<readonly Row[]> | AsyncIterable<readonly Row[]>,
  query: LiveQuery,
  { from, until, since, lastRows }: LiveOptions,
  { runtime }: Database,
): Promise<readonly Row[]> {
  const found: Row[] = [];
  let read = 0;
  const above = greater(from, since === undefined ? undefined : seqBefore(since));
  for await (const chunk of rows) {
    for (const row of chunk) {
      const seq = row[SEQ_SLOT] as bigint;
      if ((above === undefined || seq > above) && (until === undefined || seq <= until) && query.matches(row)) {
        found.push(row);
      }
    }
    read += chunk.length;
    if (read < ROWS_PER_TURN) continue;
    read = 0;
    await runtime.timers.yield();
  }
  found.sort((a, b) => ((a[SEQ_SLOT] as bigint) < (b[SEQ_SLOT] as bigint) ? -1 : 1));
  return lastRows === undefined ? found : found.slice(Math.max(0, found.length - lastRows));
}

function greater(a: bigint | undefined, b: bigint | undefined): bigint | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return a > b ? a : b;
}

/** The greatest `_seq` that can have been given out before a moment. @param micros since 1970 */
function seqBefore(micros: bigint): bigint {
  const millis = micros / 1000n - BigInt(SNOWFLAKE_EPOCH_MS);
  return millis <= 0n ? 0n : (millis << 22n) - 1n;
}
