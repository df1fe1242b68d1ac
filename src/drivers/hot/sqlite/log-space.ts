import { stat, statfs } from "node:fs/promises";
import { dirname } from "node:path";
import type { Connection } from "./connection.ts";
import { LOG_PAGES, PAGE_BYTES, WRITER_CACHE } from "./schema.ts";

/** Batches after which a store counts as busy. */
const BUSY_AFTER_BATCHES = 500;
/** Space that stays free on the volume, as a multiple of the log. */
const SPARE_LOGS = 16;

/**
 * Gives the write-ahead log its full length once, as soon as the store turns out to be busy.
 *
 * While a log grows, every sync has to write the file's new length and blocks as well as the commit: a third of the time of a
 * small commit here. SQLite writes a log over from its beginning once it has been checkpointed, so the length is only needed
 * once: a transaction too large for the page cache spills into the log, and is rolled back. Readers never see it, and a crash
 * in the middle leaves frames that no commit ends, which SQLite ignores.
 */
export class LogSpace {
  readonly #connection: Connection;
  readonly #path: string;
  #batches = 0;

  constructor(connection: Connection, path: string) {
    this.#connection = connection;
    this.#path = path;
  }

  /** Call after each commit. @returns true once, when the time for `reserve` has come */
  committed(batches: number): boolean {
    const before = this.#batches;
    this.#batches += batches;
    return before < BUSY_AFTER_BATCHES && this.#batches >= BUSY_AFTER_BATCHES;
  }

  /** Must not run beside another statement of the connection. Where it fails, the log grows by itself as before. */
  async reserve(): Promise<void> {
    const length = LOG_PAGES * PAGE_BYTES;
    const { size } = await stat(`${this.#path}-wal`).catch(() => ({ size: 0 }));
    if (size >= length) return;
    const { bavail, bsize } = await statfs(dirname(this.#path));
    if (bavail * bsize < SPARE_LOGS * length) return;
    try {
      await this.#connection.execute(`
        PRAGMA cache_size = 10;
        BEGIN IMMEDIATE;
        WITH RECURSIVE page (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM page WHERE n < ${LOG_PAGES})
          INSERT OR REPLACE INTO entry SELECT CAST('~' || printf('%08d', n) AS BLOB), zeroblob(${PAGE_BYTES - 512}) FROM page;
      `);
    } finally {
      // When the disk is full SQLite has rolled back by itself, and says that there is nothing to roll back.
      await this.#connection.execute("ROLLBACK").catch(() => undefined);
      await this.#connection.execute(`PRAGMA cache_size = ${WRITER_CACHE}`);
    }
  }
}
