import type sqlite3 from "sqlite3";
import { KalamError } from "../../../errors/index.ts";

type Bindable = Buffer | string | number;
type Library = typeof sqlite3;

/**
 * One SQLite connection with promises instead of callbacks. A prepared statement runs as one hop to the thread pool, and
 * its values are copied before the call returns. Statements of one connection are not ordered among each other: whoever
 * needs an order waits.
 */
export class Connection {
  readonly #database: sqlite3.Database;
  readonly #statements: PreparedStatement[] = [];

  private constructor(database: sqlite3.Database) {
    this.#database = database;
  }

  static async open(path: string, mode: "create" | "read-only"): Promise<Connection> {
    const library = await loadLibrary();
    const flags = mode === "create" ? library.OPEN_READWRITE | library.OPEN_CREATE : library.OPEN_READONLY;
    return new Promise((resolve, reject) => {
      const database = new library.Database(path, flags | library.OPEN_FULLMUTEX, (error) => {
        if (error) reject(error);
        else resolve(new Connection(database));
      });
    });
  }

  /** Runs one or more statements that give no rows. */
  execute(sql: string): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#database.exec(sql, (error) => (error ? reject(error) : resolve()));
    });
  }

  /** Runs a statement once and gives its rows. */
  query<T>(sql: string): Promise<T[]> {
    return new Promise((resolve, reject) => {
      this.#database.all<T>(sql, (error, rows) => (error ? reject(error) : resolve(rows)));
    });
  }

  prepare(sql: string): Promise<PreparedStatement> {
    return new Promise((resolve, reject) => {
      const statement = this.#database.prepare(sql, (error) => {
        if (error) return reject(error);
        const prepared = new PreparedStatement(statement);
        this.#statements.push(prepared);
        resolve(prepared);
      });
    });
  }

  async close(): Promise<void> {
    for (const statement of this.#statements.splice(0)) await statement.finalize();
    return new Promise((resolve, reject) => {
      this.#database.close((error) => (error ? reject(error) : resolve()));
    });
  }
}

export class PreparedStatement {
  readonly #statement: sqlite3.Statement;

  constructor(statement: sqlite3.Statement) {
    this.#statement = statement;
  }

  run(values: readonly Bindable[]): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#statement.run(values, (error: Error | null) => (error ? reject(error) : resolve()));
    });
  }

  all<T>(values: readonly Bindable[]): Promise<T[]> {
    return new Promise((resolve, reject) => {
      this.#statement.all<T>(values, (error, rows) => (error ? reject(error) : resolve(rows)));
    });
  }

  finalize(): Promise<void> {
    return new Promise((resolve) => {
      this.#statement.finalize(() => resolve());
    });
  }
}

async function loadLibrary(): Promise<Library> {
  try {
    return (await import("sqlite3")).default;
  } catch (error) {
    const [line = ""] = (error instanceof Error ? error.message : String(error)).split("\n");
    const reason = line.replace(/\. Tried:$/, "");
    throw new KalamError("driver_unavailable", { driver: "sqlite", reason }, { cause: error });
  }
}
