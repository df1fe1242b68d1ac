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
import { FileLedger } from "./file-ledger.ts";
import { KeyFilters } from "./key-filters.ts";
import { publishStale } from "./publish.ts";
import { ScratchFolder } from "./scratch-folder.ts";
import { SegmentFiles } from "./segment-files.ts";
import { SegmentReader } from "./segment-reader.ts";
import { SegmentWriter } from "./segment-writer.ts";

/** Connections that read segments for key lookups and scans by key. */
const READERS = 8;
/** Connections that write segments. */
const WRITERS = 2;

/** What reads and writes cold rows. */
export interface ColdParts {
  readonly rows: ColdRows;
  readonly writer: SegmentWriter;
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
  const host = (maxConcurrent: number, memoryLimitBytes: number): DuckHost =>
    new DuckHost({
      memoryLimitBytes,
      threads: options.analyticsThreads,
      maxConcurrent,
      temporaryDirectory: undefined,
      directories: directories(),
      runtime,
    });
  const directories = (): readonly string[] => [...storages.directories, scratch.directory];
  const readers = host(READERS, options.analyticsMemoryBytes);
  const writers = host(WRITERS, options.segmentMemoryBytes);
  storages.onChange(() => {
    for (const duck of [readers, writers]) duck.setDirectories(directories());
  });
  const files = new SegmentFiles();
  const ledger = new FileLedger(store, pipeline, storages, files);
  const rows = new ColdRows(
    new SegmentReader(readers),
    new KeyFilters(store, options.filterCacheBytes),
    storages,
    files,
  );
  for (const { path, error } of await ledger.sweep()) report(`${path} cannot be deleted yet`, error);
  for (const { path, error } of await publishStale(around)) report(`${path} cannot be written yet`, error);
  return {
    rows,
    writer: new SegmentWriter(writers),
    ledger,
    scratch,
    work: new KeyedQueue(),
    async close() {
      readers.close();
      writers.close();
      await scratch.close();
    },
  };
}
