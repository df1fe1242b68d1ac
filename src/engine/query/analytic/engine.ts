import type { DuckDBInstance } from "@duckdb/node-api";
import type { SelectStmt } from "libpg-query";
import type { Runtime } from "../../../runtime/runtime.ts";
import { ConnectionPool } from "./connection-pool.ts";
import type { AnalyticalContext } from "./context.ts";
import { type DatabaseOptions, openDatabase } from "./database.ts";
import { Deadline } from "./deadline.ts";
import { Execution, type QueryAnswer } from "./execution.ts";
import { planLines } from "./plan-lines.ts";
import { type RenderedStatement, renderStatement } from "./render/statement.ts";
import { ScanFunction } from "./scan/scan-function.ts";

export interface AnalyticalOptions extends DatabaseOptions {
  /** Statements that run at once; others wait. Each holds a thread of Node's pool while it runs. */
  readonly maxConcurrent: number;
  readonly runtime: Runtime;
}

/**
 * Answers the queries that the row evaluator does not take, with DuckDB.
 *
 * No text of a user reaches DuckDB. PostgreSQL's tree is checked against lists of what is allowed and written anew: every
 * identifier is replaced by one of ours, every literal by a constant of its type, every table by a scan of exactly the relation
 * that the caller may read. DuckDB itself is locked down beneath that.
 *
 * DuckDB is opened by the first query and kept. Statements run at the same time on connections of their own; their rows are
 * streamed, and a statement that is not read to its end is ended.
 *
 * @example
 * const { columns, rows } = await engine.query(select, context);
 * for await (const chunk of rows) send(chunk);
 */
export class AnalyticalEngine {
  readonly #options: AnalyticalOptions;
  readonly #scans = new ScanFunction();
  readonly #pool: ConnectionPool;
  #database: Promise<DuckDBInstance> | undefined;

  constructor(options: AnalyticalOptions) {
    this.#options = options;
    this.#pool = new ConnectionPool(options.maxConcurrent, () => this.#open());
  }

  /** @throws KalamError; while reading the rows too. */
  async query(select: SelectStmt, context: AnalyticalContext): Promise<QueryAnswer> {
    const statement = await this.#render(select, context);
    return this.#run(statement, statement.sql, select, context);
  }

  /** DuckDB's plan, one operator a line, with the names of the statement. */
  async explain(select: SelectStmt, context: AnalyticalContext): Promise<readonly string[]> {
    const statement = await this.#render(select, context);
    const columns = ["key", "plan"].map((name) => ({ name, sql: name, type: undefined, primaryKey: false }));
    const plan: RenderedStatement = { ...statement, columns };
    const { rows } = await this.#run(plan, `EXPLAIN (FORMAT JSON) ${statement.sql}`, select, context);
    const lines: string[] = [];
    for await (const chunk of rows) {
      for (const row of chunk) lines.push(...planLines(String(row[1]), statement));
    }
    return lines;
  }

  /** Ends what waits; statements that run end on their own. */
  async close(): Promise<void> {
    this.#pool.close();
    const database = await this.#database;
    if (this.#pool.lent === 0) database?.closeSync();
  }

  #render(select: SelectStmt, context: AnalyticalContext): Promise<RenderedStatement> {
    return renderStatement(select, context, this.#options.runtime.random);
  }

  async #run(
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

  #open(): Promise<DuckDBInstance> {
    this.#database ??= openDatabase(this.#options, this.#scans.definition).catch((error: unknown) => {
      this.#database = undefined;
      throw error;
    });
    return this.#database;
  }
}
