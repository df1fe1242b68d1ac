import { userNameProblem } from "../engine/auth/password-rules.ts";
import type { Role } from "../engine/auth/roles.ts";
import { Engine } from "../engine/engine.ts";
import type { Parameter, StatementResult } from "../engine/request.ts";
import { StatementFailure } from "../engine/statement-failure.ts";
import type { Row } from "../engine/types/column-type.ts";
import { Decimal } from "../engine/types/index.ts";
import { KalamError } from "../errors/index.ts";
import { checkOptions, type OpenOptions } from "./options.ts";

/**
 * A value as an embedding program gets it. BIGINT and timestamps (microseconds since 1970) are `bigint`, DECIMAL is text with all
 * its digits, DATE is days since 1970 and TIME microseconds since midnight (`number`), BYTEA is `Uint8Array`, JSON is its text.
 */
export type EmbeddedValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | Float32Array
  | readonly EmbeddedValue[];

export type EmbeddedRow = Readonly<Record<string, EmbeddedValue>>;

export interface EmbeddedResult {
  readonly rows: readonly EmbeddedRow[];
  /** Rows read or changed. */
  readonly rowCount: number;
  /** What the statement says of itself: `Inserted 1 row(s)`. */
  readonly message: string | undefined;
}

/**
 * Statements of one user. Rows of USER and STREAM tables are that user's own.
 */
export class Session {
  readonly #engine: Engine;
  readonly #userId: string;
  readonly #role: Role;
  #namespace: string | undefined;

  constructor(engine: Engine, userId: string, role: Role) {
    this.#engine = engine;
    this.#userId = userId;
    this.#role = role;
  }

  /**
   * Runs a statement and gives back its rows; of several statements, what the last one answers. `USE ns` holds for the session.
   *
   * @throws KalamError with `code`, SQLSTATE, message and remedy
   * @example
   * const { rows } = await session.query("SELECT body FROM chat.messages WHERE id = $1", [7n]);
   */
  async query(sql: string, params: readonly Parameter[] = []): Promise<EmbeddedResult> {
    const result = await this.#execute(sql, params);
    const rows: EmbeddedRow[] = [];
    for await (const row of embeddedRows(result)) rows.push(row);
    return { rows, rowCount: result.rowCount ?? rows.length, message: result.message };
  }

  /**
   * The rows of one query as they come, without holding them all.
   *
   * @example
   * for await (const row of session.stream("SELECT * FROM chat.messages")) console.log(row.body);
   */
  async *stream(sql: string, params: readonly Parameter[] = []): AsyncIterable<EmbeddedRow> {
    yield* embeddedRows(await this.#execute(sql, params));
  }

  async #execute(sql: string, params: readonly Parameter[]): Promise<StatementResult> {
    try {
      const results = await this.#engine.execute(sql, {
        principal: { userId: this.#userId, role: this.#role },
        namespace: this.#namespace,
        params,
      });
      for (const { namespace } of results) if (namespace !== undefined) this.#namespace = namespace;
      return results.at(-1) ?? { asUser: this.#userId };
    } catch (error) {
      throw error instanceof StatementFailure ? error.error : error;
    }
  }
}

const ROLES: ReadonlySet<string> = new Set<Role>(["user", "service", "dba", "system"]);

/** An open database inside this process. Without `as`, statements run as `root`. */
export class EmbeddedDatabase extends Session {
  readonly #engine: Engine;

  constructor(engine: Engine) {
    super(engine, "root", "system");
    this.#engine = engine;
  }

  /**
   * Statements of another user; nobody is asked for a password here.
   *
   * @throws KalamError `invalid_name`, `config_invalid` for what is no role
   */
  as(userId: string, role: Role = "user"): Session {
    const problem = typeof userId === "string" ? userNameProblem(userId) : "Name must be text";
    if (problem !== undefined) throw new KalamError("invalid_name", { kind: "user", name: userId, reason: problem });
    if (!ROLES.has(role)) {
      const reason = `there is no role '${role}'; the roles are ${[...ROLES].join(", ")}`;
      throw new KalamError("config_invalid", { reason });
    }
    return new Session(this.#engine, userId, role);
  }

  /** Waits for the writes that were begun and gives the data folder free. */
  close(): Promise<void> {
    return this.#engine.close();
  }
}

/**
 * Opens a database in this process: the same engine as `kalam serve`, without a server.
 *
 * @throws KalamError `config_invalid` for an option that there is not, or a value it cannot have; `data_locked` when another process uses the folder; `data_corrupt`; `driver_unavailable`
 * @example
 * import { open } from "kalamdb";
 *
 * const db = await open({ dataDir: "./data" });
 * await db.query("CREATE NAMESPACE IF NOT EXISTS app");
 * await db.query("CREATE USER TABLE IF NOT EXISTS app.notes (id BIGINT PRIMARY KEY DEFAULT SNOWFLAKE_ID(), text TEXT)");
 * const alice = db.as("alice");
 * await alice.query("INSERT INTO app.notes (text) VALUES ($1)", ["hello"]);
 * await db.close();
 */
export async function open(options: OpenOptions = {}): Promise<EmbeddedDatabase> {
  return new EmbeddedDatabase(await Engine.open(checkOptions(options)));
}

async function* embeddedRows({ columns, rows }: StatementResult): AsyncIterable<EmbeddedRow> {
  if (columns === undefined || rows === undefined) return;
  const toObject = (row: Row): EmbeddedRow =>
    Object.fromEntries(columns.map((column, index) => [column.name, embeddedValue(row[index] ?? null)]));
  if (Symbol.asyncIterator in rows) {
    for await (const chunk of rows) yield* chunk.map(toObject);
  } else yield* rows.map(toObject);
}

function embeddedValue(value: Row[number]): EmbeddedValue {
  if (value instanceof Decimal) return value.toString();
  return isList(value) ? value.map(embeddedValue) : value;
}

function isList(value: Row[number]): value is readonly Row[number][] {
  return Array.isArray(value);
}
