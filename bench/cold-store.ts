import { cp, readdir, rm } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import type { SqlClient } from "../examples/chat/sql-client.ts";
import type { Bench } from "./bench.ts";
import { COLD_SCHEMA, coldInsertSql } from "./cold-rows.ts";
import type { KalamServer } from "./peers/kalam-server.ts";

const ROWS_PER_INSERT = 2000;
const AT_ONCE = 4;
const POLL_MILLIS = 10;
const OPEN_JOBS = "SELECT job_type, status, message FROM system.jobs WHERE status NOT IN ('completed', 'skipped')";

/** Loads the rows of `bench/cold-rows.ts`. */
export async function loadRows(client: SqlClient, from: number, to: number): Promise<void> {
  const starts = Array.from(
    { length: Math.ceil((to - from) / ROWS_PER_INSERT) },
    (_, at) => from + at * ROWS_PER_INSERT,
  );
  const work = async (): Promise<void> => {
    for (let start = starts.shift(); start !== undefined; start = starts.shift()) {
      await client.run(coldInsertSql("bench.cold", start, Math.min(to, start + ROWS_PER_INSERT)));
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
}

/** The same spread over users. */
export async function loadUserRows(client: SqlClient, users: number, rowsEach: number): Promise<void> {
  for (let user = 0; user < users; user++) {
    const insert = coldInsertSql("bench.cold_users", user * rowsEach, (user + 1) * rowsEach);
    await client.run(`EXECUTE AS USER 'user${user}' (${insert})`);
  }
}

/** Waits until all jobs have ended. @throws when one failed */
export async function jobsEnded(client: SqlClient): Promise<void> {
  for (;;) {
    const [result] = await client.run(OPEN_JOBS);
    const open = result?.rows ?? [];
    const failed = open.find(([, status]) => status === "failed" || status === "cancelled");
    if (failed !== undefined) throw new Error(`A ${String(failed[0])} failed: ${String(failed[2])}`);
    if (open.length === 0) return;
    await sleep(POLL_MILLIS);
  }
}

/** @returns seconds from the statement to the end of its job, and of what follows from it */
export async function flush(client: SqlClient, table: string): Promise<number> {
  const begin = performance.now();
  await client.run(`STORAGE FLUSH TABLE ${table}`);
  await jobsEnded(client);
  return (performance.now() - begin) / 1000;
}

/** A data folder with rows that nobody has flushed, of which each measurement takes a copy. */
export class ColdStore {
  readonly #bench: Bench;
  readonly #dataDir: string;

  private constructor(bench: Bench, dataDir: string) {
    this.#bench = bench;
    this.#dataDir = dataDir;
  }

  static async fill(bench: Bench, load: (client: SqlClient) => Promise<void>): Promise<ColdStore> {
    const dataDir = `${await bench.folder("cold-")}/data`;
    const server = await bench.startKalam({ dataDir });
    const client = await server.login();
    await client.run(COLD_SCHEMA);
    await load(client);
    await server.stop();
    return new ColdStore(bench, dataDir);
  }

  /** Runs work with a server on a copy. */
  async use<T>(
    work: (server: KalamServer, client: SqlClient, dataDir: string) => Promise<T>,
    probed = false,
  ): Promise<T> {
    const dataDir = `${await this.#bench.folder("copy-")}/data`;
    await cp(this.#dataDir, dataDir, { recursive: true });
    const server = await this.#bench.startKalam({ dataDir, probed });
    try {
      return await work(server, await server.login(), dataDir);
    } finally {
      await server.stop();
      await rm(dataDir, { recursive: true, force: true });
    }
  }
}

/** The segment files below a data folder. */
export async function segmentFiles(dataDir: string): Promise<string[]> {
  const entries = await readdir(`${dataDir}/storage`, { recursive: true, withFileTypes: true });
  return entries.filter(({ name }) => name.endsWith(".parquet")).map(({ parentPath, name }) => `${parentPath}/${name}`);
}
