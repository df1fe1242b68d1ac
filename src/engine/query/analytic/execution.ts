import type { DuckDBConnection, DuckDBResult } from "@duckdb/node-api";
import type { SelectStmt } from "libpg-query";
import type { ReadableSegment } from "../../cold/readable-segment.ts";
import type { Deadline } from "../../duckdb/deadline.ts";
import type { DuckHost } from "../../duckdb/host.ts";
import type { Row } from "../../types/column-type.ts";
import type { ResultColumn } from "../relation.ts";
import { fromDuckError } from "./duckdb-errors.ts";
import type { RenderedStatement } from "./render/statement.ts";
import { type Answer, answerOf } from "./result/rows.ts";
import type { ScanFunction } from "./scan/scan-function.ts";
import { stage, unstage } from "./scan/staging.ts";

export interface QueryAnswer {
  readonly columns: readonly ResultColumn[];
  readonly rows: AsyncIterable<readonly Row[]>;
}

/** Says which of the files is to blame for an error, if one is. */
export type ExplainFiles = (error: unknown, segments: readonly ReadableSegment[]) => Promise<Error | undefined>;

/** One statement on one connection, from the first row of a relation read to the last row of the answer taken. */
export class Execution {
  readonly #statement: RenderedStatement;
  readonly #select: SelectStmt;
  readonly #scans: ScanFunction;
  readonly #host: DuckHost;
  readonly #connection: DuckDBConnection;
  readonly #deadline: Deadline;
  readonly #explainFiles: ExplainFiles;
  #over = false;

  constructor(
    statement: RenderedStatement,
    select: SelectStmt,
    scans: ScanFunction,
    host: DuckHost,
    connection: DuckDBConnection,
    deadline: Deadline,
    explainFiles: ExplainFiles,
  ) {
    this.#statement = statement;
    this.#select = select;
    this.#scans = scans;
    this.#host = host;
    this.#connection = connection;
    this.#deadline = deadline;
    this.#explainFiles = explainFiles;
  }

  /** Starts the statement; its rows then come as they are taken. */
  async start(sql: string): Promise<QueryAnswer> {
    try {
      this.#deadline.watch(this.#connection);
      for (const scan of this.#statement.scans.placed) {
        this.#scans.register(scan);
        await stage(scan, this.#connection, () => this.#deadline.check());
      }
      this.#deadline.check();
      const result = await this.#stream(sql);
      const answer = answerOf(result, this.#statement.columns);
      return { columns: answer.columns, rows: this.#rows(result, answer) };
    } catch (error) {
      await this.#finish(false);
      throw await this.#explain(error);
    }
  }

  /** Prepared, because DuckDB prepares one statement only: text after a semicolon would be refused, not run. */
  async #stream(sql: string): Promise<DuckDBResult> {
    const prepared = await this.#connection.prepare(sql);
    try {
      return await prepared.stream();
    } finally {
      prepared.destroySync();
    }
  }

  async *#rows(result: DuckDBResult, answer: Answer): AsyncGenerator<readonly Row[], void, undefined> {
    let complete = false;
    try {
      for (;;) {
        this.#deadline.check();
        const chunk = await result.fetchChunk();
        if (chunk === null || chunk.rowCount === 0) break;
        yield answer.rows(chunk);
      }
      this.#deadline.check();
      complete = true;
    } catch (error) {
      throw await this.#explain(error);
    } finally {
      await this.#finish(complete);
    }
  }

  async #explain(error: unknown): Promise<Error> {
    const { placed, segments } = this.#statement.scans;
    const cause = placed.map((scan) => this.#scans.failureOf(scan)).find((one) => one !== undefined);
    if (this.#deadline.error !== undefined) return this.#deadline.error;
    const unreadable =
      segments.length === 0 || cause !== undefined ? undefined : await this.#explainFiles(error, segments);
    return unreadable ?? fromDuckError(cause ?? error, this.#statement.names, this.#select);
  }

  /** Gives everything back. A statement that did not run to its end is ended first, so that the connection is free. */
  async #finish(complete: boolean): Promise<void> {
    if (this.#over) return;
    this.#over = true;
    this.#deadline.clear();
    let healthy = true;
    try {
      if (!complete) this.#connection.interrupt();
      const { placed } = this.#statement.scans;
      for (const scan of placed) this.#scans.forget(scan);
      if (!complete) await this.#connection.run("SELECT 1");
      for (const scan of placed) await unstage(scan, this.#connection);
    } catch {
      healthy = false;
    } finally {
      this.#statement.scans.release();
      this.#host.release(this.#connection, healthy);
    }
  }
}
