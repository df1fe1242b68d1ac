import type { Timers } from "../../runtime/timers.ts";
import type { TableSchema } from "../catalog/table-schema.ts";
import type { ReadableSegment } from "../cold/readable-segment.ts";
import type { FileHold } from "../cold/segment-files.ts";
import type { SecondaryIndex } from "../rows/indexes/secondary-index.ts";
import type { ResultType, Row, Value } from "../types/column-type.ts";

/** A column as a query sees it. */
export interface RelationColumn {
  readonly name: string;
  readonly type: ResultType;
  /** Index into the rows of the relation. */
  readonly slot: number;
  /** Left out of `SELECT *`: `_seq` and `_deleted`. */
  readonly hidden: boolean;
  readonly notNull?: boolean;
}

/** The shape of what stands in a FROM clause. */
export interface RelationShape {
  /** `namespace.table`, for messages. */
  readonly name: string;
  /** In declared order. */
  readonly columns: readonly RelationColumn[];
  /** Slots of the key, in key order; empty when there is none. Rows come in the order of the key. */
  readonly keySlots: readonly number[];
}

/** Bounds on the encoded key, as latin-1 strings of key bytes. */
export interface KeyRange {
  /** Inclusive; undefined is the beginning. */
  readonly start?: string;
  /** Exclusive; undefined is the end. */
  readonly end?: string;
}

/** One ANDed part of a condition: a column of a relation against constants of the column's type. */
export interface ColumnComparison {
  /** Slot of the column in the rows of its relation. */
  readonly slot: number;
  readonly operator: "=" | "<" | "<=" | ">" | ">=" | "in" | "between" | "is null" | "is not null";
  /** One; for `in` the alternatives, for `between` both ends; none for NULL tests. */
  readonly values: readonly Value[];
}

/** What holds for all rows that a reader asks for. Others may be given to it as well. */
export interface RowBounds {
  readonly range: KeyRange;
  readonly comparisons: readonly ColumnComparison[];
}

/** What a statement wants of an index. */
export interface IndexRead {
  readonly index: SecondaryIndex;
  /** Of entries, ascending; they do not overlap. */
  readonly ranges: readonly KeyRange[];
  /** What every row asked for meets, for telling which segments cannot have any. */
  readonly comparisons: readonly ColumnComparison[];
  /**
   * `key`: as `scan` gives them. `forward`, `backward`: as the index has them, the keys of equal ones ascending. `backward with
   * keys`: as the index has them, last first.
   */
  readonly order: "key" | "forward" | "backward" | "backward with keys";
  /** In the order of an index: how many rows that match are enough. */
  readonly wanted: number;
  matches(row: Row): boolean;
  readonly timers: Timers;
}

/**
 * Rows that one statement may read, at one moment. Made for one caller: it holds nothing that the caller may not see.
 * Tombstones are already left out.
 */
export interface Relation {
  readonly shape: RelationShape;
  /** A guess for planning and EXPLAIN; undefined when not known without reading. */
  readonly rowEstimate: number | undefined;
  /** Rows with exactly these keys; missing ones are left out. */
  lookup(keys: readonly string[]): readonly Row[] | Promise<readonly Row[]>;
  /**
   * Rows of the range in key order, or backwards, in chunks of some hundreds. Synchronous when the rows are in memory. The
   * rows are those of the moment that `scan` was called, however long the reading takes.
   */
  scan(range: KeyRange, reverse: boolean): Iterable<readonly Row[]> | AsyncIterable<readonly Row[]>;
  /**
   * The rows that an index leads to, as they are at this moment; undefined where `scan` is as good, or the only way.
   */
  byIndex?(read: IndexRead): readonly Row[] | undefined | Promise<readonly Row[] | undefined>;
  /** Whether rows of the range may lie in segments, where the analytical path reads them faster than `scan` does. */
  reachesCold?(range: KeyRange): boolean;
  /** The hot and the cold part at one moment, for a reader that opens segments itself; undefined when nothing is cold. */
  parts?(bounds: RowBounds): RelationParts | undefined;
}

/** A relation taken apart. Its rows are `hot`, and of the segments the newest versions that `shadows` does not hide. */
export interface RelationParts {
  readonly schema: TableSchema;
  readonly hot: Iterable<readonly Row[]> | AsyncIterable<readonly Row[]>;
  /** Hot versions, live or deletions, whose keys segments may have too; undefined when there are none. */
  readonly shadows: Iterable<readonly Row[]> | AsyncIterable<readonly Row[]> | undefined;
  /** Those that can have rows which are asked for, oldest first. */
  readonly segments: readonly ReadableSegment[];
  /** Those whose versions may hide rows of `segments`. */
  readonly hiding: readonly ReadableSegment[];
  /** Segments that the relation has. */
  readonly segmentCount: number;
  /** Keeps the files until it is released. */
  readonly hold: FileHold;
}

/** A column of a result. */
export interface ResultColumn {
  readonly name: string;
  readonly type: ResultType;
  /** The wire's flags, where the column is a table's own. */
  readonly primaryKey?: boolean;
  readonly notNull?: boolean;
}

/** Rows on their way out: all at once when few, in chunks when many. */
export type RowStream = readonly Row[] | AsyncIterable<readonly Row[]>;
