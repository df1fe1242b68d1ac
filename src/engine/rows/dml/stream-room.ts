import { KalamError } from "../../../errors/index.ts";
import { SEQ_SLOT } from "../../catalog/table-schema.ts";
import type { Row } from "../../types/column-type.ts";
import { approximateBytes } from "../../types/index.ts";
import { type Partition, rowBytes } from "../partition.ts";
import type { WriteTarget } from "../write-target.ts";

export interface StreamLimits {
  /** Rows of one partition. */
  readonly rows: number;
  /** Memory of all STREAM tables. */
  readonly bytes: number;
}

/** One partition may hold this part of the memory of all: nobody can leave nothing to the others. */
const SHARE = 8;

/**
 * Streams are kept in memory alone, so a partition has a limit of rows and one of memory: the oldest rows make room for new ones
 * before their time has come. Looking for them costs a pass over the partition, so a tenth of it goes at once. Where all
 * partitions together are too large nobody's rows go for somebody else's: the INSERT is refused.
 */
export class StreamRoom {
  readonly #target: WriteTarget;
  readonly #partition: Partition;
  readonly #limits: StreamLimits;
  #rows = 0;
  #bytes = 0;

  constructor(target: WriteTarget, partition: Partition, limits: StreamLimits) {
    this.#target = target;
    this.#partition = partition;
    this.#limits = limits;
  }

  /**
   * Makes room for rows that the statement has just staged.
   * @param used memory of all STREAM tables without them
   * @throws KalamError stream_memory
   */
  make(added: readonly Row[], used: number): void {
    for (const row of added) {
      this.#rows++;
      for (const value of row) this.#bytes += approximateBytes(value);
      this.#bytes += rowBytes(0);
    }
    const { rows, bytes } = this.#limits;
    const freed = this.#expire(rows, bytes / SHARE);
    if (used - freed + this.#bytes > bytes) throw new KalamError("stream_memory", { maximum: bytes });
  }

  /** @returns memory that this gives back */
  #expire(maximumRows: number, maximumBytes: number): number {
    const partition = this.#partition;
    const fits = partition.rowCount + this.#rows <= maximumRows && partition.bytes + this.#bytes <= maximumBytes;
    if (fits || partition.rowCount === 0) return 0;
    const present: { key: string; row: Row }[] = [];
    for (const [key, row] of partition.entries()) {
      if (this.#target.get(partition, key) === row) present.push({ key, row });
    }
    const average = partition.bytes / partition.rowCount;
    const surplus = Math.max(
      present.length + this.#rows - maximumRows + Math.floor(maximumRows / 10),
      Math.ceil((present.length * average + this.#bytes - maximumBytes * 0.9) / average),
    );
    present.sort((a, b) => ((a.row[SEQ_SLOT] as bigint) < (b.row[SEQ_SLOT] as bigint) ? -1 : 1));
    for (const { key, row } of present.slice(0, Math.max(0, surplus))) this.#target.expire(partition, key, row);
    return average * (partition.rowCount - Math.max(0, present.length - surplus));
  }
}
