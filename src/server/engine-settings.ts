import type { Config } from "../config/index.ts";
import type { EngineOptions } from "../engine/options.ts";

const MIB = 1024 * 1024;

/** The part of a configuration that the engine is opened with. */
export function engineSettings(config: Config): Partial<EngineOptions> {
  return {
    dataDir: config["storage.data_path"],
    driver: config["hot_store.driver"],
    cacheBytes: config["cache.memory_mib"] * MIB,
    maxPartitionBytes: config["cache.max_partition_mib"] * MIB,
    planCacheEntries: config["execution.sql_plan_cache_max_entries"],
    maxStatementBytes: config["limits.max_sql_bytes"],
    maxParameters: config["execution.max_parameters"],
    maxParameterBytes: config["execution.max_parameter_size_bytes"],
    maxResultRows: config["limits.max_result_rows"],
    maxBatchResultBytes: config["limits.max_batch_result_mib"] * MIB,
    statementTimeoutSeconds: config["execution.handler_timeout_seconds"],
    maxTransactionBytes: config.max_transaction_buffer_bytes,
    maxWaitingWrites: config["limits.max_waiting_writes"],
    streamMaxRows: config["stream.default_max_buffer"],
    streamMemoryBytes: config["stream.memory_mib"] * MIB,
    analyticsMemoryBytes: config["analytics.memory_limit_mb"] * 1_000_000,
    analyticsThreads: config["analytics.threads"],
    analyticsConcurrency: config["analytics.max_concurrent"],
    maxConcurrentJobs: config["jobs.max_concurrent"],
    maxWaitingJobs: config["jobs.max_waiting"],
    maxKeptJobs: config["jobs.max_kept"],
    jobRetries: config["jobs.max_retries"],
    jobRetryBackoffMs: config["jobs.retry_backoff_ms"],
    jobTimeoutSeconds: config["jobs.timeout_seconds"],
    jobGraceSeconds: config["jobs.grace_seconds"],
    jobRetentionDays: config["jobs.retention_days"],
    shutdownTimeoutSeconds: config["shutdown.flush.timeout"],
    storageTimeoutSeconds: config["storage.timeout_seconds"],
    segmentRows: config["flush.segment_rows"],
    segmentBytes: config["flush.segment_mib"] * MIB,
    segmentMemoryBytes: config["flush.memory_limit_mb"] * 1_000_000,
    flushDefaultRows: config["flush.default_row_limit"],
    flushCheckSeconds: config["flush.check_interval_seconds"],
    compactedSegmentRows: config["compaction.segment_rows"],
    compactionMinSegments: config["compaction.min_segments"],
    deletedRetentionHours: config["compaction.deleted_retention_hours"],
    filterCacheBytes: config["cache.key_filters_mib"] * MIB,
    liveMaxHeldChanges: config["live.max_held_changes"],
    liveMaxResumeChanges: config["live.max_resume_changes"],
    liveSharedTablesForUsers: config["live.shared_tables_for_users"],
    enforcePasswordComplexity: config["auth.enforce_password_complexity"],
    rootPassword: config["auth.root_password"],
  };
}
