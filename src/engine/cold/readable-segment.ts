import type { Segment, SegmentColumn } from "./manifest.ts";

/** A segment with what is needed to read it. */
export interface ReadableSegment {
  readonly segment: Segment;
  /** Absolute path. */
  readonly file: string;
  /** Path below the base of its storage, for messages. */
  readonly storagePath: string;
  /** What its columns are called in the file. */
  readonly columns: readonly SegmentColumn[];
}
