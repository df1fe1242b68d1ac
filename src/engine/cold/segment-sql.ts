import type { TableSchema } from "../catalog/table-schema.ts";
import { duckType } from "../duckdb/duck-type.ts";
import type { KeyRange, RelationColumn } from "../query/relation.ts";
import { keyRangeSql } from "./key-range-sql.ts";
import { readParquet } from "./parquet-files.ts";
import { isKeyless, isWithin, mayHide } from "./pruning.ts";
import type { ReadableSegment } from "./readable-segment.ts";
import { byLayout, type LayoutGroup, type SegmentLayout } from "./segment-layout.ts";

export interface ColdColumn {
  /** What the column is called in the answer: unquoted, made by us. */
  readonly name: string;
  readonly column: RelationColumn;
}

export interface LiveRowsRequest {
  readonly schema: TableSchema;
  /** Those that can have rows that are asked for. */
  readonly segments: readonly ReadableSegment[];
  /** Those whose versions may hide some of `segments`, of the same range of keys. Any of these may be among them. */
  readonly hiding: readonly ReadableSegment[];
  readonly columns: readonly ColdColumn[];
  readonly range: KeyRange;
  /** Text of a relation with the columns k0, k1, …: keys of which the hot store has a newer version. */
  readonly hotShadows: string | undefined;
}

/**
 * The rows of segments that live, as a sub-select for a FROM clause: the newest version of each key, unless that is a tombstone or
 * the hot store has a newer one. Without columns it gives `k_row`, so that rows can be counted.
 *
 * Where nothing can be hidden this is no more than the scan itself, and DuckDB brings projection and filters into it:
 *
 *     per layout   segments that nothing hides in    SELECT … FROM read_parquet([…])
 *                  those with tombstones             … WHERE NOT _deleted
 *                  those that newer ones overlap     … ANTI JOIN versions of segments that hide, with a greater _seq
 *
 * In a table without a primary key the key is `_seq` itself and a row has no newer version but its tombstone, which is stored under
 * the row's own `_seq`.
 */
export function liveRowsSql(request: LiveRowsRequest): string {
  const { schema, hiding } = request;
  const live = request.segments.filter(({ segment }) => segment.rowCount > segment.deletedCount);
  const plain: ReadableSegment[] = [];
  const checked: ReadableSegment[] = [];
  const hidden: ReadableSegment[] = [];
  for (const one of live) {
    if (hiding.some((other) => mayHide(schema, other, one))) hidden.push(one);
    else if (one.segment.deletedCount > 0) checked.push(one);
    else plain.push(one);
  }
  const branches = [
    ...byLayout(schema, plain).map((group) => branch(request, group.layout, group.segments, "")),
    ...byLayout(schema, checked).map((group) => branch(request, group.layout, group.segments, "")),
    ...byLayout(schema, hidden).map((group) =>
      branch(request, group.layout, group.segments, withoutHidden(schema, group, hiding, request.range)),
    ),
  ];
  return `(${branches.length === 0 ? nothing(request.columns) : branches.join(" UNION ALL ")})`;
}

function branch(
  { columns, range, hotShadows }: LiveRowsRequest,
  layout: SegmentLayout,
  segments: readonly ReadableSegment[],
  withoutHidden: string,
): string {
  const outputs = columns.map(({ name, column }) => `${layout.slot(column.slot)} AS "${name}"`);
  const shadows = hotShadows === undefined ? "" : ` ANTI JOIN ${hotShadows} AS s ON ${sameKey(layout, "s")}`;
  const conditions = segments.some(({ segment }) => segment.deletedCount > 0) ? ['NOT f."_deleted"'] : [];
  const bounds = segments.every(({ segment }) => isWithin(segment, range))
    ? undefined
    : keyRangeSql(layout.keyParts, range);
  if (bounds !== undefined) conditions.push(bounds);
  const where = conditions.length === 0 ? "" : ` WHERE ${conditions.join(" AND ")}`;
  const list = outputs.length === 0 ? 'TRUE AS "k_row"' : outputs.join(", ");
  return `SELECT ${list} FROM ${readParquet(segments)} AS f${shadows}${withoutHidden}${where}`;
}

function sameKey({ keyParts }: SegmentLayout, alias: string): string {
  return keyParts.map(({ sql }, at) => `${sql} = ${alias}.k${at}`).join(" AND ");
}

/** What to put behind the scan `f` of a group, so that versions are left out that newer ones in `hiding` hide. */
export function withoutHidden(
  schema: TableSchema,
  { layout, segments }: LayoutGroup,
  hiding: readonly ReadableSegment[],
  range: KeyRange,
): string {
  const relevant = hiding.filter((one) => segments.some((other) => mayHide(schema, one, other)));
  if (relevant.length === 0) return "";
  const later = isKeyless(schema) ? 'NOT f."_deleted"' : 'h.seq > f."_seq"';
  return ` ANTI JOIN ${versionsOf(schema, relevant, range)} AS h ON ${sameKey(layout, "h")} AND ${later}`;
}

/** The keys and `_seq` of versions that may hide others. */
function versionsOf(schema: TableSchema, hiding: readonly ReadableSegment[], range: KeyRange): string {
  const branches = byLayout(schema, hiding).map(({ layout, segments }) => {
    const keys = layout.keyParts.map(({ sql }, at) => `${sql} AS k${at}`);
    const bounds = keyRangeSql(layout.keyParts, range);
    const conditions = [...(isKeyless(schema) ? ['f."_deleted"'] : []), ...(bounds === undefined ? [] : [bounds])];
    const where = conditions.length === 0 ? "" : ` WHERE ${conditions.join(" AND ")}`;
    return `SELECT ${keys.join(", ")}, f."_seq" AS seq FROM ${readParquet(segments)} AS f${where}`;
  });
  return `(${branches.join(" UNION ALL ")})`;
}

function nothing(columns: readonly ColdColumn[]): string {
  const outputs = columns.map(({ name, column }) => `CAST(NULL AS ${duckType(column.type)}) AS "${name}"`);
  return `SELECT ${outputs.length === 0 ? 'TRUE AS "k_row"' : outputs.join(", ")} WHERE FALSE`;
}
