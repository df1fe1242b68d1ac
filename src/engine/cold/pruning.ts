import { columnSlot, SEQ_SLOT, type TableSchema } from "../catalog/table-schema.ts";
import type { ColumnComparison, KeyRange, RowBounds } from "../query/relation.ts";
import { type ColumnType, compareValues, Decimal, parseText, type Value } from "../types/index.ts";
import type { ColumnStats, Segment } from "./manifest.ts";
import type { ReadableSegment } from "./readable-segment.ts";

type KeySpan = Pick<Segment, "firstKey" | "lastKey">;

/** Whether the segment can have keys of the range. */
export function inRange(segment: KeySpan, range: KeyRange): boolean {
  if (range.start !== undefined && segment.lastKey < range.start) return false;
  return range.end === undefined || segment.firstKey < range.end;
}

/** Whether all keys of the segment lie in the range. */
export function isWithin(segment: KeySpan, range: KeyRange): boolean {
  if (range.start !== undefined && segment.firstKey < range.start) return false;
  return range.end === undefined || segment.lastKey < range.end;
}

/** Whether the two segments can have a key in common. */
export function overlap(a: KeySpan, b: KeySpan): boolean {
  return a.firstKey <= b.lastKey && b.firstKey <= a.lastKey;
}

/** Whether the segment can have the key. */
export function mayHoldKey(segment: KeySpan, key: string): boolean {
  return segment.firstKey <= key && key <= segment.lastKey;
}

/** What a query over a partition has to read. */
export interface PrunedSegments {
  /** Those that can have live rows which are asked for. */
  readonly segments: readonly ReadableSegment[];
  /**
   * Those with versions that may hide rows of `segments`. Only the range of keys counts here: a newer version hides an older one
   * just when its own values are others than those asked for.
   */
  readonly hiding: readonly ReadableSegment[];
}

/** @param all oldest first */
export function pruneSegments(
  schema: TableSchema,
  all: readonly ReadableSegment[],
  { range, comparisons }: RowBounds,
): PrunedSegments {
  const near = all.filter(({ segment }) => inRange(segment, range));
  const segments = near.filter(
    (one) => hasLiveRows(one) && comparisons.every((comparison) => mayMatch(schema, one, comparison)),
  );
  const hiding = near.filter((newer) => newer.segment.hides && segments.some((older) => mayHide(schema, newer, older)));
  return { segments, hiding };
}

/** Whether a version in `newer` can be the reason why one in `older` does not count. */
export function mayHide(schema: TableSchema, newer: ReadableSegment, older: ReadableSegment): boolean {
  if (newer.file === older.file || !overlap(newer.segment, older.segment)) return false;
  return isKeyless(schema) ? newer.segment.deletedCount > 0 : newer.segment.maxSeq > older.segment.minSeq;
}

/** Whether the rows of the table are keyed by `_seq`. */
export function isKeyless(schema: TableSchema): boolean {
  return schema.definition.primaryKey.length === 0;
}

function hasLiveRows({ segment }: ReadableSegment): boolean {
  return segment.rowCount > segment.deletedCount;
}

/** Whether a live row of the segment can meet the comparison; a row whose value is NULL meets none but `is null`. */
export function mayMatch(
  schema: TableSchema,
  { segment, columns }: ReadableSegment,
  comparison: ColumnComparison,
): boolean {
  if (comparison.slot === SEQ_SLOT) {
    const span = { min: segment.minSeq, max: segment.maxSeq, nullCount: 0 };
    return matchesSpan({ kind: "bigint" }, span, false, comparison);
  }
  const column = schema.definition.columns.find((candidate) => columnSlot(candidate) === comparison.slot);
  if (column === undefined) return true;
  const stored = columns.find(({ id }) => id === column.id);
  if (stored === undefined) {
    const value = column.missing === undefined ? null : parseText(column.missing, column.type);
    return matchesSpan(column.type, { min: value, max: value, nullCount: value === null ? 1 : 0 }, false, comparison);
  }
  const stats = segment.columnStats.get(column.id);
  if (stats === undefined) return true;
  const liveRows = segment.rowCount - segment.deletedCount;
  const widened = {
    min: widen(stats.min, column.type),
    max: widen(stats.max, column.type),
    nullCount: stats.nullCount,
  };
  return matchesSpan(column.type, widened, stats.nullCount < liveRows && stats.min === null, comparison);
}

/** @param unknown there are values, but nobody knows between which they lie */
function matchesSpan(
  type: ColumnType,
  { min, max, nullCount }: ColumnStats,
  unknown: boolean,
  { operator, values }: ColumnComparison,
): boolean {
  if (operator === "is null") return nullCount > 0;
  if (unknown) return true;
  if (min === null || max === null) return false;
  if (operator === "is not null") return true;
  const compare = compareValues(type);
  const holds = (value: Value): boolean => value !== null && compare(min, value) <= 0 && compare(value, max) <= 0;
  const [first = null, second = null] = values;
  if (operator === "in") return values.some(holds);
  if (first === null) return false;
  switch (operator) {
    case "=":
      return holds(first);
    case "<":
      return compare(min, first) < 0;
    case "<=":
      return compare(min, first) <= 0;
    case ">":
      return compare(max, first) > 0;
    case ">=":
      return compare(max, first) >= 0;
    case "between":
      return second !== null && compare(min, second) <= 0 && compare(max, first) >= 0;
  }
}

/** A value of a column as the column holds it since it was widened. */
function widen(value: Value, type: ColumnType): Value {
  if (typeof value === "number" && type.kind === "bigint") return BigInt(value);
  if (typeof value === "number" && type.kind === "decimal") return new Decimal(BigInt(value), 0);
  if (typeof value === "bigint" && type.kind === "decimal") return new Decimal(value, 0);
  return value;
}
