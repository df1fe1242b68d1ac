import { DuckDBInstance } from "@duckdb/node-api";

type Connection = Awaited<ReturnType<DuckDBInstance["connect"]>>;

/** DuckDB alone, in this process, beside the files of a server. */
export class DuckDbFiles {
  readonly #instance: DuckDBInstance;
  readonly #connection: Connection;

  private constructor(instance: DuckDBInstance, connection: Connection) {
    this.#instance = instance;
    this.#connection = connection;
  }

  static async open(): Promise<DuckDbFiles> {
    const instance = await DuckDBInstance.create(":memory:");
    return new DuckDbFiles(instance, await instance.connect());
  }

  /** The rows of segments, for a FROM clause. */
  static relation(files: readonly string[]): string {
    return `read_parquet([${files.map((file) => `'${file.replaceAll("'", "''")}'`).join(", ")}])`;
  }

  /** Takes the rows of segments into a table in memory, without the columns that KalamDB adds. */
  async load(files: readonly string[]): Promise<void> {
    await this.#connection.run(
      `CREATE TABLE cold AS SELECT * EXCLUDE (_seq, _deleted) FROM ${DuckDbFiles.relation(files)}`,
    );
  }

  /** Seconds of writing that table to a file. */
  async copy(file: string): Promise<number> {
    const begin = performance.now();
    await this.#connection.run(`COPY cold TO '${file.replaceAll("'", "''")}' (FORMAT parquet, COMPRESSION zstd)`);
    return (performance.now() - begin) / 1000;
  }

  /** Queries a second, one after another. */
  async rate(sql: string, seconds: number): Promise<number> {
    const begin = performance.now();
    let queries = 0;
    do {
      await this.#connection.runAndReadAll(sql);
      queries++;
    } while (performance.now() - begin < seconds * 1000);
    return (queries * 1000) / (performance.now() - begin);
  }

  async version(): Promise<string> {
    const reader = await this.#connection.runAndReadAll("SELECT version()");
    return `DuckDB ${String(reader.getRows()[0]?.[0])}`;
  }

  close(): void {
    this.#connection.closeSync();
    this.#instance.closeSync();
  }
}
