import { KalamError } from "../../../errors/index.ts";
import { DELETED_SLOT, type TableSchema } from "../../catalog/table-schema.ts";
import type { Database } from "../../database.ts";
import type { Execution } from "../../execution.ts";
import { partitionOf, requireWriteAccess } from "../../query/resolve.ts";
import { StalePlan } from "../../stale-plan.ts";
import type { Row } from "../../types/column-type.ts";
import type { Partition } from "../partition.ts";
import { isVolatile } from "../partition-cache.ts";
import { toBuffer } from "../store-keys.ts";
import type { Transaction } from "../transaction.ts";
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
  return database.pipeline.submit({
    reads: [{ partition, keys }],
    prepare: (batch) => {
      requireCurrent(database, partition);
      return stage(batch, partition);
    },
  });
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
  requireCurrent(database, partition);
  // The statement sees the rows of this moment, also when it takes several turns and others commit in between.
  transaction.look(
    partition,
    partition.state === "spilled" ? await fetchRows(database, partition, keys) : partition.share(),
  );
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

/** The live rows of a spilled partition with these keys. */
async function fetchRows(
  database: Database,
  partition: Partition,
  keys: readonly string[],
): Promise<ReadonlyMap<string, Row | undefined>> {
  const values = await database.store.get(keys.map((key) => toBuffer(partition.prefix + key)));
  const rows = new Map<string, Row | undefined>();
  keys.forEach((key, index) => {
    const value = values[index];
    const row = value === undefined ? undefined : partition.schema.decode(value);
    rows.set(key, row?.[DELETED_SLOT] === true ? undefined : row);
  });
  return rows;
}
