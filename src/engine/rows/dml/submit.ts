import { KalamError } from "../../../errors/index.ts";
import { DELETED_SLOT, type TableSchema } from "../../catalog/table-schema.ts";
import type { ColdFindings } from "../../cold/cold-findings.ts";
import type { Database } from "../../database.ts";
import type { Execution } from "../../execution.ts";
import { partitionOf, requireWriteAccess } from "../../query/resolve.ts";
import { StalePlan } from "../../stale-plan.ts";
import type { Row } from "../../types/column-type.ts";
import type { Partition } from "../partition.ts";
import { isVolatile } from "../partition-cache.ts";
import { storedVersions } from "../stored-versions.ts";
import type { CommittedRows, Transaction } from "../transaction.ts";
import type { WriteTarget } from "../write-target.ts";

/** Rows that one job handles before it gives the event loop back. */
export const ROWS_PER_TURN = 1000;

export type Stage<T> = (target: WriteTarget, partition: Partition) => T | Promise<T>;

/**
 * Brings the changes of one statement to where they belong: into the transaction that is open, or through the commit pipeline.
 *
 * @param keys what `stage` will ask the target for
 * @throws StalePlan when the table is no longer what the statement was planned for
 */
export async function submitWrite<T>(
  database: Database,
  execution: Execution,
  schema: TableSchema,
  keys: readonly string[],
  stage: Stage<T>,
): Promise<T> {
  requireWriteAccess(execution, schema);
  const partition = partitionOf(database, execution, schema);
  if (execution.transaction !== undefined) {
    return stageInTransaction(database, execution.transaction, partition, keys, stage);
  }
  // What is evicted meanwhile would hear of no commits: it stays until the pipeline holds it.
  partition.pins++;
  try {
    const loading = database.cache.ready(partition);
    if (loading !== undefined) await loading;
    const found = database.cold.rows.find(partition, keys);
    const cold = found instanceof Promise ? await found : found;
    return database.pipeline.submit({
      reads: [{ partition, keys, cold }],
      prepare: (batch) => {
        requireCurrent(database, partition);
        return stage(batch, partition);
      },
    });
  } finally {
    partition.pins--;
  }
}

async function stageInTransaction<T>(
  database: Database,
  transaction: Transaction,
  partition: Partition,
  keys: readonly string[],
  stage: Stage<T>,
): Promise<T> {
  if (isVolatile(partition.schema)) {
    throw new KalamError("not_in_transaction", { what: `a write to the STREAM table ${partition.schema.fullName}` });
  }
  transaction.pin(partition);
  await database.cache.ready(partition);
  const cold = await database.cold.rows.find(partition, keys);
  requireCurrent(database, partition);
  // The statement sees the rows of this moment, also when it takes several turns and others commit in between.
  const hot =
    partition.state === "spilled" ? await fetchVersions(database, partition, keys) : residentVersions(partition);
  if (cold === undefined && partition.hasCold) throw new StalePlan(partition.schema.fullName);
  transaction.look(partition, cold === undefined ? { get: (key) => live(hot(key)) } : withCold(partition, hot, cold));
  const mark = transaction.mark();
  try {
    return await stage(transaction, partition);
  } catch (error) {
    transaction.rollback(mark);
    throw error;
  }
}

export function requireCurrent(database: Database, partition: Partition): void {
  if (!database.catalog.isCurrent(partition.schema)) throw new StalePlan(partition.schema.fullName);
}

type HotVersions = (key: string) => Row | undefined;

/** The hot versions of a partition in memory, as they are now; of deletions those that hide what a segment may have. */
function residentVersions(partition: Partition): HotVersions {
  const tree = partition.share();
  const shadows = partition.shareShadows();
  return (key) => tree.get(key) ?? shadows?.get(key);
}

/** The hot versions of a spilled partition with these keys. */
async function fetchVersions(database: Database, partition: Partition, keys: readonly string[]): Promise<HotVersions> {
  const values = await storedVersions(database.store, partition, keys);
  const rows = new Map<string, Row>();
  keys.forEach((key, index) => {
    const value = values[index];
    if (value !== undefined) rows.set(key, partition.schema.decode(value));
  });
  return (key) => rows.get(key);
}

/** @throws StalePlan from `get`, when rows moved to a segment after the segments were searched */
function withCold(partition: Partition, hot: HotVersions, cold: ColdFindings): CommittedRows {
  const { manifest } = partition;
  return {
    get: (key) => {
      const version = hot(key);
      if (version !== undefined) return live(version);
      if (!cold.covers(manifest, key)) throw new StalePlan(partition.schema.fullName);
      return live(cold.version(key));
    },
  };
}

function live(version: Row | undefined): Row | undefined {
  return version === undefined || version[DELETED_SLOT] === true ? undefined : version;
}
