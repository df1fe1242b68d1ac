import { execFile } from "node:child_process";
import { access, readdir } from "node:fs/promises";
import { promisify } from "node:util";

const run = promisify(execFile);
const DEBIAN_FOLDER = "/usr/lib/postgresql";

export const INSTALL_HINT =
  "PostgreSQL is not installed (Debian: apt-get install postgresql). Ratios to it are not measured.";

/** The folder with `initdb`, `postgres` and `pgbench`, or undefined. KALAMDB_BENCH_PG_BIN names another one. */
export async function findPostgres(): Promise<string | undefined> {
  for (const folder of await candidates()) {
    const tools = ["initdb", "postgres", "pgbench", "psql"].map((tool) => access(`${folder}/${tool}`));
    if ((await Promise.allSettled(tools)).every((tool) => tool.status === "fulfilled")) return folder;
  }
  return undefined;
}

async function candidates(): Promise<string[]> {
  const named = process.env.KALAMDB_BENCH_PG_BIN;
  if (named !== undefined) return [named];
  const versions = await readdir(DEBIAN_FOLDER).catch(() => []);
  versions.sort((a, b) => Number(b) - Number(a));
  const debian = versions.map((version) => `${DEBIAN_FOLDER}/${version}/bin`);
  const elsewhere = await run("pg_config", ["--bindir"]).catch(() => undefined);
  return elsewhere === undefined ? debian : [...debian, elsewhere.stdout.trim()];
}

/** PostgreSQL refuses to run as root: then it runs as the user that its package made. */
export async function postgresAccount(): Promise<{ uid: number; gid: number } | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const uid = await run("id", ["-u", "postgres"]);
  const gid = await run("id", ["-g", "postgres"]);
  return { uid: Number(uid.stdout), gid: Number(gid.stdout) };
}
