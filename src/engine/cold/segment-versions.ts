import type { TableSchema } from "../catalog/table-schema.ts";
import type { Row } from "../types/column-type.ts";
import { readParquet } from "./parquet-files.ts";
import type { ReadableSegment } from "./readable-segment.ts";
import { byLayout } from "./segment-layout.ts";
import { slotsOf } from "./segment-lookup.ts";
import type { SegmentQueries } from "./segment-queries.ts";

/**
 * All versions in the segments that are later than a `_seq`, deletions included, in no order. At most `limit` of each layout: whoever
 * gets as many has not got all.
 */
export async function versionsAfter(
  queries: SegmentQueries,
  schema: TableSchema,
  segments: readonly ReadableSegment[],
  seq: bigint,
  limit: number,
): Promise<Row[]> {
  const rows: Row[] = [];
  const outputs = slotsOf(schema);
  for (const { layout, segments: together } of byLayout(schema, segments)) {
    const select = outputs.map(({ slot }) => layout.slot(slot)).join(", ");
    const sql = `SELECT ${select} FROM ${readParquet(together)} AS f WHERE f."_seq" > ${seq} LIMIT ${limit}`;
    const query = { sql, segments: together, outputs, slotCount: schema.slotCount };
    for (const chunk of await queries.read(query, undefined)) rows.push(...chunk);
  }
  return rows;
}
