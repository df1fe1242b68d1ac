import { SEQ_SLOT } from "../catalog/table-schema.ts";
import type { Row } from "../types/column-type.ts";
import type { LiveBatch } from "./contract.ts";
import type { Snapshot } from "./snapshot.ts";

/** A row that a snapshot gives, or one that is no longer there. */
export interface SnapshotEntry {
  readonly row: Row;
  readonly gone: boolean;
  readonly user: string;
}

/** Rows that were all chosen when the subscription began: references to what the partition had then. */
export class RowSnapshot implements Snapshot {
  readonly #batchSize: number;
  readonly #project: (entry: SnapshotEntry) => Row;
  readonly ready: Promise<void>;
  #entries: readonly SnapshotEntry[] = [];
  #closed = false;
  #at = 0;
  #batch = 0;

  /** @param entries ascending by `_seq` */
  constructor(entries: Promise<readonly SnapshotEntry[]>, batchSize: number, project: (entry: SnapshotEntry) => Row) {
    this.ready = entries.then((chosen) => {
      if (!this.#closed) this.#entries = chosen;
    });
    this.#batchSize = batchSize;
    this.#project = project;
  }

  next(afterSeq: bigint | undefined): Promise<LiveBatch> {
    if (afterSeq !== undefined) this.#at = this.#placeBehind(afterSeq);
    const taken = this.#entries.slice(this.#at, this.#at + this.#batchSize);
    this.#at += taken.length;
    return Promise.resolve({
      rows: taken.filter(({ gone }) => !gone).map(this.#project),
      gone: taken.filter(({ gone }) => gone).map(this.#project),
      batch: this.#batch++,
      hasMore: this.#at < this.#entries.length,
      lastSeq: taken.length === 0 ? null : seqOf(taken[taken.length - 1] as SnapshotEntry),
    });
  }

  #placeBehind(seq: bigint): number {
    let low = 0;
    let high = this.#entries.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (seqOf(this.#entries[middle] as SnapshotEntry) <= seq) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  close(): void {
    this.#closed = true;
    this.#entries = [];
  }
}

export function seqOf({ row }: SnapshotEntry): bigint {
  return row[SEQ_SLOT] as bigint;
}
