import { rm } from "node:fs/promises";
import { SNOWFLAKE_EPOCH_MS } from "../../../runtime/snowflake.ts";
import type { TableSchema } from "../../catalog/table-schema.ts";
import type { Database } from "../../database.ts";
import { filterKey, manifestKey, partitionPrefix, staleManifestKey } from "../../rows/store-keys.ts";
import { StalePlan } from "../../stale-plan.ts";
import { layoutOf } from "../layouts.ts";
import type { Manifest, Segment } from "../manifest.ts";
import type { ManifestCell } from "../manifest-cells.ts";
import { encodeManifest } from "../manifest-json.ts";
import { publishManifest } from "../publish.ts";
import type { WrittenSegment } from "../segment-file.ts";
import type { SegmentRun } from "./choose.ts";

const EMPTY = Buffer.alloc(0);
const HOUR_MS = 3_600_000;

interface NewSegment {
  readonly segment: Segment;
  readonly written: WrittenSegment;
}

export interface Compacted {
  readonly before: number;
  readonly after: number;
  readonly rows: number;
}

/**
 * Merges a run of neighbouring segments of a partition into as few as their rows need. Of each key only the newest version goes
 * on; deletions go when nothing older is left for them to hide and their time is up.
 *
 *     segments   a  b [c  d  e] f        →   a  b  x  f
 *                      └ read, merged ┘
 *
 * Readers go on with the files that they hold; those files are deleted when the last reader has ended.
 */
export class PartitionCompaction {
  readonly #database: Database;
  readonly #schema: TableSchema;
  readonly #prefix: string;
  readonly #signal: AbortSignal;

  constructor(database: Database, schema: TableSchema, user: string, signal: AbortSignal) {
    this.#database = database;
    this.#schema = schema;
    this.#prefix = partitionPrefix(schema.definition.id, user);
    this.#signal = signal;
  }

  async run(cell: ManifestCell, run: SegmentRun): Promise<Compacted> {
    const before = cell.manifest as Manifest;
    const inputs = before.segments.slice(run.from, run.to);
    const { milestones } = this.#database.runtime;
    const announced: string[] = [];
    try {
      await milestones.reach("compaction.begun");
      const outputs = await this.#write(before, run, inputs, announced);
      await milestones.reach("compaction.written");
      const after = this.#after(before, run, outputs);
      await this.#commit(cell, before, after, inputs, outputs);
      await milestones.reach("compaction.committed");
      await publishManifest(this.#database, this.#schema, this.#prefix, after);
      await milestones.reach("compaction.published");
      return {
        before: inputs.length,
        after: outputs.length,
        rows: sum(outputs.map(({ segment }) => segment.rowCount)),
      };
    } catch (error) {
      await this.#database.cold.ledger.abandonLater(before.storageId, announced);
      throw error;
    }
  }

  async #write(
    before: Manifest,
    run: SegmentRun,
    inputs: readonly Segment[],
    announced: string[],
  ): Promise<readonly NewSegment[]> {
    const { cold, storages, options, runtime } = this.#database;
    const merge = {
      schema: this.#schema,
      segments: cold.rows.readable(before, inputs),
      // Nothing lies below the oldest: a deletion has nothing to hide there.
      expiry: run.from === 0 ? this.#expiry() : undefined,
      fileRows: options.compactedSegmentRows,
    };
    const merged = await cold.merger.merge(merge, this.#signal);
    const outputs: NewSegment[] = [];
    try {
      for (const { file, written } of merged) {
        const name = `batch-${before.nextSegment + outputs.length}.parquet`;
        const path = `${before.folder}/${name}`;
        await cold.ledger.announce(before.storageId, path, () => this.#requireTable());
        announced.push(path);
        await runtime.milestones.reach("compaction.announced");
        await storages.store(before.storageId).take(file, path);
        await runtime.milestones.reach("compaction.stored");
        outputs.push({ written, segment: this.#segment(name, written, run, inputs) });
      }
    } finally {
      for (const { file } of merged.slice(outputs.length)) await rm(file, { force: true });
    }
    return outputs;
  }

  /** The `_seq` of a deletion that is kept no longer: those who follow the table have had their time. */
  #expiry(): bigint {
    const { runtime, options } = this.#database;
    const hours = this.#schema.definition.deletedRetentionHours ?? options.deletedRetentionHours;
    return BigInt(Math.max(0, runtime.clock.now() - hours * HOUR_MS - SNOWFLAKE_EPOCH_MS)) << 22n;
  }

  /** That it was altered does not matter: segments may be of any layout. */
  #requireTable(): void {
    const { catalog } = this.#database;
    if (catalog.tableById(this.#schema.definition.id) === undefined) throw new StalePlan(this.#schema.fullName);
  }

  #segment(
    path: string,
    { filter: _filter, ...written }: WrittenSegment,
    run: SegmentRun,
    inputs: readonly Segment[],
  ): Segment {
    return {
      ...written,
      path,
      hides: run.from > 0 && inputs.some((segment) => segment.hides),
      schemaVersion: this.#schema.definition.schemaVersion,
      createdAt: this.#database.runtime.clock.now(),
    };
  }

  #after(before: Manifest, run: SegmentRun, outputs: readonly NewSegment[]): Manifest {
    const segments = before.segments.toSpliced(run.from, run.to - run.from, ...outputs.map(({ segment }) => segment));
    const layouts = new Map([...before.layouts, [this.#schema.definition.schemaVersion, layoutOf(this.#schema)]]);
    const used = new Set(segments.map(({ schemaVersion }) => schemaVersion));
    return {
      ...before,
      version: before.version + 1,
      nextSegment: before.nextSegment + outputs.length,
      updatedAt: this.#database.runtime.clock.now(),
      layouts: new Map([...layouts].filter(([version]) => used.has(version))),
      segments,
    };
  }

  async #commit(
    cell: ManifestCell,
    before: Manifest,
    after: Manifest,
    inputs: readonly Segment[],
    outputs: readonly NewSegment[],
  ): Promise<void> {
    await this.#database.pipeline.submit({
      reads: [],
      exclusive: true,
      prepare: (batch) => {
        this.#requireTable();
        if (cell.manifest !== before) throw new StalePlan(this.#schema.fullName);
        batch.putRaw(manifestKey(this.#prefix), encodeManifest(after, this.#schema.fullName));
        batch.putRaw(staleManifestKey(this.#prefix), EMPTY);
        for (const { segment, written } of outputs) {
          batch.putRaw(filterKey(this.#prefix, segment.path), written.filter.encode());
          this.#database.cold.ledger.adopt(batch, after.storageId, `${after.folder}/${segment.path}`);
        }
        for (const segment of inputs) {
          batch.deleteRaw(filterKey(this.#prefix, segment.path));
          this.#database.cold.ledger.replaced(batch, before.storageId, `${before.folder}/${segment.path}`);
        }
        batch.onApplied(() => {
          cell.manifest = after;
        });
        batch.onDoubt(() => this.#database.cache.doubtManifest(this.#prefix));
      },
    });
  }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
