import type { Row } from "../types/column-type.ts";
import type { LiveBatch } from "./contract.ts";

/** The rows that a subscription begins with, given out batch by batch. */
export interface Snapshot {
  /** Resolves when the first batch can be given. @throws KalamError what a condition cannot compute */
  readonly ready: Promise<void>;
  /** @param afterSeq where the reader stands; the end of the batch before when missing */
  next(afterSeq: bigint | undefined): Promise<LiveBatch>;
  close(): void;
}

/** A row of the table that a snapshot gives, or the version that says why it is no longer there. */
export interface SnapshotEntry {
  /** That of the version. */
  readonly seq: bigint;
  readonly row: Row;
  readonly gone: boolean;
  /** Whose it is; empty in a shared table. */
  readonly user: string;
}

export function bySeq(a: SnapshotEntry, b: SnapshotEntry): number {
  return a.seq < b.seq ? -1 : 1;
}

const NO_ROWS: readonly Row[] = [];

/** For whoever asked for changes only. */
export class NoSnapshot implements Snapshot {
  readonly ready = Promise.resolve();

  next(): Promise<LiveBatch> {
    return Promise.resolve({ rows: NO_ROWS, gone: NO_ROWS, batch: 0, hasMore: false, lastSeq: null });
  }

  close(): void {}
}
