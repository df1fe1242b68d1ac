import { isAdmin } from "../auth/roles.ts";
import type { Database } from "../database.ts";
import type { Execution } from "../execution.ts";
import type { Job } from "../jobs/job.ts";
import type { Row } from "../types/column-type.ts";
import { computedRelation, type SystemColumn } from "./system-relation.ts";

/** `system.jobs`, newest first. Columns that one server alone has no use for are there for clients, and NULL. */
export const jobs = computedRelation(
  "system.jobs",
  [
    ["job_id", "text"],
    ["job_type", "text"],
    ["status", "text"],
    ["leader_status", "text", "null"],
    ["parameters", "json", "null"],
    ["message", "text", "null"],
    ["exception_trace", "text", "null"],
    ["idempotency_key", "text", "null"],
    ["queue", "text", "null"],
    ["priority", "integer", "null"],
    ["retry_count", "smallint"],
    ["max_retries", "smallint"],
    ["memory_used", "bigint", "null"],
    ["cpu_used", "bigint", "null"],
    ["created_at", "timestamp"],
    ["updated_at", "timestamp"],
    ["started_at", "timestamp", "null"],
    ["finished_at", "timestamp", "null"],
    ["node_id", "bigint"],
    ["leader_node_id", "bigint", "null"],
  ],
  ({ jobs: all, options }) =>
    all
      .list()
      .toReversed()
      .map((job) => [
        job.id,
        job.type,
        job.status,
        null,
        JSON.stringify(job.parameters),
        wireMessage(job),
        job.trace,
        job.idempotencyKey,
        null,
        null,
        job.retries,
        job.maxRetries,
        null,
        null,
        micros(job.createdAt),
        micros(job.updatedAt),
        micros(job.startedAt),
        micros(job.finishedAt),
        BigInt(options.nodeId),
        null,
      ]),
);

export const SHOWN_JOB_COLUMNS: readonly SystemColumn[] = [
  ["job_id", "text"],
  ["job_type", "text"],
  ["status", "text"],
  ["parameters", "json"],
  ["message", "text", "null"],
  ["retries", "smallint"],
  ["created_by", "text", "null"],
  ["created_at", "timestamp"],
  ["started_at", "timestamp", "null"],
  ["finished_at", "timestamp", "null"],
];

/** What SHOW JOBS answers: everybody the jobs of their own making, administrators all. Newest first. */
export function shownJobRows(database: Database, execution: Execution, ids: readonly string[] | undefined): Row[] {
  const { userId, role } = execution.principal;
  const wanted = ids && new Set(ids);
  return database.jobs
    .list()
    .filter(({ id, createdBy }) => (wanted?.has(id) ?? true) && (isAdmin(role) || createdBy === userId))
    .toReversed()
    .map((job) => [
      job.id,
      job.type,
      job.status,
      JSON.stringify(job.parameters),
      job.message,
      job.retries,
      job.createdBy,
      micros(job.createdAt),
      micros(job.startedAt),
      micros(job.finishedAt),
    ]);
}

/** Clients expect the message of a success in an object. */
function wireMessage({ status, message }: Job): string | null {
  return status === "completed" ? JSON.stringify({ message }) : message;
}

function micros(millis: number): bigint;
function micros(millis: number | null): bigint | null;
function micros(millis: number | null): bigint | null {
  return millis === null ? null : BigInt(millis) * 1000n;
}
