import { SEQ_SLOT, type TableSchema } from "../../catalog/table-schema.ts";
import type { Database } from "../../database.ts";
import { isShadowing, markShadowing } from "../../rows/row-codec.ts";
import { filterKey, manifestKey, staleManifestKey, toBuffer } from "../../rows/store-keys.ts";
import type { PreImages } from "../../rows/store-snapshots.ts";
import type { WriteBatch } from "../../rows/write-batch.ts";
import { StalePlan } from "../../stale-plan.ts";
import type { Row } from "../../types/column-type.ts";
import { layoutOf } from "../layouts.ts";
import type { Manifest, Segment } from "../manifest.ts";
import type { ManifestCell } from "../manifest-cells.ts";
import { encodeManifest } from "../manifest-json.ts";
import type { WrittenSegment } from "../segment-file.ts";
import { FlushSource } from "./flush-source.ts";

const EMPTY = Buffer.alloc(0);

/** What is flushed, and where to. */
export interface FlushTarget {
  readonly database: Database;
  readonly schema: TableSchema;
  /** Of the rows of the partition. */
  readonly prefix: string;
  readonly cell: ManifestCell;
  readonly place: { readonly storageId: string; readonly folder: string };
  readonly signal: AbortSignal;
}

/** One segment on its way from the hot store into the manifest. */
export class SegmentFlush {
  readonly #target: FlushTarget;
  readonly #number: number;
  readonly #name: string;
  readonly #path: string;
  readonly #images: PreImages;
  readonly #source: FlushSource;
  #listed = false;
  /** Settles when nothing more is read from the hot store. */
  readonly read: Promise<void>;
  #endRead: () => void = () => undefined;

  /** @param number of the segment in its partition */
  constructor(target: FlushTarget, number: number) {
    const { database, prefix, place, signal } = target;
    this.#target = target;
    this.#number = number;
    this.#name = `batch-${number}.parquet`;
    this.#path = `${place.folder}/${this.#name}`;
    this.#images = database.cache.snapshots.open(prefix);
    this.#source = new FlushSource(database.store, prefix, this.#images, database.options, signal);
    this.read = new Promise((resolve) => {
      this.#endRead = resolve;
    });
  }

  /** Where the next segment begins; undefined at the end of the partition. Known when `read` has settled. */
  get next(): string | undefined {
    return this.#source.next;
  }

  /**
   * Puts the file into the storage. Nobody knows of it yet but the ledger.
   * @returns undefined when there were no rows, and then no file
   */
  async write(from: string): Promise<WrittenSegment | undefined> {
    const { database, schema, place, signal } = this.#target;
    const { cold, storages, runtime } = database;
    try {
      await runtime.milestones.reach("flush.begun");
      await cold.ledger.announce(place.storageId, this.#path, () => this.#requireCurrent());
      await runtime.milestones.reach("flush.announced");
      return await cold.scratch.use(async (file) => {
        const written = await cold.writer.writeStored(schema, this.#entries(from), file, signal);
        if (written === undefined) return undefined;
        await runtime.milestones.reach("flush.written");
        await storages.store(place.storageId).take(file, this.#path);
        await runtime.milestones.reach("flush.stored");
        return written;
      });
    } finally {
      this.#endRead();
    }
  }

  async *#entries(from: string): ReturnType<FlushSource["entries"]> {
    yield* this.#source.entries(from);
    this.#endRead();
  }

  /** Makes the file a segment of the partition, and takes its rows out of the hot store. @returns the manifest with it */
  async commit(before: Manifest, { filter, ...written }: WrittenSegment): Promise<Manifest> {
    const { database, schema, prefix, cell } = this.#target;
    const { pipeline, cold, runtime } = database;
    const segment: Segment = {
      ...written,
      path: this.#name,
      hides: this.#source.hides,
      schemaVersion: schema.definition.schemaVersion,
      createdAt: runtime.clock.now(),
    };
    const after = this.#after(before, segment);
    const [readable] = cold.rows.readable(after, [segment]);
    if (readable === undefined) throw new Error("a segment cannot be read");
    await pipeline.submit({
      reads: [],
      exclusive: true,
      prepare: async (batch) => {
        this.#requireCurrent();
        if (this.#images.lost !== undefined || cell.manifest !== before) throw new StalePlan(schema.fullName);
        const stayed = await this.#stay(batch, segment, (key) => filter.mayContain(key));
        batch.putRaw(manifestKey(prefix), encodeManifest(after, schema.fullName));
        batch.putRaw(filterKey(prefix, segment.path), filter.encode());
        batch.putRaw(staleManifestKey(prefix), EMPTY);
        cold.ledger.adopt(batch, after.storageId, this.#path);
        batch.move(prefix, { segment: readable, stayed });
        batch.onApplied(() => {
          cell.manifest = after;
          this.#listed = true;
        });
        batch.onDoubt(() => database.cache.doubtManifest(prefix));
      },
    });
    await runtime.milestones.reach("flush.committed");
    return after;
  }

  /** Also keeps a table that was dropped from leaving files where another may have its own by then. */
  #requireCurrent(): void {
    const { database, schema } = this.#target;
    if (!database.catalog.isCurrent(schema)) throw new StalePlan(schema.fullName);
  }

  #after(before: Manifest, segment: Segment): Manifest {
    const { schema, place } = this.#target;
    const now = segment.createdAt;
    return {
      ...before,
      version: before.version + 1,
      storageId: place.storageId,
      folder: place.folder,
      nextSegment: this.#number + 1,
      createdAt: before.version === 0 ? now : before.createdAt,
      updatedAt: now,
      layouts: new Map([...before.layouts, [segment.schemaVersion, layoutOf(schema)]]),
      segments: [...before.segments, segment],
    };
  }

  /**
   * Takes the range of the segment out of the hot store, and puts back what has been written there since.
   * @param mayHave whether the segment may have an older version of the key
   */
  async #stay(
    batch: WriteBatch,
    segment: Segment,
    mayHave: (key: string) => boolean,
  ): Promise<ReadonlyMap<string, { row: Row; shadows: boolean }>> {
    const { database, schema, prefix } = this.#target;
    const touched = [...this.#images.rows.keys()].filter((key) => segment.firstKey <= key && key <= segment.lastKey);
    const values = await database.store.get(touched.map((key) => toBuffer(prefix + key)));
    const stayed = new Map<string, { row: Row; shadows: boolean }>();
    batch.deleteRange(prefix + segment.firstKey, `${prefix}${segment.lastKey}\0`);
    touched.forEach((key, index) => {
      const value = values[index];
      if (value === undefined) return;
      const bytes = mayHave(key) ? markShadowing(value) : value;
      const row = schema.decode(bytes);
      // Whoever wrote it failed: it is the version that the segment has.
      if (!this.#source.leftOut.has(key) && (row[SEQ_SLOT] as bigint) <= segment.maxSeq) return;
      batch.putRaw(prefix + key, bytes);
      stayed.set(key, { row, shadows: isShadowing(bytes) });
    });
    return stayed;
  }

  /** To be called when `write` and `commit` have ended, however. A file that is no segment is deleted. */
  async end(): Promise<void> {
    const { database, prefix, place } = this.#target;
    database.cache.snapshots.close(prefix, this.#images);
    if (!this.#listed) await database.cold.ledger.abandonLater(place.storageId, [this.#path]);
  }
}
