import type { TableSchema } from "../catalog/table-schema.ts";
import type { KeyRange } from "../query/relation.ts";
import type { Row } from "../types/column-type.ts";
import { inRange } from "./pruning.ts";
import type { ReadableSegment } from "./readable-segment.ts";
import { SegmentCursor } from "./segment-cursor.ts";
import type { SegmentQueries } from "./segment-queries.ts";

const CHUNK_ROWS = 2048;

/** One segment of a merge: where it is in its chunk, and the key there. */
interface Run {
  readonly cursor: SegmentCursor;
  /** Greater is newer. */
  readonly age: number;
  rows: readonly Row[];
  at: number;
  key: string;
}

/**
 * The newest version of each key of the range, tombstones included, in the order of the scan: a merge of segments that opens each
 * when its first key is reached. As long as one segment is alone with its keys its rows go on as they come.
 */
export async function* mergeSegments(
  queries: SegmentQueries,
  schema: TableSchema,
  segments: readonly ReadableSegment[],
  range: KeyRange,
  reverse: boolean,
  signal: AbortSignal | undefined,
): AsyncGenerator<readonly Row[], void, undefined> {
  const isBefore = reverse ? (a: string, b: string) => a > b : (a: string, b: string) => a < b;
  const waiting = segments
    .map((readable, age) => ({ readable, age, begin: reverse ? readable.segment.lastKey : readable.segment.firstKey }))
    .filter(({ readable }) => inRange(readable.segment, range))
    .sort((a, b) => (isBefore(a.begin, b.begin) ? -1 : isBefore(b.begin, a.begin) ? 1 : 0));
  const open: Run[] = [];
  let merged: Row[] = [];

  /** Brings a run to its next row; it leaves when there is none. */
  async function advance(run: Run): Promise<void> {
    run.at += 1;
    while (run.at >= run.rows.length) {
      const rows = await run.cursor.next(signal);
      if (rows === undefined) {
        open.splice(open.indexOf(run), 1);
        return;
      }
      run.rows = rows;
      run.at = 0;
    }
    run.key = schema.keyOf(run.rows[run.at] ?? []);
  }

  for (;;) {
    let first = leading(open, isBefore);
    for (let next = waiting[0]; next !== undefined; next = waiting[0]) {
      if (first !== undefined && isBefore(first.key, next.begin)) break;
      waiting.shift();
      const cursor = new SegmentCursor(queries, schema, next.readable, range, reverse);
      const run: Run = { cursor, age: next.age, rows: [], at: 0, key: "" };
      open.push(run);
      await advance(run);
      first = leading(open, isBefore);
    }
    if (first === undefined) break;
    const alone = open.length === 1 ? rowsBefore(first, waiting[0]?.begin) : 0;
    if (alone > 0) {
      if (merged.length > 0) yield merged;
      merged = [];
      yield alone === first.rows.length ? first.rows : first.rows.slice(first.at, first.at + alone);
      first.at += alone - 1;
      await advance(first);
      continue;
    }
    merged.push(first.rows[first.at] ?? []);
    const { key } = first;
    // Taken before more is read: whoever wanted a few rows has them now.
    if (merged.length === CHUNK_ROWS) {
      yield merged;
      merged = [];
    }
    for (const run of open.filter((one) => one.key === key)) await advance(run);
  }
  if (merged.length > 0) yield merged;

  /** How many rows of the run, from where it is, come before a key. */
  function rowsBefore(run: Run, key: string | undefined): number {
    if (key === undefined) return run.rows.length - run.at;
    let low = run.at;
    let high = run.rows.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (isBefore(schema.keyOf(run.rows[middle] ?? []), key)) low = middle + 1;
      else high = middle;
    }
    return low - run.at;
  }
}

/** The run with the first key; of several with the same key the newest. */
function leading(open: readonly Run[], isBefore: (a: string, b: string) => boolean): Run | undefined {
  let first: Run | undefined;
  for (const run of open) {
    if (first === undefined || isBefore(run.key, first.key) || (run.key === first.key && run.age > first.age))
      first = run;
  }
  return first;
}
