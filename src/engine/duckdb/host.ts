import type { DuckDBConnection } from "@duckdb/node-api";
import { KalamError } from "../../errors/index.ts";
import type { Runtime } from "../../runtime/runtime.ts";
import { ConnectionPool } from "./connection-pool.ts";
import type { DatabaseOptions, OwnFunction } from "./database.ts";
import { Deadline } from "./deadline.ts";
import { Feeds } from "./feeds.ts";
import { Instance } from "./instance.ts";

export interface DuckHostOptions extends DatabaseOptions {
  /** Statements that run at once; others wait. Each holds a thread of Node's pool while it runs. */
  readonly maxConcurrent: number;
  readonly runtime: Runtime;
}

/**
 * DuckDB for everybody in the process who needs it: loaded and opened by the first work, so that a server that never needs it does
 * not pay for it, and locked (see `openDatabase`).
 *
 * What is locked cannot be changed. When other folders are to be reached, later work gets a new instance, and the former one
 * closes when its last connection has come back.
 *
 * @example
 * const host = new DuckHost({ …, directories: ["/data/storage"] });
 * await host.use(signal, (connection) => connection.run("COPY … TO '/data/storage/…'"));
 */
export class DuckHost {
  readonly #options: DuckHostOptions;
  readonly #functions: (() => OwnFunction)[] = [];
  readonly #owners = new WeakMap<DuckDBConnection, Instance>();
  readonly #pool: ConnectionPool;
  readonly feeds: Feeds;
  #instance: Instance;
  #used = false;

  constructor(options: DuckHostOptions) {
    this.#options = options;
    this.feeds = new Feeds(options.runtime.random);
    this.register(() => this.feeds.definition());
    this.#instance = this.#newInstance(options.directories);
    this.#pool = new ConnectionPool(options.maxConcurrent, {
      open: () => this.#connect(),
      close: (connection) => this.#owners.get(connection)?.disconnect(connection),
      isCurrent: (connection) => this.#owners.get(connection) === this.#instance,
    });
  }

  get runtime(): Runtime {
    return this.#options.runtime;
  }

  /** Makes a function known. Before the first work only; it is asked for when DuckDB is opened. */
  register(definition: () => OwnFunction): void {
    if (this.#used) throw new KalamError("internal", { reason: "a function came after DuckDB was opened" });
    this.#functions.push(definition);
  }

  /** Work that begins from now on reaches these folders, and no others. Absolute paths. */
  setDirectories(directories: readonly string[]): void {
    const former = this.#instance;
    this.#instance = this.#newInstance(directories);
    former.retire();
    this.#pool.closeIdle();
  }

  /** @throws overloaded, cancelled (when `signal` fires while waiting), shutting_down. */
  acquire(signal: AbortSignal | undefined): Promise<DuckDBConnection> {
    return this.#pool.acquire(signal);
  }

  /** @param healthy whether the connection may serve others */
  release(connection: DuckDBConnection, healthy: boolean): void {
    this.#pool.release(connection, healthy);
  }

  /** Lends a connection to `work`. When `signal` fires, what runs on it is interrupted and the error is `cancelled`. */
  async use<T>(
    signal: AbortSignal | undefined,
    work: (connection: DuckDBConnection, deadline: Deadline) => Promise<T>,
  ): Promise<T> {
    const connection = await this.acquire(signal);
    const deadline = new Deadline(undefined, signal, this.runtime);
    let healthy = false;
    try {
      deadline.watch(connection);
      const result = await work(connection, deadline);
      healthy = true;
      return result;
    } catch (error) {
      throw deadline.error ?? error;
    } finally {
      deadline.clear();
      this.release(connection, healthy);
    }
  }

  /** Refuses what waits; what runs ends on its own, and DuckDB closes after it. */
  close(): void {
    this.#pool.close();
    this.#instance.retire();
  }

  #newInstance(directories: readonly string[]): Instance {
    return new Instance({ ...this.#options, directories }, () => this.#functions.map((definition) => definition()));
  }

  async #connect(): Promise<DuckDBConnection> {
    this.#used = true;
    const instance = this.#instance;
    const connection = await instance.connect();
    this.#owners.set(connection, instance);
    return connection;
  }
}
