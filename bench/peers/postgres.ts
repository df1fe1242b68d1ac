import { execFile } from "node:child_process";
import { chown, mkdir, writeFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { freePort } from "../process/network.ts";
import type { Resources, Started } from "../process/resources.ts";
import { findPostgres, postgresAccount } from "./postgres-binaries.ts";

const run = promisify(execFile);
const START_MILLIS = 30_000;
/** pgbench opens its connections within its time, and then counts without them. */
const CONNECTING_SECONDS = 1;

export interface PgbenchJob {
  /** A pgbench script; `:base` is a number that no other job of this run has. */
  readonly script: string;
  readonly connections: number;
  readonly seconds: number;
  readonly mode: "prepared" | "simple";
}

/**
 * A PostgreSQL of its own in a temporary folder, with the settings of a fresh installation: `fsync` and
 * `synchronous_commit` are on. It listens on loopback TCP, as KalamDB does.
 */
export class Postgres {
  readonly version: string;
  readonly secondsToStart: number;
  readonly #bin: string;
  readonly #folder: string;
  readonly #port: number;
  readonly #started: Started;
  #serial = 0;

  constructor(bin: string, folder: string, port: number, started: Started, version: string, secondsToStart: number) {
    this.#bin = bin;
    this.#folder = folder;
    this.#port = port;
    this.#started = started;
    this.version = version;
    this.secondsToStart = secondsToStart;
  }

  /** @returns undefined where PostgreSQL is not installed. */
  static async start(resources: Resources, base: string): Promise<Postgres | undefined> {
    const bin = await findPostgres();
    if (bin === undefined) return undefined;
    const account = await postgresAccount();
    const folder = await resources.folder(base, "postgres-");
    const data = `${folder}/data`;
    await mkdir(data, { mode: 0o700 });
    if (account !== undefined) await chown(data, account.uid, account.gid);
    await run(`${bin}/initdb`, ["-D", data, "-A", "trust", "-U", "bench", "-E", "UTF8", "--locale=C"], {
      ...account,
      cwd: folder,
    });
    const port = await freePort();
    const begin = performance.now();
    // SIGINT is its fast shutdown: it ends open sessions and writes everything out.
    const args = ["-D", data, "-p", String(port), "-h", "127.0.0.1", "-k", ""];
    const started = resources.start(`${bin}/postgres`, args, { ...account, cwd: folder }, "SIGINT");
    await ready(bin, port, started);
    const seconds = (performance.now() - begin) / 1000;
    const { stdout } = await run(`${bin}/postgres`, ["--version"]);
    return new Postgres(bin, folder, port, started, stdout.trim(), seconds);
  }

  get port(): number {
    return this.#port;
  }

  get pid(): number {
    return this.#started.pid;
  }

  /** The `psql` beside it, for what a command costs to start. */
  get psqlPath(): string {
    return `${this.#bin}/psql`;
  }

  async sql(text: string): Promise<void> {
    await this.#psql("-c", text);
  }

  /** Many statements, one after another. */
  async script(text: string): Promise<void> {
    const file = `${this.#folder}/statements.sql`;
    await writeFile(file, text);
    await this.#psql("-f", file);
  }

  /** Transactions a second; the script holds one statement. */
  async pgbench(job: PgbenchJob): Promise<{ rate: number; latency: number }> {
    const file = `${this.#folder}/script.sql`;
    await writeFile(file, job.script);
    this.#serial++;
    const { stdout } = await run(`${this.#bin}/pgbench`, [
      ...this.#target(),
      "--no-vacuum",
      ...["--file", file, "--protocol", job.mode, "--time", String(Math.ceil(job.seconds) + CONNECTING_SECONDS)],
      ...["--client", String(job.connections), "--jobs", String(Math.min(2, job.connections))],
      ...["--define", `base=${this.#serial * 1_000_000_000}`, "--define", "n=0", "postgres"],
    ]);
    const rate = /^tps = ([\d.]+)/m.exec(stdout);
    const latency = /^latency average = ([\d.]+) ms/m.exec(stdout);
    const failed = /failed transactions: (\d+)/.exec(stdout);
    if (rate === null || Number(failed?.[1] ?? 0) > 0) throw new Error(`pgbench failed:\n${stdout}`);
    return { rate: Number(rate[1]), latency: Number(latency?.[1] ?? 0) };
  }

  async #psql(...what: string[]): Promise<void> {
    await run(this.psqlPath, [...this.#target(), "-X", "-q", "-v", "ON_ERROR_STOP=1", ...what, "postgres"]);
  }

  #target(): string[] {
    return ["-h", "127.0.0.1", "-p", String(this.#port), "-U", "bench"];
  }
}

async function ready(bin: string, port: number, started: Started): Promise<void> {
  for (const deadline = performance.now() + START_MILLIS; performance.now() < deadline; await sleep(10)) {
    const answer = run(`${bin}/pg_isready`, ["-q", "-h", "127.0.0.1", "-p", String(port)]);
    if (
      await answer.then(
        () => true,
        () => false,
      )
    )
      return;
    if (started.child.exitCode !== null) break;
  }
  throw new Error(`PostgreSQL did not start:\n${started.lastWords()}`);
}
