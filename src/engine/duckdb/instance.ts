import type { DuckDBConnection, DuckDBInstance } from "@duckdb/node-api";
import { type DatabaseOptions, type OwnFunction, openDatabase } from "./database.ts";

/** One DuckDB: opened by its first connection, closed when it has been retired and its last connection is gone. */
export class Instance {
  readonly #options: DatabaseOptions;
  readonly #functions: () => readonly OwnFunction[];
  #opening: Promise<DuckDBInstance> | undefined;
  #opened: DuckDBInstance | undefined;
  #connections = 0;
  #retired = false;

  constructor(options: DatabaseOptions, functions: () => readonly OwnFunction[]) {
    this.#options = options;
    this.#functions = functions;
  }

  async connect(): Promise<DuckDBConnection> {
    this.#connections++;
    try {
      return await (await this.#open()).connect();
    } catch (error) {
      this.#left();
      throw error;
    }
  }

  disconnect(connection: DuckDBConnection): void {
    connection.closeSync();
    this.#left();
  }

  /** Takes no more work; what runs on it may end. */
  retire(): void {
    this.#retired = true;
    this.#closeUnused();
  }

  #left(): void {
    this.#connections--;
    this.#closeUnused();
  }

  #closeUnused(): void {
    if (!this.#retired || this.#connections > 0) return;
    this.#opened?.closeSync();
    this.#opened = undefined;
  }

  #open(): Promise<DuckDBInstance> {
    this.#opening ??= openDatabase(this.#options, this.#functions()).then(
      (database) => {
        this.#opened = database;
        return database;
      },
      (error: unknown) => {
        this.#opening = undefined;
        throw error;
      },
    );
    return this.#opening;
  }
}
