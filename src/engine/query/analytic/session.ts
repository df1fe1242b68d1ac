import type { DuckDBInstance } from "@duckdb/node-api";
import type { SelectStmt } from "libpg-query";
import { ConnectionPool } from "./connection-pool.ts";
import type { AnalyticalContext } from "./context.ts";
import { openDatabase } from "./database.ts";
import { Deadline } from "./deadline.ts";
import type { AnalyticalOptions } from "./engine.ts";
import { Execution, type QueryAnswer } from "./execution.ts";
import type { RenderedStatement } from "./render/statement.ts";
import { ScanFunction } from "./scan/scan-function.ts";

/** DuckDB itself: loaded and opened by the first query, and kept until the engine closes. */
export class Session {
  readonly #options: AnalyticalOptions;
  readonly #scans = new ScanFunction();
  readonly #pool: ConnectionPool;
  #database: Promise<DuckDBInstance> | undefined;

  constructor(options: AnalyticalOptions) {
    this.#options = options;
    this.#pool = new ConnectionPool(options.maxConcurrent, () => this.#open());
  }

  /** @param sql the text to run: the statement's own, or one that asks for its plan. */
  async run(
    statement: RenderedStatement,
    sql: string,
    select: SelectStmt,
    context: AnalyticalContext,
  ): Promise<QueryAnswer> {
    const deadline = new Deadline(context.timeoutMillis, context.signal, this.#options.runtime);
    try {
      const connection = await this.#pool.acquire(context.signal);
      const execution = new Execution(statement, select, this.#scans, this.#pool, connection, deadline);
      return await execution.start(sql);
    } catch (error) {
      deadline.clear();
      throw error;
    }
  }

  async close(): Promise<void> {
    this.#pool.close();
    const database = await this.#database;
    if (this.#pool.lent === 0) database?.closeSync();
  }

  #open(): Promise<DuckDBInstance> {
    this.#database ??= openDatabase(this.#options, this.#scans.definition).catch((error: unknown) => {
      this.#database = undefined;
      throw error;
    });
    return this.#database;
  }
}
