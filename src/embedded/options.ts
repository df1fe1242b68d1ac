import * as v from "valibot";
import { nearest } from "../config/nearest.ts";
import { boolean, integer, oneOf, optionalText, type Setting, text } from "../config/setting.ts";
import { defaultEngineOptions as defaults, type EngineOptions } from "../engine/options.ts";
import { KalamError } from "../errors/index.ts";

/** What `open` takes: where the data is, and any limit of the engine. */
export type OpenOptions = { readonly [K in keyof EngineOptions]?: EngineOptions[K] | undefined };

const ANY_SIZE = [1, Number.MAX_SAFE_INTEGER] as const;
const COUNT = [1, 10_000_000] as const;

/** What each option may be. `docs/embedded.md` lists the same; a test compares. */
export const OPEN_OPTIONS: { readonly [K in keyof EngineOptions]: Setting<EngineOptions[K]> } = {
  dataDir: text(defaults.dataDir, "Folder of the database; made when it does not exist. Not used by `memory`."),
  driver: oneOf(["sqlite", "memory"], defaults.driver, "Where rows are kept."),
  cacheBytes: integer(defaults.cacheBytes, ANY_SIZE, "Memory for cached rows."),
  maxPartitionBytes: integer(
    defaults.maxPartitionBytes,
    ANY_SIZE,
    "A user's rows of one table, or a shared table, that need more are read from the store instead of being cached.",
  ),
  planCacheEntries: integer(defaults.planCacheEntries, COUNT, "Plans kept for statements that were seen before."),
  maxStatementBytes: integer(defaults.maxStatementBytes, ANY_SIZE, "Bytes that one SQL text may have."),
  maxParameters: integer(defaults.maxParameters, [1, 65_535], "Parameters that one statement may have."),
  maxParameterBytes: integer(defaults.maxParameterBytes, ANY_SIZE, "Bytes that one parameter may have."),
  maxResultRows: integer(
    defaults.maxResultRows,
    [0, Number.MAX_SAFE_INTEGER],
    "Rows a query may return; more is an error. 0 means no ceiling.",
  ),
  maxBatchResultBytes: integer(
    defaults.maxBatchResultBytes,
    ANY_SIZE,
    "Size of the rows that the statements of one call may answer together; a statement alone has no such limit.",
  ),
  statementTimeoutSeconds: integer(defaults.statementTimeoutSeconds, [1, 86_400], "Seconds a statement may run."),
  maxTransactionBytes: integer(
    defaults.maxTransactionBytes,
    ANY_SIZE,
    "Bytes of changes one transaction, or one statement outside of any, may hold.",
  ),
  maxWaitingWrites: integer(
    defaults.maxWaitingWrites,
    COUNT,
    "Statements that may wait to be written before new ones are turned away.",
  ),
  streamMaxRows: integer(defaults.streamMaxRows, COUNT, "Rows of one user in one STREAM table; the oldest make room."),
  streamMemoryBytes: integer(
    defaults.streamMemoryBytes,
    ANY_SIZE,
    "Memory for the rows of all STREAM tables; one user's part of a table holds at most an eighth of it.",
  ),
  analyticsMemoryBytes: integer(
    defaults.analyticsMemoryBytes,
    [1_000_000, Number.MAX_SAFE_INTEGER],
    "Memory for joins, sorts and aggregates.",
  ),
  analyticsThreads: integer(defaults.analyticsThreads, [1, 1024], "Threads for joins, sorts and aggregates."),
  analyticsConcurrency: integer(
    defaults.analyticsConcurrency,
    [1, 1024],
    "Joins, sorts and aggregates at the same time; others wait. Each holds a thread of Node's pool (4 by default).",
  ),
  maxConcurrentJobs: integer(defaults.maxConcurrentJobs, [1, 1024], "Jobs that run at the same time; others wait."),
  maxWaitingJobs: integer(defaults.maxWaitingJobs, COUNT, "Jobs that may wait before new ones are turned away."),
  maxKeptJobs: integer(defaults.maxKeptJobs, COUNT, "Jobs that are kept at most; the oldest finished ones make room."),
  jobRetries: integer(defaults.jobRetries, [0, 100], "How often a failed job is begun again."),
  jobRetryBackoffMs: integer(
    defaults.jobRetryBackoffMs,
    [1, 60_000],
    "Milliseconds before a failed job is begun again; twice as long each time after that, up to a minute.",
  ),
  jobTimeoutSeconds: integer(
    defaults.jobTimeoutSeconds,
    [0, 2 ** 31],
    "Seconds without progress after which a job counts as hanging and is ended. 0: never.",
  ),
  jobGraceSeconds: integer(
    defaults.jobGraceSeconds,
    [1, 3600],
    "Seconds that a job which is ended gets to give up before it is no longer waited for.",
  ),
  jobRetentionDays: integer(defaults.jobRetentionDays, [0, 36_500], "Days that finished jobs are kept in system.jobs."),
  shutdownTimeoutSeconds: integer(
    defaults.shutdownTimeoutSeconds,
    [0, 86_400],
    "Seconds that `close()` waits for running jobs; after that they are marked as failed.",
  ),
  storageTimeoutSeconds: integer(
    defaults.storageTimeoutSeconds,
    [1, 3600],
    "Seconds that a storage may take for one call of its file system.",
  ),
  segmentRows: integer(defaults.segmentRows, COUNT, "Rows of one segment that a flush writes."),
  segmentBytes: integer(defaults.segmentBytes, ANY_SIZE, "Bytes of rows of one segment that a flush writes."),
  compactedSegmentRows: integer(defaults.compactedSegmentRows, COUNT, "Rows of one segment that compaction writes."),
  compactionMinSegments: integer(
    defaults.compactionMinSegments,
    [2, 10_000],
    "Small segments beside each other that are worth a compaction.",
  ),
  deletedRetentionHours: integer(
    defaults.deletedRetentionHours,
    [0, 4_294_967_295],
    "Hours that deletions are kept for those who follow a table, where its own option says nothing else.",
  ),
  filterCacheBytes: integer(defaults.filterCacheBytes, ANY_SIZE, "Memory for the key filters of segments."),
  segmentMemoryBytes: integer(
    defaults.segmentMemoryBytes,
    [32_000_000, Number.MAX_SAFE_INTEGER],
    "Memory for writing segments.",
  ),
  flushDefaultRows: integer(
    defaults.flushDefaultRows,
    COUNT,
    "Hot rows that make a table flush whose policy is an interval alone.",
  ),
  flushCheckSeconds: integer(
    defaults.flushCheckSeconds,
    [0, 86_400],
    "Seconds between two looks at what has to be flushed; 0 never looks.",
  ),
  liveMaxHeldChanges: integer(
    defaults.liveMaxHeldChanges,
    COUNT,
    "Changes held back for a subscription until its initial rows were taken; beyond that it begins anew.",
  ),
  liveMaxResumeChanges: integer(
    defaults.liveMaxResumeChanges,
    COUNT,
    "Versions that a subscription which goes on may have missed; beyond that it begins anew.",
  ),
  liveSharedTablesForUsers: boolean(
    defaults.liveSharedTablesForUsers,
    "Ordinary users may subscribe to SHARED tables that they may read.",
  ),
  enforcePasswordComplexity: boolean(
    defaults.enforcePasswordComplexity,
    "Check the kinds of characters in passwords of CREATE USER and ALTER USER.",
  ),
  rootPassword: optionalText("Password that `root` gets when the database is new, for a server that opens it later."),
  nodeId: integer(
    defaults.nodeId,
    [0, 1023],
    "Part of the ids that are generated: unique among what makes ids together.",
  ),
};

/**
 * The options that were given, checked: a program in JavaScript has no compiler that would find a misspelt one.
 *
 * @throws KalamError `config_invalid`
 */
export function checkOptions(options: unknown): Partial<EngineOptions> {
  if (typeof options !== "object" || options === null || Array.isArray(options)) {
    throw invalid('open takes an object such as { dataDir: "./data" }');
  }
  const given = Object.entries(options).filter(([, value]) => value !== undefined);
  for (const [name, value] of given) {
    if (!isOption(name)) {
      const meant = nearest(name, Object.keys(OPEN_OPTIONS));
      throw invalid(`open has no option '${name}'${meant === undefined ? "" : `; did you mean '${meant}'?`}`);
    }
    const checked = v.safeParse(OPEN_OPTIONS[name].schema, value);
    if (!checked.success) throw invalid(`option '${name}' ${checked.issues[0].message}`);
  }
  return Object.fromEntries(given);
}

function isOption(name: string): name is keyof EngineOptions {
  return Object.hasOwn(OPEN_OPTIONS, name);
}

function invalid(reason: string): KalamError {
  return new KalamError("config_invalid", { reason }, { hint: "docs/embedded.md lists the options." });
}
