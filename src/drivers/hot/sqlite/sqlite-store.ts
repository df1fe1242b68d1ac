import { stat } from "node:fs/promises";
import { KalamError } from "../../../errors/index.ts";
import { systemClock } from "../../../runtime/clock.ts";
import { systemTimers } from "../../../runtime/timers.ts";
import type { Entry, HotStore, HotStoreCapabilities, ScanRange, WriteBatch } from "../hot-store.ts";
import { Applier } from "./applier.ts";
import { CommitLog } from "./commit-log.ts";
import { Committer } from "./committer.ts";
import { Connection } from "./connection.ts";
import { translateFailure } from "./failures.ts";
import { takeFileLock } from "./file-lock.ts";
import { Reader } from "./reader.ts";
import { APPLICATION_ID, CREATE_STORE, SCHEMA_VERSION, UPGRADE_STORE, WRITER_SETTINGS } from "./schema.ts";
import { Writer } from "./writer.ts";

export interface SqliteStoreOptions {
  /** The database file; made when it is not there. */
  readonly path: string;
  /** Connections for reading, at least 1. Default 2. */
  readonly readers?: number;
  /** The file may not grow beyond this many pages of 4 KiB. Default: as far as the disk goes. */
  readonly maximumPages?: number;
}

interface Parts {
  readonly path: string;
  readonly lock: Connection;
  readonly writer: Writer;
  readonly log: CommitLog;
  readonly readers: readonly Reader[];
}

/**
 * The hot store on one SQLite file: a table of keys and values, and beside it a commit log in which small batches become
 * durable before they reach the table (`committer.ts`).
 *
 * One connection writes, one batch after another; others read beside it. A read that begins after a commit resolved sees
 * that commit: a reader takes the newest committed state when its statement begins, and it begins when nothing waits in the
 * log that it would have to see.
 */
export class SqliteHotStore implements HotStore {
  readonly capabilities: HotStoreCapabilities = { durable: true, shared: false };
  readonly #parts: Parts;
  readonly #applier: Applier;
  readonly #committer: Committer;
  readonly #reads = new Set<Promise<unknown>>();
  #closing: Promise<void> | undefined;

  private constructor(parts: Parts) {
    this.#parts = parts;
    this.#applier = new Applier(parts.log, parts.writer, TIME.timers);
    this.#committer = new Committer(parts.writer, parts.log, this.#applier);
  }

  /**
   * @throws KalamError `data_corrupt` the file is not a hot store or cannot be read; it was not changed. Or a record of the
   * commit log is damaged.
   * @throws KalamError `data_locked` another process has it open.
   * @throws KalamError `driver_unavailable` the native part of the `sqlite3` package cannot be loaded.
   */
  static async open(options: SqliteStoreOptions): Promise<SqliteHotStore> {
    const { path } = options;
    const opened: { close(): Promise<void> }[] = [];
    try {
      const lock = await takeFileLock(path);
      opened.push(lock);
      const connection = await Connection.open(path, "create");
      opened.push(connection);
      await prepareFile(connection, path);
      if (options.maximumPages !== undefined) {
        await connection.execute(`PRAGMA max_page_count = ${options.maximumPages}`);
      }
      const writer = await Writer.prepare(connection, path);
      const { log, left } = await CommitLog.open(logPath(path), await writer.logPosition(), TIME);
      opened.push(log);
      await writer.apply(left);
      const readers: Reader[] = [];
      for (let i = 0; i < (options.readers ?? 2); i++) {
        const reader = await Reader.open(path);
        opened.push(reader);
        readers.push(reader);
      }
      return new SqliteHotStore({ path, lock, writer, log, readers });
    } catch (error) {
      for (const each of opened.reverse()) await each.close();
      throw await translateFailure(error, path);
    }
  }

  async get(keys: readonly Buffer[]): Promise<readonly (Buffer | undefined)[]> {
    const [first] = keys;
    if (first === undefined) return [];
    return this.#read(async () => {
      let lowest = first;
      let highest = first;
      for (const key of keys) {
        if (key.compare(lowest) < 0) lowest = key;
        else if (key.compare(highest) > 0) highest = key;
      }
      await this.#applier.settleRange(lowest, Buffer.concat([highest, NEXT]));
      return this.#reader().get(keys);
    });
  }

  async scan(range: ScanRange): Promise<readonly Entry[]> {
    return this.#read(async () => {
      await this.#applier.settleRange(range.start, range.end);
      return this.#reader().scan(range);
    });
  }

  async commit(batch: WriteBatch): Promise<void> {
    return this.#attempt(() => this.#committer.commit(batch));
  }

  async size(): Promise<number> {
    return this.#attempt(async () => {
      const { path } = this.#parts;
      let bytes = (await stat(path)).size;
      for (const other of [`${path}-wal`, logPath(path)]) bytes += (await stat(other).catch(() => ({ size: 0 }))).size;
      return bytes;
    });
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    const { lock, writer, log, readers } = this.#parts;
    try {
      await this.#committer.idle();
      // What a full disk keeps from SQLite stays in the log, for the next start.
      await this.#applier.settle().catch(() => undefined);
      this.#applier.stop();
      await Promise.allSettled(this.#reads);
      for (const reader of readers) await reader.close();
      await writer.close();
      await log.close();
    } finally {
      await lock.close();
    }
  }

  /** Reads under way may still wait for the log, before their reader knows of them. */
  #read<T>(work: () => Promise<T>): Promise<T> {
    const read = this.#attempt(work);
    this.#reads.add(read);
    const ended = () => this.#reads.delete(read);
    read.then(ended, ended);
    return read;
  }

  async #attempt<T>(work: () => Promise<T>): Promise<T> {
    if (this.#closing !== undefined) throw new KalamError("storage_failed", { reason: "the store is closed" });
    try {
      return await work();
    } catch (error) {
      throw await translateFailure(error, this.#parts.path);
    }
  }

  #reader(): Reader {
    return this.#parts.readers.reduce((best, each) => (each.waiting < best.waiting ? each : best));
  }
}

const TIME = { clock: systemClock, timers: systemTimers };

/** Appended to a key, it makes the next one in order. */
const NEXT = Buffer.alloc(1);

function logPath(path: string): string {
  return `${path}.commits`;
}

/** Looks before it writes: a file that is not ours is left as it is. */
async function prepareFile(connection: Connection, path: string): Promise<void> {
  const tables = await connection.query<{ name: string }>("SELECT name FROM sqlite_schema");
  const [application] = await connection.query<{ application_id: number }>("PRAGMA application_id");
  const [version] = await connection.query<{ user_version: number }>("PRAGMA user_version");
  if (tables.length === 0 && application?.application_id === 0) {
    await connection.execute(WRITER_SETTINGS);
    await connection.execute(CREATE_STORE);
    return;
  }
  const reason = foreign(tables, application?.application_id, version?.user_version ?? 0);
  if (reason !== undefined) throw new KalamError("data_corrupt", { path, reason });
  await connection.execute(WRITER_SETTINGS);
  if (version?.user_version !== SCHEMA_VERSION) await connection.execute(UPGRADE_STORE);
  await connection.query("SELECT min(key), max(key) FROM entry");
}

function foreign(
  tables: readonly { name: string }[],
  application: number | undefined,
  version: number,
): string | undefined {
  if (application !== APPLICATION_ID) return "it is an SQLite database of another program";
  if (version > SCHEMA_VERSION) return `its schema has version ${version}, this KalamDB knows ${SCHEMA_VERSION}`;
  return tables.some(({ name }) => name === "entry") ? undefined : "the table of entries is missing";
}
