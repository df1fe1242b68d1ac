import { stat } from "node:fs/promises";
import { KalamError } from "../../../errors/index.ts";
import type { Entry, HotStore, HotStoreCapabilities, ScanRange, WriteBatch } from "../hot-store.ts";
import { Connection } from "./connection.ts";
import { translateFailure } from "./failures.ts";
import { takeFileLock } from "./file-lock.ts";
import { Reader } from "./reader.ts";
import { APPLICATION_ID, CREATE_STORE, SCHEMA_VERSION, WRITER_SETTINGS } from "./schema.ts";
import { Writer } from "./writer.ts";

export interface SqliteStoreOptions {
  /** The database file; made when it is not there. */
  readonly path: string;
  /** Connections for reading, at least 1. Default 2. */
  readonly readers?: number;
  /** The file may not grow beyond this many pages of 4 KiB. Default: as far as the disk goes. */
  readonly maximumPages?: number;
}

/**
 * The hot store on one SQLite file: a table of keys and values in a write-ahead log that is synced with every commit.
 *
 * One connection writes, one batch after another; others read beside it. A read that begins after a commit resolved sees
 * that commit, because a reader takes the newest committed state when its statement begins.
 */
export class SqliteHotStore implements HotStore {
  readonly capabilities: HotStoreCapabilities = { durable: true, shared: false };
  readonly #path: string;
  readonly #lock: Connection;
  readonly #writer: Writer;
  readonly #readers: readonly Reader[];
  #closing: Promise<void> | undefined;

  private constructor(path: string, parts: { lock: Connection; writer: Writer; readers: readonly Reader[] }) {
    this.#path = path;
    this.#lock = parts.lock;
    this.#writer = parts.writer;
    this.#readers = parts.readers;
  }

  /**
   * @throws KalamError `data_corrupt` the file is not a hot store or cannot be read; it was not changed.
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
      const readers: Reader[] = [];
      for (let i = 0; i < (options.readers ?? 2); i++) {
        const reader = await Reader.open(path);
        opened.push(reader);
        readers.push(reader);
      }
      return new SqliteHotStore(path, { lock, writer, readers });
    } catch (error) {
      for (const each of opened.reverse()) await each.close();
      throw await translateFailure(error, path);
    }
  }

  async get(keys: readonly Buffer[]): Promise<readonly (Buffer | undefined)[]> {
    if (keys.length === 0) return [];
    return this.#attempt(() => this.#reader().get(keys));
  }

  async scan(range: ScanRange): Promise<readonly Entry[]> {
    return this.#attempt(() => this.#reader().scan(range));
  }

  async commit(batch: WriteBatch): Promise<void> {
    return this.#attempt(() => this.#writer.commit(batch));
  }

  async size(): Promise<number> {
    return this.#attempt(async () => {
      const log = await stat(`${this.#path}-wal`).catch(() => ({ size: 0 }));
      return (await stat(this.#path)).size + log.size;
    });
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    try {
      for (const reader of this.#readers) await reader.close();
      await this.#writer.close();
    } finally {
      await this.#lock.close();
    }
  }

  async #attempt<T>(work: () => Promise<T>): Promise<T> {
    if (this.#closing !== undefined) throw new KalamError("storage_failed", { reason: "the store is closed" });
    try {
      return await work();
    } catch (error) {
      throw await translateFailure(error, this.#path);
    }
  }

  #reader(): Reader {
    return this.#readers.reduce((best, each) => (each.waiting < best.waiting ? each : best));
  }
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
