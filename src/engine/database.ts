import type { HotStore } from "../drivers/hot/hot-store.ts";
import type { Runtime } from "../runtime/runtime.ts";
import type { Accounts } from "./auth/accounts.ts";
import type { Catalog } from "./catalog/catalog.ts";
import type { ColdParts } from "./cold/open-cold.ts";
import type { DuckHost } from "./duckdb/host.ts";
import type { Jobs } from "./jobs/jobs.ts";
import type { LiveQueries } from "./live/live-queries.ts";
import type { EngineOptions } from "./options.ts";
import type { AnalyticalEngine } from "./query/analytic/index.ts";
import type { RetryLane } from "./retry-lane.ts";
import type { CommitPipeline } from "./rows/commit-pipeline.ts";
import type { PartitionCache } from "./rows/partition-cache.ts";
import type { SqlParser } from "./sql/index.ts";
import type { Storages } from "./storages/storages.ts";

/** The parts of an open engine, as the statements use them. */
export interface Database {
  readonly options: EngineOptions;
  readonly runtime: Runtime;
  readonly store: HotStore;
  readonly cache: PartitionCache;
  readonly pipeline: CommitPipeline;
  readonly cold: ColdParts;
  readonly catalog: Catalog;
  readonly retries: RetryLane;
  readonly accounts: Accounts;
  readonly storages: Storages;
  readonly parser: SqlParser;
  readonly duck: DuckHost;
  readonly analytics: AnalyticalEngine;
  readonly jobs: Jobs;
  readonly live: LiveQueries;
  /** Microseconds since 1970. */
  readonly startedAt: bigint;
}
