import { KalamError } from "../../errors/index.ts";
import type { Runtime } from "../../runtime/runtime.ts";
import type { Timer } from "../../runtime/timers.ts";
import type { Catalog } from "../catalog/catalog.ts";
import { SEQ_SLOT } from "../catalog/table-schema.ts";
import type { CommitPipeline } from "./commit-pipeline.ts";
import type { Partition } from "./partition.ts";
import type { PartitionCache } from "./partition-cache.ts";
import { streamExpiry } from "./stream-expiry.ts";

const SWEEP_EVERY_MS = 1_000;

/**
 * Gives back the memory of stream rows that have outlived their TTL. Readers leave such rows out by themselves, so it does not
 * matter when exactly they go.
 */
export class StreamSweeper {
  readonly #cache: PartitionCache;
  readonly #catalog: Catalog;
  readonly #pipeline: CommitPipeline;
  readonly #runtime: Runtime;
  #timer: Timer | undefined;
  #sweeping: Promise<void> | undefined;

  constructor(cache: PartitionCache, catalog: Catalog, pipeline: CommitPipeline, runtime: Runtime) {
    this.#cache = cache;
    this.#catalog = catalog;
    this.#pipeline = pipeline;
    this.#runtime = runtime;
  }

  start(): void {
    this.#timer = this.#runtime.timers.every(SWEEP_EVERY_MS, () => {
      this.#sweeping ??= this.sweep()
        .catch((error: unknown) => {
          // The pipeline turns jobs away while it is overloaded or closing; the next sweep finds the same rows.
          if (!(error instanceof KalamError)) throw error;
        })
        .finally(() => {
          this.#sweeping = undefined;
        });
    });
  }

  stop(): void {
    this.#timer?.cancel();
  }

  async sweep(): Promise<void> {
    for (const table of this.#catalog.tables()) {
      if (table.definition.kind !== "stream") continue;
      for (const partition of this.#cache.ofTable(table.definition.id)) {
        await this.#sweepPartition(partition);
        await this.#runtime.timers.yield();
      }
    }
  }

  async #sweepPartition(partition: Partition): Promise<void> {
    const oldest = streamExpiry(partition.schema, this.#runtime.clock.now());
    const keys: string[] = [];
    for (const [key, row] of partition.entries()) if ((row[SEQ_SLOT] as bigint) < oldest) keys.push(key);
    if (keys.length === 0) {
      if (partition.rowCount === 0 && partition.lastRemoval < oldest) this.#cache.drop(partition);
      return;
    }
    await this.#pipeline.submit({
      reads: [{ partition, keys: [] }],
      prepare: (batch) => {
        for (const key of keys) {
          const row = batch.get(partition, key);
          if (row !== undefined && (row[SEQ_SLOT] as bigint) < oldest) batch.expire(partition, key, row);
        }
      },
    });
  }
}
