import type { ColumnType, Value } from "../types/column-type.ts";

/**
 * What is cold of one partition (one user's rows of a table, or a shared table): the list of its segments.
 *
 * The hot store keeps the manifest that counts; a commit that changes it is atomic with the removal of the rows that moved.
 * `manifest.json` beside the segments is a copy for people and tools. Immutable: a change makes a new object.
 */
export interface Manifest {
  readonly tableId: number;
  /** Empty for a shared table. */
  readonly user: string;
  /** Grows by one with every change; 0 is the manifest of a partition that was never flushed. */
  readonly version: number;
  readonly storageId: string;
  /** Folder of the partition below the base of the storage, as it was when the first segment was written: `app/messages/alice`. */
  readonly folder: string;
  /** Number of the next segment: its file will be `batch-<n>.parquet`. Never used again, also when writing it failed. */
  readonly nextSegment: number;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  readonly updatedAt: number;
  /** What the columns were called, and were, when segments of a schema version were written. */
  readonly layouts: ReadonlyMap<number, readonly SegmentColumn[]>;
  /** Oldest first: of two segments that hold the same key, the later one has the newer version. */
  readonly segments: readonly Segment[];
}

/** A column of a Parquet file. `_seq` and `_deleted` are in every file and not listed. */
export interface SegmentColumn {
  /** The column's id in its table, which survives renaming. */
  readonly id: number;
  readonly name: string;
  readonly type: ColumnType;
}

/** One immutable Parquet file: the newest version of each of its keys when it was written, sorted by encoded key. */
export interface Segment {
  /** File name inside the folder of the partition. */
  readonly path: string;
  readonly schemaVersion: number;
  readonly minSeq: bigint;
  readonly maxSeq: bigint;
  /** Row versions in the file, tombstones included. */
  readonly rowCount: number;
  /** How many of them are tombstones (`_deleted`). */
  readonly deletedCount: number;
  /** Whether a version in this file may hide an older version of the same key in an earlier segment. */
  readonly hides: boolean;
  readonly sizeBytes: number;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  /** Encoded keys (see `rows/key-codec.ts`), both inclusive. */
  readonly firstKey: string;
  readonly lastKey: string;
  /** By column id; of columns whose values have an order. Tombstones are not counted. */
  readonly columnStats: ReadonlyMap<number, ColumnStats>;
}

export interface ColumnStats {
  /** Null when every value is NULL.. */
  readonly min: Value;
  readonly max: Value;
  readonly nullCount: number;
}
