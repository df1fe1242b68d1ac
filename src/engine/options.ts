/** What an engine is opened with. Every limit has a default in `defaultEngineOptions`. */
export interface EngineOptions {
  /** Folder of the database; made when it does not exist. Not used by the memory driver. */
  readonly dataDir: string;
  readonly driver: "sqlite" | "memory";
  /** Memory for cached rows, in bytes. */
  readonly cacheBytes: number;
  /** A partition that needs more than this is read from the store instead of being cached, in bytes. */
  readonly maxPartitionBytes: number;
  /** Plans kept for statements that were seen before. */
  readonly planCacheEntries: number;
  readonly maxStatementBytes: number;
  readonly maxParameters: number;
  readonly maxParameterBytes: number;
  /** Rows a query may return; 0 means no ceiling. */
  readonly maxResultRows: number;
  /** Bytes of rows that the statements of one request may answer together, where there are several. */
  readonly maxBatchResultBytes: number;
  /** Seconds a statement may run. */
  readonly statementTimeoutSeconds: number;
  /** Bytes of changes one transaction, or one statement outside of any, may hold. */
  readonly maxTransactionBytes: number;
  /** Statements that may wait for the commit pipeline before new ones are turned away. */
  readonly maxWaitingWrites: number;
  /** Rows one STREAM partition (a user's rows of one table) may hold; the oldest make room. */
  readonly streamMaxRows: number;
  /** Memory for the rows of all STREAM tables, in bytes; one partition may hold an eighth of it. */
  readonly streamMemoryBytes: number;
  readonly analyticsMemoryBytes: number;
  readonly analyticsThreads: number;
  /** Analytical queries that run at the same time; others wait. Each holds a thread of the pool (4 by default) that writes need too. */
  readonly analyticsConcurrency: number;
  /** Jobs that run at the same time. */
  readonly maxConcurrentJobs: number;
  /** Jobs that may wait before new ones are turned away. */
  readonly maxWaitingJobs: number;
  /** Documents of jobs that are kept, whatever their age; the oldest finished ones make room. */
  readonly maxKeptJobs: number;
  /** How often a failed job is begun again. */
  readonly jobRetries: number;
  /** Milliseconds before the first retry; twice as long before each one after it, up to a minute. */
  readonly jobRetryBackoffMs: number;
  /** Seconds without progress after which a job counts as hanging and is ended; 0 means never. */
  readonly jobTimeoutSeconds: number;
  /** Seconds that a job which is ended gets to give up before it is no longer waited for. */
  readonly jobGraceSeconds: number;
  /** Days that finished jobs are kept. */
  readonly jobRetentionDays: number;
  /** Seconds that running jobs get when the engine is closed. */
  readonly shutdownTimeoutSeconds: number;
  /** Seconds that a storage may take for one call of its file system. */
  readonly storageTimeoutSeconds: number;
  /** Rows of one segment that a flush writes. */
  readonly segmentRows: number;
  /** Bytes of rows, as the hot store has them, of one segment that a flush writes. */
  readonly segmentBytes: number;
  /** Rows of one segment that compaction writes. */
  readonly compactedSegmentRows: number;
  /** Small segments beside each other that are worth a compaction. */
  readonly compactionMinSegments: number;
  /** Hours that deletions are kept for those who follow a table, where its `DELETED_RETENTION_HOURS` says nothing else. */
  readonly deletedRetentionHours: number;
  /** Memory for the key filters of segments, in bytes. */
  readonly filterCacheBytes: number;
  /** Memory that DuckDB may use for writing segments, in bytes. */
  readonly segmentMemoryBytes: number;
  /** Hot rows of a table with the flush policy `interval:` alone that make it flush before its time. */
  readonly flushDefaultRows: number;
  /** Seconds between two looks at what has to be flushed; 0 never looks. */
  readonly flushCheckSeconds: number;
  /** Changes held back for a subscription until its initial rows were taken; beyond that it has to begin anew. */
  readonly liveMaxHeldChanges: number;
  /** Versions that a subscription which goes on may have missed; beyond that it has to begin anew. */
  readonly liveMaxResumeChanges: number;
  /** Ordinary users may subscribe to SHARED tables that they may read. */
  readonly liveSharedTablesForUsers: boolean;
  /** Check the kinds of characters in passwords of CREATE USER and ALTER USER. */
  readonly enforcePasswordComplexity: boolean;
  /** Password of `root` when the database is new; without one the server must be set up first. */
  readonly rootPassword: string | undefined;
  /** 0–1023; unique among servers that share a store. */
  readonly nodeId: number;
}

export const defaultEngineOptions: EngineOptions = {
  dataDir: "./data",
  driver: "sqlite",
  cacheBytes: 128 * 1024 * 1024,
  maxPartitionBytes: 64 * 1024 * 1024,
  planCacheEntries: 1000,
  maxStatementBytes: 1024 * 1024,
  maxParameters: 50,
  maxParameterBytes: 512 * 1024,
  maxResultRows: 0,
  maxBatchResultBytes: 64 * 1024 * 1024,
  statementTimeoutSeconds: 30,
  maxTransactionBytes: 100 * 1024 * 1024,
  maxWaitingWrites: 100_000,
  streamMaxRows: 10_000,
  streamMemoryBytes: 256 * 1024 * 1024,
  analyticsMemoryBytes: 256 * 1024 * 1024,
  analyticsThreads: 2,
  analyticsConcurrency: 2,
  maxConcurrentJobs: 4,
  maxWaitingJobs: 10_000,
  maxKeptJobs: 10_000,
  jobRetries: 3,
  jobRetryBackoffMs: 100,
  jobTimeoutSeconds: 3600,
  jobGraceSeconds: 5,
  jobRetentionDays: 7,
  shutdownTimeoutSeconds: 300,
  storageTimeoutSeconds: 60,
  segmentRows: 250_000,
  segmentBytes: 32 * 1024 * 1024,
  compactedSegmentRows: 1_000_000,
  compactionMinSegments: 8,
  deletedRetentionHours: 24,
  filterCacheBytes: 32 * 1024 * 1024,
  segmentMemoryBytes: 256 * 1024 * 1024,
  flushDefaultRows: 10_000,
  flushCheckSeconds: 60,
  liveMaxHeldChanges: 10_000,
  liveMaxResumeChanges: 100_000,
  liveSharedTablesForUsers: false,
  enforcePasswordComplexity: false,
  rootPassword: undefined,
  nodeId: 1,
};
