import { readFile } from "node:fs/promises";
import { type ChatScale, type ChatUser, generateChat } from "./generate.ts";
import { asUser, literal, modelBatches, userBatches } from "./inserts.ts";
import type { SqlClient } from "./sql-client.ts";

export interface LoadOptions {
  readonly scale: ChatScale;
  /** Requests under way at once. */
  readonly connections: number;
  readonly rowsPerInsert: number;
  /** Drops the tables of an earlier load first. Without it a load over existing rows is refused. */
  readonly fresh: boolean;
  /** Also creates every user as one who can log in with this password. */
  readonly loginPassword: string | undefined;
  /** Told what is being done, a line each time. */
  readonly log: (line: string) => void;
}

export interface LoadReport {
  /** Rows written, by table. */
  readonly rows: ReadonlyMap<string, number>;
  /** Their names. */
  readonly users: readonly string[];
  readonly requests: number;
  readonly slowedDown: number;
  readonly seconds: number;
}

const TABLES = ["messages", "conversations", "models", "presence", "typing", "thinking"];

/** Writes the example data through the server's SQL interface and checks at the end that all of it is there. */
export async function loadChat(client: SqlClient, options: LoadOptions): Promise<LoadReport> {
  const { scale, log } = options;
  const schema = await readFile(new URL("schema.sql", import.meta.url), "utf8");
  await client.run(schema);
  if (options.fresh) {
    for (const table of TABLES) await client.run(`DROP TABLE chat.${table}`);
    await client.run(schema);
  }
  if (Number(await client.value("SELECT count(*) FROM chat.models")) > 0) {
    throw new Error("There is chat data already. Load with --fresh to drop it first.");
  }
  log(`Schema made: ${TABLES.map((table) => `chat.${table}`).join(", ")}`);

  const loading = new Loading(client, options);
  // Written first: its rows say that a load was begun.
  for (const batch of modelBatches()) await loading.write(batch.table, batch.sql, batch.rows);
  const started = process.hrtime.bigint();
  await loading.writeUsers(generateChat(scale));
  const seconds = Number(process.hrtime.bigint() - started) / 1e9;

  log("Counting …");
  await loading.verify();
  const { rows, requests } = loading;
  return { rows, users: [...loading.users.keys()].sort(), requests, slowedDown: client.slowedDown, seconds };
}

class Loading {
  readonly rows = new Map<string, number>();
  /** Rows that each user must have at the end. */
  readonly users = new Map<string, { conversations: number; messages: number }>();
  requests = 0;
  readonly #client: SqlClient;
  readonly #options: LoadOptions;

  constructor(client: SqlClient, options: LoadOptions) {
    this.#client = client;
    this.#options = options;
  }

  /** Each connection takes the next user when it is done with one: the rows of a user keep their order. */
  async writeUsers(users: Iterator<ChatUser>): Promise<void> {
    await this.#everywhere(async () => {
      for (let next = users.next(); next.done !== true; next = users.next()) await this.#writeUser(next.value);
    });
  }

  async write(table: string, sql: string, rows: number): Promise<void> {
    const [result] = await this.#client.run(sql);
    this.requests++;
    if (result?.row_count !== rows) {
      throw new Error(`${table}: ${rows} rows were sent, the server says ${result?.row_count ?? "nothing"}`);
    }
    this.rows.set(table, (this.rows.get(table) ?? 0) + rows);
  }

  /** Reads the counts back, user by user. Rows of streams may be gone already and are not counted. */
  async verify(): Promise<void> {
    const waiting = this.users.entries();
    await this.#everywhere(async () => {
      for (const [user, expected] of waiting) {
        for (const table of ["conversations", "messages"] as const) {
          const found = Number(await this.#client.value(asUser(user, `SELECT count(*) FROM chat.${table}`)));
          if (found !== expected[table]) {
            throw new Error(`chat.${table} of ${user}: ${expected[table]} rows were written, ${found} are there`);
          }
        }
      }
    });
  }

  async #writeUser(user: ChatUser): Promise<void> {
    const { loginPassword, rowsPerInsert, log } = this.#options;
    if (loginPassword !== undefined) {
      await this.#client.run(`CREATE USER IF NOT EXISTS ${user.id} WITH PASSWORD ${literal(loginPassword)} ROLE user`);
      this.requests++;
    }
    for (const batch of userBatches(user, rowsPerInsert)) {
      await this.write(batch.table, asUser(user.id, batch.sql), batch.rows);
    }
    this.users.set(user.id, { conversations: user.conversations.length, messages: user.messages.length });
    if (this.users.size % 50 === 0) log(`${this.users.size} users, ${this.rows.get("chat.messages") ?? 0} messages …`);
  }

  async #everywhere(work: () => Promise<void>): Promise<void> {
    await Promise.all(Array.from({ length: this.#options.connections }, work));
  }
}
