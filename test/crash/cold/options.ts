import type { EngineOptions } from "../../../src/engine/options.ts";

/** Small segments, so that a few rows make several; partitions that are sometimes in memory and sometimes not. */
export const OPTIONS = {
  driver: "sqlite",
  segmentRows: 25,
  compactedSegmentRows: 60,
  compactionMinSegments: 4,
  deletedRetentionHours: 0,
  maxPartitionBytes: 9_000,
  cacheBytes: 30_000,
  jobRetryBackoffMs: 5,
  jobRetries: 20,
  flushCheckSeconds: 0,
  analyticsMemoryBytes: 64 * 1024 * 1024,
  segmentMemoryBytes: 64 * 1024 * 1024,
} as const satisfies Partial<EngineOptions>;
