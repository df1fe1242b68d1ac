import type { KalamError } from "../../errors/index.ts";
import type { TableSchema } from "../catalog/table-schema.ts";
import type { KeyRange } from "../query/relation.ts";
import type { Partition } from "../rows/partition.ts";
import type { Storages } from "../storages/storages.ts";
import type { Row } from "../types/column-type.ts";
import { ColdFindings, NOTHING_FOUND } from "./cold-findings.ts";
import type { KeyFilter } from "./key-filter.ts";
import type { KeyFilters } from "./key-filters.ts";
import type { Manifest, Segment } from "./manifest.ts";
import { inRange } from "./pruning.ts";
import type { ReadableSegment } from "./readable-segment.ts";
import type { FileHold, SegmentFiles } from "./segment-files.ts";
import type { SegmentReader } from "./segment-reader.ts";

/** Reads what is cold of a partition, for statements. Files that are being read are held, so that nobody deletes them. */
export class ColdRows {
  readonly #reader: SegmentReader;
  readonly #filters: KeyFilters;
  readonly #storages: Storages;
  readonly files: SegmentFiles;

  constructor(reader: SegmentReader, filters: KeyFilters, storages: Storages, files: SegmentFiles) {
    this.#reader = reader;
    this.#filters = filters;
    this.#storages = storages;
    this.files = files;
  }

  /** Files that key lookups and scans by key have opened since the start. */
  get filesOpened(): number {
    return this.#reader.filesOpened;
  }

  /**
   * What segments have of those keys that are not hot. Synchronous where no segment can have one of them, which is the case of
   * every new row whose key grows.
   *
   * @param partition ready
   * @returns undefined when nothing of the partition is cold
   */
  find(partition: Partition, keys: readonly string[]): ColdFindings | undefined | Promise<ColdFindings> {
    if (!partition.hasCold) return undefined;
    const { manifest } = partition;
    const candidates = new Map<string, readonly Segment[]>();
    for (const key of keys) {
      if (partition.inMemory && (partition.get(key) ?? partition.shadow(key)) !== undefined) continue;
      const segments = manifest.segments.filter(({ firstKey, lastKey }) => firstKey <= key && key <= lastKey);
      if (segments.length > 0) candidates.set(key, segments);
    }
    return candidates.size === 0 ? NOTHING_FOUND : this.#search(partition, manifest, candidates);
  }

  async #search(
    partition: Partition,
    manifest: Manifest,
    candidates: ReadonlyMap<string, readonly Segment[]>,
  ): Promise<ColdFindings> {
    const hold = this.files.hold(this.readable(manifest, manifest.segments));
    try {
      const filters = await this.#filtersOf(partition.prefix, candidates);
      const wanted = new Map<string, readonly ReadableSegment[]>();
      for (const [key, segments] of candidates) {
        const likely = segments.filter((segment) => filters.get(segment)?.mayContain(key) !== false);
        if (likely.length > 0) wanted.set(key, this.readable(manifest, likely));
      }
      const found = wanted.size === 0 ? new Map<string, Row>() : await this.#reader.lookup(partition.schema, wanted);
      return new ColdFindings(found, new Set(candidates.keys()), manifest.segments);
    } finally {
      hold.release();
    }
  }

  async #filtersOf(
    prefix: string,
    candidates: ReadonlyMap<string, readonly Segment[]>,
  ): Promise<ReadonlyMap<Segment, KeyFilter>> {
    const filters = new Map<Segment, KeyFilter>();
    for (const segments of candidates.values()) {
      for (const segment of segments) {
        if (filters.has(segment)) continue;
        const filter = this.#filters.get(prefix, segment);
        const known = filter instanceof Promise ? await filter : filter;
        if (known !== undefined) filters.set(segment, known);
      }
    }
    return filters;
  }

  /**
   * Versions in the segments of a manifest that are later than a `_seq`, deletions included. The files are held from now on.
   * @param limit how many are of use; whoever gets as many has not got all
   */
  async versionsAfter(schema: TableSchema, manifest: Manifest, seq: bigint, limit: number): Promise<readonly Row[]> {
    const later = manifest.segments.filter(({ maxSeq }) => maxSeq > seq);
    if (later.length === 0) return [];
    const segments = this.readable(manifest, later);
    const hold = this.files.hold(segments);
    try {
      return await this.#reader.versionsAfter(schema, segments, seq, limit);
    } finally {
      hold.release();
    }
  }

  /** Segments of a manifest that can have rows of the range. */
  within(manifest: Manifest, range: KeyRange): readonly ReadableSegment[] {
    return this.readable(
      manifest,
      manifest.segments.filter((segment) => inRange(segment, range)),
    );
  }

  readable(manifest: Manifest, segments: readonly Segment[]): readonly ReadableSegment[] {
    if (segments.length === 0) return [];
    const store = this.#storages.store(manifest.storageId);
    return segments.map((segment) => ({
      segment,
      file: store.localFile(`${manifest.folder}/${segment.path}`),
      storagePath: `${manifest.folder}/${segment.path}`,
      columns: manifest.layouts.get(segment.schemaVersion) ?? [],
    }));
  }

  /** Says which of the segments is to blame for an error of DuckDB's, if one is. */
  explain(error: unknown, segments: readonly ReadableSegment[]): Promise<KalamError | undefined> {
    return this.#reader.explain(error, segments);
  }

  /** Newest version of each key in the segments, deletions included, in key order. The files are held from now on. */
  scan(
    schema: TableSchema,
    segments: readonly ReadableSegment[],
    range: KeyRange,
    reverse: boolean,
  ): AsyncGenerator<readonly Row[], void, undefined> {
    return held(this.files.hold(segments), this.#reader.scan(schema, segments, range, reverse));
  }
}

async function* held(
  hold: FileHold,
  rows: AsyncIterable<readonly Row[]>,
): AsyncGenerator<readonly Row[], void, undefined> {
  try {
    yield* rows;
  } finally {
    hold.release();
  }
}
