import { SEQ_SLOT } from "../../catalog/table-schema.ts";
import type { Row } from "../../types/column-type.ts";
import type { Partition } from "../partition.ts";
import type { WriteTarget } from "../write-target.ts";

/**
 * Streams are kept in memory alone, so each partition holds at most `maximum` rows: the oldest make room for new ones before
 * their time has come. Looking for them costs a pass over the partition, so a tenth of it goes at once.
 */
export function makeRoom(target: WriteTarget, partition: Partition, maximum: number, added: number): void {
  if (partition.rowCount + added <= maximum) return;
  const rows: { key: string; row: Row }[] = [];
  for (const [key, row] of partition.entries()) if (target.get(partition, key) === row) rows.push({ key, row });
  const surplus = Math.min(rows.length, rows.length + added - maximum + Math.floor(maximum / 10));
  rows.sort((a, b) => ((a.row[SEQ_SLOT] as bigint) < (b.row[SEQ_SLOT] as bigint) ? -1 : 1));
  for (const { key, row } of rows.slice(0, surplus)) target.expire(partition, key, row);
}
