import { arch, cpus, hostname, platform, totalmem } from "node:os";
import type { Database } from "../database.ts";
import type { JobStatus } from "../jobs/job.ts";
import { type Row, STORABLE_KINDS } from "../types/column-type.ts";
import { postgresTypeName, sqlTypeName } from "../types/index.ts";
import { computedRelation } from "./system-relation.ts";

const MIB = 1024 * 1024;

export const stats = computedRelation(
  "system.stats",
  [
    ["metric_name", "text"],
    ["metric_value", "text"],
  ],
  statRows,
);

async function statRows(database: Database): Promise<readonly Row[]> {
  const { runtime, cache, catalog, cold, jobs, store } = database;
  const jobCount = (status: JobStatus): number => jobs.list().filter((job) => job.status === status).length;
  const memory = process.memoryUsage();
  const uptimeSeconds = (runtime.clock.nowMicros() - database.startedAt) / 1_000_000n;
  const figures: Record<string, string | number | bigint> = {
    cpu_logical_cores: cpus().length,
    hot_store_bytes: await store.size(),
    jobs_failed: jobCount("failed"),
    jobs_queued: jobCount("queued"),
    jobs_running: jobCount("running"),
    memory_heap_used_bytes: memory.heapUsed,
    memory_rss_bytes: memory.rss,
    memory_rss_mb: Math.round(memory.rss / MIB),
    memory_usage_bytes: memory.rss,
    memory_usage_mb: Math.round(memory.rss / MIB),
    node_id: database.options.nodeId,
    partition_cache_bytes: Math.round(cache.bytes),
    partition_cache_count: cache.partitionCount,
    pid: process.pid,
    segment_files_opened: cold.rows.filesOpened,
    server_uptime_seconds: uptimeSeconds,
    system_total_memory_mb: Math.round(totalmem() / MIB),
    total_jobs: jobs.list().length,
    total_namespaces: catalog.namespaces().length,
    total_storages: catalog.storages().length,
    total_tables: catalog.tables().length,
    total_views: catalog.views().length,
  };
  return Object.entries(figures).map(([name, value]) => [name, String(value)]);
}

export const settings = computedRelation(
  "system.settings",
  [
    ["name", "text"],
    ["value", "text"],
    ["description", "text"],
    ["category", "text"],
  ],
  settingRows,
);

const DESCRIPTIONS: Readonly<Record<string, string>> = {
  "hot_store.driver": "Where fresh rows are kept",
  "cache.memory_bytes": "Memory for cached rows",
  "cache.max_partition_bytes": "Largest partition that is cached",
  "jobs.max_concurrent": "Jobs that run at the same time",
  "jobs.max_retries": "How often a failed job is begun again",
  "jobs.retention_days": "Days that finished jobs are kept",
  "jobs.timeout_seconds": "Seconds without progress after which a job counts as hanging; 0: never",
  "limits.max_result_rows": "Rows a query may return; 0 means no ceiling",
  "limits.max_sql_bytes": "Bytes of one SQL text",
  "limits.max_waiting_writes": "Writes that may wait for the disk",
  "execution.handler_timeout_seconds": "Seconds a statement may run",
  "execution.max_parameters": "Parameters of one statement",
  "execution.max_parameter_size_bytes": "Bytes of one parameter",
  "analytics.memory_limit_bytes": "Memory for joins, sorts and aggregates",
  "analytics.threads": "Threads for joins, sorts and aggregates",
  "storage.timeout_seconds": "Seconds a storage may take for one call of its file system",
  "stream.default_max_buffer": "Rows of one user in one stream",
  "stream.memory_bytes": "Memory for the rows of all streams",
  max_transaction_buffer_bytes: "Bytes of changes one transaction, or one statement outside of any, may hold",
};

export function settingRows({ options }: Database): readonly Row[] {
  const values: Record<string, string | number> = {
    "analytics.memory_limit_bytes": options.analyticsMemoryBytes,
    "analytics.threads": options.analyticsThreads,
    "cache.max_partition_bytes": options.maxPartitionBytes,
    "cache.memory_bytes": options.cacheBytes,
    "execution.handler_timeout_seconds": options.statementTimeoutSeconds,
    "execution.max_parameter_size_bytes": options.maxParameterBytes,
    "execution.max_parameters": options.maxParameters,
    "hot_store.driver": options.driver,
    "jobs.max_concurrent": options.maxConcurrentJobs,
    "jobs.max_retries": options.jobRetries,
    "jobs.retention_days": options.jobRetentionDays,
    "jobs.timeout_seconds": options.jobTimeoutSeconds,
    "limits.max_result_rows": options.maxResultRows,
    "limits.max_sql_bytes": options.maxStatementBytes,
    "limits.max_waiting_writes": options.maxWaitingWrites,
    max_transaction_buffer_bytes: options.maxTransactionBytes,
    "storage.timeout_seconds": options.storageTimeoutSeconds,
    "stream.default_max_buffer": options.streamMaxRows,
    "stream.memory_bytes": options.streamMemoryBytes,
  };
  return Object.entries(values).map(([name, value]) => [
    name,
    String(value),
    DESCRIPTIONS[name] ?? "",
    name.includes(".") ? name.slice(0, name.indexOf(".")) : "general",
  ]);
}

export const datatypes = computedRelation(
  "system.datatypes",
  [
    ["sql_name", "text"],
    ["postgres_name", "text"],
    ["kind", "text"],
  ],
  () => STORABLE_KINDS.map((kind) => [sqlTypeName({ kind }), postgresTypeName({ kind }), kind]),
);

export const cluster = computedRelation(
  "system.cluster",
  [
    ["cluster_id", "text"],
    ["node_id", "bigint"],
    ["role", "text"],
    ["status", "text"],
    ["is_self", "boolean"],
    ["is_leader", "boolean"],
    ["hostname", "text", "null"],
    ["memory_mb", "bigint", "null"],
    ["memory_usage_mb", "bigint", "null"],
    ["uptime_seconds", "bigint", "null"],
    ["os", "text", "null"],
    ["arch", "text", "null"],
  ],
  ({ options, runtime, startedAt }) => [
    [
      "standalone",
      BigInt(options.nodeId),
      "leader",
      "active",
      true,
      true,
      hostname(),
      BigInt(Math.round(totalmem() / MIB)),
      BigInt(Math.round(process.memoryUsage().rss / MIB)),
      (runtime.clock.nowMicros() - startedAt) / 1_000_000n,
      platform(),
      arch(),
    ],
  ],
);
