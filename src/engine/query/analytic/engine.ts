import type { SelectStmt } from "libpg-query";
import { KalamError } from "../../../errors/index.ts";
import type { Runtime } from "../../../runtime/runtime.ts";
import type { AnalyticalContext } from "./context.ts";
import type { DatabaseOptions } from "./database.ts";
import type { QueryAnswer } from "./execution.ts";
import { planLines } from "./plan-lines.ts";
import { type RenderedStatement, renderStatement } from "./render/statement.ts";
import { Session } from "./session.ts";

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
 * DuckDB is loaded and opened by the first query: a server that never needs it does not pay for it. Statements run at the same
 * time on connections of their own; their rows are streamed, and a statement that is not read to its end is ended.
 *
 * @example
 * const { columns, rows } = await engine.query(select, context);
 * for await (const chunk of rows) send(chunk);
 */
export class AnalyticalEngine {
  readonly #options: AnalyticalOptions;
  #session: Session | undefined;
  #closed = false;

  constructor(options: AnalyticalOptions) {
    this.#options = options;
  }

  /** @throws KalamError; while reading the rows too. */
  async query(select: SelectStmt, context: AnalyticalContext): Promise<QueryAnswer> {
    const statement = await this.#render(select, context);
    return this.#open().run(statement, statement.sql, select, context);
  }

  /** DuckDB's plan, one operator a line, with the names of the statement. */
  async explain(select: SelectStmt, context: AnalyticalContext): Promise<readonly string[]> {
    const statement = await this.#render(select, context);
    const columns = ["key", "plan"].map((name) => ({ name, sql: name, type: undefined, primaryKey: false }));
    const session = this.#open();
    const sql = `EXPLAIN (FORMAT JSON) ${statement.sql}`;
    const { rows } = await session.run({ ...statement, columns }, sql, select, context);
    const lines: string[] = [];
    for await (const chunk of rows) {
      for (const row of chunk) lines.push(...planLines(String(row[1]), statement));
    }
    return lines;
  }

  /** Refuses what waits; statements that run end on their own. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#session?.close();
  }

  #render(select: SelectStmt, context: AnalyticalContext): Promise<RenderedStatement> {
    return renderStatement(select, context, this.#options.runtime.random);
  }

  #open(): Session {
    if (this.#closed) throw new KalamError("shutting_down");
    this.#session ??= new Session(this.#options);
    return this.#session;
  }
}
