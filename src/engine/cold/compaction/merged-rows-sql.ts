import type { TableSchema } from "../../catalog/table-schema.ts";
import { quoteName } from "../../duckdb/constants.ts";
import { readParquet } from "../parquet-files.ts";
import { overlap } from "../pruning.ts";
import type { ReadableSegment } from "../readable-segment.ts";
import { byLayout } from "../segment-layout.ts";
import { withoutHidden } from "../segment-sql.ts";
import { stagedColumns } from "../segment-staging.ts";

/**
 * The newest version of each key among neighbouring segments, deletions included, sorted by key, with the columns of the table as they
 * are now: what becomes of these segments when they are merged. For a FROM clause.
 *
 * @param segments oldest first
 * @param expiry deletions with a smaller `_seq` are left out; undefined where there may be something for them to hide
 */
export function mergedRowsSql(
  schema: TableSchema,
  segments: readonly ReadableSegment[],
  expiry: bigint | undefined,
): string {
  const byKey = [...segments].sort((a, b) => (a.segment.firstKey < b.segment.firstKey ? -1 : 1));
  const hiding = segments.filter(({ segment }) => segment.hides);
  const groups = byLayout(schema, byKey);
  const branches = groups.map((group) => {
    const columns = stagedColumns(schema).map(({ name, slot }) => `${group.layout.slot(slot)} AS ${quoteName(name)}`);
    const kept = expiry === undefined ? "" : ` WHERE NOT f."_deleted" OR f."_seq" >= ${expiry}`;
    const hidden = withoutHidden(schema, group, hiding, {});
    return `SELECT ${columns.join(", ")} FROM ${readParquet(group.segments)} AS f${hidden}${kept}`;
  });
  // One scan of files that follow each other is sorted already.
  const follow = byKey.every(
    (one, at) => at === 0 || !overlap((byKey[at - 1] as ReadableSegment).segment, one.segment),
  );
  const sorted = follow && groups.length === 1 && hiding.length === 0;
  const keys = keyColumns(schema).map((column) => `m.${column}`);
  const order = sorted ? "" : ` ORDER BY ${keys.join(", ")}`;
  return `(SELECT * FROM (${branches.join(" UNION ALL ")}) AS m${order})`;
}

/** The columns of the key as a file that is written now calls them. */
export function keyColumns(schema: TableSchema): string[] {
  const names = new Map(stagedColumns(schema).map(({ name, slot }) => [slot, quoteName(name)]));
  return schema.keySlots.map((slot) => names.get(slot) as string);
}
