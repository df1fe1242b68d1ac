import type { KalamError } from "../../errors/index.ts";
import type { TableSchema } from "../catalog/table-schema.ts";
import type { DuckHost } from "../duckdb/host.ts";
import type { KeyRange } from "../query/relation.ts";
import type { Row } from "../types/column-type.ts";
import type { ReadableSegment } from "./readable-segment.ts";
import { lookupKeys } from "./segment-lookup.ts";
import { mergeSegments } from "./segment-merge.ts";
import { SegmentQueries } from "./segment-queries.ts";
import { versionsAfter } from "./segment-versions.ts";

/**
 * Rows of segments as the rest of the engine knows rows: one value a slot, of our own kinds, equal to those that the hot store
 * would give. Tombstones come too, since they say that older versions do not count. Segments are given oldest first.
 *
 * Every statement borrows a connection only until its rows are here, so whoever holds one while waiting for these rows, as a
 * statement of the analytical path would, can wait for itself: it reads segments with `liveRowsSql`.
 *
 * @throws segment_unreadable when a file is missing or damaged; cancelled, overloaded, query_memory
 */
export class SegmentReader {
  readonly #queries: SegmentQueries;

  constructor(duck: DuckHost) {
    this.#queries = new SegmentQueries(duck);
  }

  /** Files that statements have opened since the start. */
  get filesOpened(): number {
    return this.#queries.filesOpened;
  }

  /**
   * The newest version of each key among the segments that may have it; keys that none has are left out.
   *
   * @param wanted encoded keys with their candidates, oldest first
   */
  lookup(
    schema: TableSchema,
    wanted: ReadonlyMap<string, readonly ReadableSegment[]>,
    signal?: AbortSignal,
  ): Promise<Map<string, Row>> {
    return lookupKeys(this.#queries, schema, wanted, signal);
  }

  /** The newest version of each key of the range, in key order or backwards, in chunks of at most 2048 rows. */
  scan(
    schema: TableSchema,
    segments: readonly ReadableSegment[],
    range: KeyRange,
    reverse: boolean,
    signal?: AbortSignal,
  ): AsyncIterable<readonly Row[]> {
    return mergeSegments(this.#queries, schema, segments, range, reverse, signal);
  }

  /** Versions later than a `_seq`, deletions included; at most `limit` of each layout of files. */
  versionsAfter(
    schema: TableSchema,
    segments: readonly ReadableSegment[],
    seq: bigint,
    limit: number,
  ): Promise<readonly Row[]> {
    return versionsAfter(this.#queries, schema, segments, seq, limit);
  }

  /**
   * Why a statement over segments failed that others ran with `liveRowsSql`: the segment that cannot be read, by its place in the
   * storage; undefined when the segments are not the reason.
   *
   * @param segments all that the statement read, those that hide among them
   */
  explain(error: unknown, segments: readonly ReadableSegment[], signal?: AbortSignal): Promise<KalamError | undefined> {
    return this.#queries.explain(error, segments, signal);
  }
}
