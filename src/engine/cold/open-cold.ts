import type { HotStore } from "../../drivers/hot/hot-store.ts";
import { KeyedQueue } from "../../runtime/keyed-queue.ts";
import type { Runtime } from "../../runtime/runtime.ts";
import type { Catalog } from "../catalog/catalog.ts";
import { DuckHost } from "../duckdb/host.ts";
import type { EngineOptions } from "../options.ts";
import type { CommitPipeline } from "../rows/commit-pipeline.ts";
import type { PartitionCache } from "../rows/partition-cache.ts";
import type { Storages } from "../storages/storages.ts";
import type { Report } from "../surroundings.ts";
import { ColdRows } from "./cold-rows.ts";
import { SegmentMerger } from "./compaction/segment-merger.ts";
import { FileLedger } from "./file-ledger.ts";
import { KeyFilters } from "./key-filters.ts";
import { ManifestRecovery } from "./manifest-recovery.ts";
import { publishStale } from "./publish.ts";
import { ScratchFolder } from "./scratch-folder.ts";
import { SegmentFiles } from "./segment-files.ts";
import { SegmentReader } from "./segment-reader.ts";
import { SegmentWriter } from "./segment-writer.ts";

/** Connections that read segments for key lookups and scans by key. */
const READERS = 8;
/** Connections that write segments. */
const WRITERS = 2;
/**
 * Threads of DuckDB for writing, beside the event loop that feeds it and the store that is read: with a second one, rows were written
 * no sooner, and the threads that wait for each other took half as much time again from everybody else.
 */
const WRITER_THREADS = 1;

/** What reads and writes cold rows. */
export interface ColdParts {
  readonly rows: ColdRows;
  readonly writer: SegmentWriter;
  readonly merger: SegmentMerger;
  readonly ledger: FileLedger;
  readonly scratch: ScratchFolder;
  /** Flush and compaction of one partition, one after another; by the prefix of the partition. */
  readonly work: KeyedQueue;
  close(): Promise<void>;
}

export interface ColdSurroundings {
  readonly options: EngineOptions;
  readonly runtime: Runtime;
  readonly store: HotStore;
  readonly cache: PartitionCache;
  readonly pipeline: CommitPipeline;
  readonly catalog: Catalog;
  readonly storages: Storages;
  readonly report: Report;
  readonly dataDir: string | undefined;
}

/** Opens what belongs to cold rows and puts right what a crash has left: files that no manifest lists, stale copies of manifests. */
export async function openCold(around: ColdSurroundings): Promise<ColdParts> {
  const { options, runtime, store, pipeline, storages, report } = around;
  const scratch = new ScratchFolder(around.dataDir);
  await scratch.clear();
  const directories = (): readonly string[] => [...storages.directories, scratch.directory];
  const common = { directories: directories(), runtime };
  const readers = new DuckHost({
    ...common,
    memoryLimitBytes: options.analyticsMemoryBytes,
    threads: options.analyticsThreads,
    maxConcurrent: READERS,
    temporaryDirectory: undefined,
  });
  const writers = new DuckHost({
    ...common,
    memoryLimitBytes: options.segmentMemoryBytes,
    threads: WRITER_THREADS,
    maxConcurrent: WRITERS,
    temporaryDirectory: scratch.spill,
  });
  storages.onChange(() => {
    for (const duck of [readers, writers]) duck.setDirectories(directories());
  });
  const files = new SegmentFiles();
  const work = new KeyedQueue();
  const ledger = new FileLedger(store, pipeline, storages, files, runtime.milestones);
  const filters = new KeyFilters(store, options.filterCacheBytes, report);
  const rows = new ColdRows(new SegmentReader(readers), filters, storages, files);
  const recovery = new ManifestRecovery({ ...around, ledger, filters, duck: readers });
  around.cache.manifests.recoverWith((...damaged) => recovery.recover(...damaged));
  for (const { path, error } of await ledger.sweep()) report(`${path} cannot be deleted yet`, error);
  for (const { path, error } of await publishStale(around, work)) report(`${path} cannot be written yet`, error);
  return {
    rows,
    writer: new SegmentWriter(writers),
    merger: new SegmentMerger(writers, scratch, rows),
    ledger,
    scratch,
    work,
    async close() {
      readers.close();
      writers.close();
      await scratch.close();
    },
  };
}
