import type { Row } from "../types/column-type.ts";
import type { LiveBatch } from "./contract.ts";
import type { Snapshot, SnapshotEntry } from "./snapshot.ts";

export interface Pages {
  /** The first entries above a `_seq`, ascending: fewer than `limit` only where there are no more. */
  read(above: bigint, limit: number): Promise<readonly SnapshotEntry[]>;
  project(entry: SnapshotEntry): Row;
  /** Entries that are read at once; at least as many as a batch has. */
  readonly pageSize: number;
  readonly batchSize: number;
  /** Where it begins. */
  readonly above: bigint;
}

/**
 * Gives entries in batches and reads them in pages. Nothing is open between two batches, so a reader that never comes back costs no
 * more than a page.
 *
 *     page    ├──────────────────────┤├─────────────────
 *     batch   ├──────┤├──────┤├──────┤├──────┤
 */
export class PagedSnapshot implements Snapshot {
  readonly ready: Promise<void>;
  readonly #pages: Pages;
  /** Those of the page that have not been given. */
  #waiting: readonly SnapshotEntry[] = [];
  /** There is nothing behind those. */
  #complete = false;
  #position: bigint;
  #batch = 0;
  #turn: Promise<unknown>;
  #closed = false;

  constructor(pages: Pages) {
    this.#pages = pages;
    this.#position = pages.above;
    this.ready = this.#fill();
    this.#turn = this.ready;
  }

  next(afterSeq: bigint | undefined): Promise<LiveBatch> {
    const batch = this.#turn.then(() => this.#next(afterSeq));
    this.#turn = batch.catch(() => undefined);
    return batch;
  }

  async #next(afterSeq: bigint | undefined): Promise<LiveBatch> {
    const { batchSize, project } = this.#pages;
    if (afterSeq !== undefined && afterSeq !== this.#position) this.#moveTo(afterSeq);
    if (this.#waiting.length <= batchSize) await this.#fill();
    const taken = this.#waiting.slice(0, batchSize);
    this.#waiting = this.#waiting.slice(batchSize);
    const last = taken.at(-1);
    if (last !== undefined) this.#position = last.seq;
    return {
      rows: taken.filter(({ gone }) => !gone).map(project),
      gone: taken.filter(({ gone }) => gone).map(project),
      batch: this.#batch++,
      hasMore: this.#waiting.length > 0,
      lastSeq: last === undefined ? null : last.seq,
    };
  }

  #moveTo(seq: bigint): void {
    if (seq > this.#position) this.#waiting = this.#waiting.filter((entry) => entry.seq > seq);
    else {
      this.#waiting = [];
      this.#complete = false;
    }
    this.#position = seq;
  }

  /** Makes sure that one entry more than a batch is there, if there is one. */
  async #fill(): Promise<void> {
    if (this.#complete || this.#closed) return;
    const limit = this.#pages.pageSize + 1;
    const page = await this.#pages.read(this.#position, limit);
    this.#waiting = this.#closed ? [] : page;
    this.#complete = page.length < limit;
  }

  close(): void {
    this.#closed = true;
    this.#waiting = [];
  }
}

/** Pages of entries that were all chosen when the subscription began. */
export function pagesOf(
  entries: Promise<readonly SnapshotEntry[]>,
  batchSize: number,
  project: (entry: SnapshotEntry) => Row,
): Pages {
  let all: readonly SnapshotEntry[] | undefined;
  return {
    read: async (above, limit) => {
      all ??= await entries;
      const from = firstAbove(all, above);
      return all.slice(from, from + limit);
    },
    project,
    pageSize: batchSize,
    batchSize,
    above: 0n,
  };
}

function firstAbove(entries: readonly SnapshotEntry[], seq: bigint): number {
  let low = 0;
  let high = entries.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((entries[middle] as SnapshotEntry).seq <= seq) low = middle + 1;
    else high = middle;
  }
  return low;
}
