import type { SelectStmt } from "libpg-query";
import { Deadline } from "../../duckdb/deadline.ts";
import type { DuckHost } from "../../duckdb/host.ts";
import type { AnalyticalContext } from "./context.ts";
import { Execution, type ExplainFiles, type QueryAnswer } from "./execution.ts";
import { planLines } from "./plan-lines.ts";
import { type RenderedStatement, renderStatement } from "./render/statement.ts";
import { idFunctions } from "./scan/id-functions.ts";
import { ScanFunction } from "./scan/scan-function.ts";

/**
 * Answers the queries that the row evaluator does not take, with DuckDB.
 *
 * No text of a user reaches DuckDB. PostgreSQL's tree is checked against lists of what is allowed and written anew: every
 * identifier is replaced by one of ours, every literal by a constant of its type, every table by a scan of exactly the relation
 * that the caller may read. DuckDB itself is locked down beneath that.
 *
 * Statements run at the same time on connections of their own; their rows are streamed, and a statement that is not read to its
 * end is ended.
 *
 * @example
 * const { columns, rows } = await engine.query(select, context);
 * for await (const chunk of rows) send(chunk);
 */
export class AnalyticalEngine {
  readonly #host: DuckHost;
  readonly #explainFiles: ExplainFiles;
  readonly #scans = new ScanFunction();

  /** @param host one in which nothing has run yet: the engine makes its table function known to it */
  constructor(host: DuckHost, explainFiles: ExplainFiles) {
    this.#host = host;
    this.#explainFiles = explainFiles;
    host.register(() => this.#scans.definition());
    for (const definition of idFunctions(host.runtime)) host.register(definition);
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
    const sql = `EXPLAIN (FORMAT JSON) ${statement.sql}`;
    const { rows } = await this.#run({ ...statement, columns }, sql, select, context);
    const lines: string[] = [];
    for await (const chunk of rows) {
      for (const row of chunk) lines.push(...planLines(String(row[1]), statement));
    }
    for (const { schema, segments, hiding, segmentCount } of statement.scans.placedParts) {
      const read = new Set([...segments, ...hiding]).size;
      lines.push(`Segments of ${schema.fullName}: ${read} of ${segmentCount}`);
    }
    return lines;
  }

  #render(select: SelectStmt, context: AnalyticalContext): Promise<RenderedStatement> {
    return renderStatement(select, context, this.#host.runtime.random);
  }

  /** @param sql the text to run: the statement's own, or one that asks for its plan. */
  async #run(
    statement: RenderedStatement,
    sql: string,
    select: SelectStmt,
    context: AnalyticalContext,
  ): Promise<QueryAnswer> {
    const deadline = new Deadline(context.timeoutMillis, context.signal, this.#host.runtime);
    try {
      const connection = await this.#host.acquire(deadline.signal);
      const execution = new Execution(
        statement,
        select,
        this.#scans,
        this.#host,
        connection,
        deadline,
        this.#explainFiles,
      );
      return await execution.start(sql);
    } catch (error) {
      deadline.clear();
      throw deadline.error ?? error;
    }
  }
}
