import type { Bench } from "../bench.ts";
import type { LoadJob } from "../load/job.ts";
import type { Postgres } from "../peers/postgres.ts";
import type { Contender } from "../rounds.ts";

export const PREPARED = "PostgreSQL, prepared";
export const SIMPLE = "PostgreSQL, plain text";
export const BARE_HTTP = "node:http";
export const DUCKDB = "DuckDB alone";
export const KALAM = "KalamDB";

/** Load over HTTP, on KalamDB or on something that answers in its place. */
export function overHttp(bench: Bench, name: string, job: Omit<LoadJob, "serial" | "seconds">): Contender {
  return {
    name,
    measure: async (seconds) => {
      const { requests, seconds: taken, latency } = await bench.load.run({ ...job, seconds });
      return { rate: requests / taken, latency: { ...latency } };
    },
  };
}

/** The same statement on PostgreSQL, in both of pgbench's modes; nothing where there is no PostgreSQL. */
export function onPostgres(postgres: Postgres | undefined, script: string, connections: number): Contender[] {
  if (postgres === undefined) return [];
  return (["prepared", "simple"] as const).map((mode) => ({
    name: mode === "prepared" ? PREPARED : SIMPLE,
    measure: async (seconds) => {
      const { rate, latency } = await postgres.pgbench({ script, connections, seconds, mode });
      return { rate, latency: { average: latency } };
    },
  }));
}
