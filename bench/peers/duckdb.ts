import { DuckDBInstance } from "@duckdb/node-api";
import { CONVERSATIONS, conversationRows } from "../data.ts";

/** DuckDB alone, in this process, on a table of its own: what an aggregate costs without a server around it. */
export class DuckDb {
  readonly #instance: DuckDBInstance;
  readonly #connection: Awaited<ReturnType<DuckDBInstance["connect"]>>;

  constructor(instance: DuckDBInstance, connection: Awaited<ReturnType<DuckDBInstance["connect"]>>) {
    this.#instance = instance;
    this.#connection = connection;
  }

  /** Opens it with the prepared rows in `messages`. */
  static async open(): Promise<DuckDb> {
    const instance = await DuckDBInstance.create(":memory:");
    const connection = await instance.connect();
    await connection.run(
      "CREATE TABLE messages (conversation_id BIGINT, id BIGINT, sender VARCHAR, role VARCHAR, body VARCHAR)",
    );
    const appender = await connection.createAppender("messages");
    for (let conversation = 1; conversation <= CONVERSATIONS; conversation++) {
      for (const row of conversationRows(conversation)) {
        appender.appendBigInt(BigInt(row.conversation));
        appender.appendBigInt(BigInt(row.id));
        appender.appendVarchar(row.sender);
        appender.appendVarchar(row.role);
        appender.appendVarchar(row.body);
        appender.endRow();
      }
    }
    appender.closeSync();
    return new DuckDb(instance, connection);
  }

  async version(): Promise<string> {
    const reader = await this.#connection.runAndReadAll("SELECT version()");
    return `DuckDB ${String(reader.getRows()[0]?.[0])}`;
  }

  /** Queries a second, one after another. */
  async rate(sql: string, seconds: number): Promise<number> {
    const begin = performance.now();
    let queries = 0;
    while (performance.now() - begin < seconds * 1000) {
      await this.#connection.runAndReadAll(sql);
      queries++;
    }
    return (queries * 1000) / (performance.now() - begin);
  }

  close(): void {
    this.#connection.closeSync();
    this.#instance.closeSync();
  }
}
