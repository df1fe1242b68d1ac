import type { TableSchema } from "../../catalog/table-schema.ts";
import type { Database } from "../../database.ts";
import { isShadowing, markShadowing } from "../../rows/row-codec.ts";
import { filterKey, manifestKey, partitionPrefix, staleManifestKey, toBuffer } from "../../rows/store-keys.ts";
import type { PreImages } from "../../rows/store-snapshots.ts";
import type { WriteBatch } from "../../rows/write-batch.ts";
import { StalePlan } from "../../stale-plan.ts";
import type { Row } from "../../types/column-type.ts";
import type { Manifest, Segment } from "../manifest.ts";
import type { ManifestCell } from "../manifest-cells.ts";
import { encodeManifest } from "../manifest-json.ts";
import { layoutOf, publishManifest } from "../publish.ts";
import type { WrittenSegment } from "../segment-writer.ts";
import { FlushSource } from "./flush-source.ts";

const EMPTY = Buffer.alloc(0);

/** What a flush of one partition did. */
export interface Flushed {
  readonly rows: number;
  readonly files: number;
}

/**
 * Moves the hot rows of one partition to segments.
 *
 *     ledger ─ read hot rows ─ write file ─┬─ one batch: manifest, filter, hot rows out, ledger entry out ─ manifest.json
 *                 │ writers go on          │
 *                 └─ what they touch ──────┴─ stays hot, and hides what the segment has
 *
 * Until the batch is durable nobody sees the segment; after it nobody finds the rows hot. A crash before it leaves a file that
 * the ledger names; a crash after it leaves a stale `manifest.json`, which is marked.
 */
export class PartitionFlush {
  readonly #database: Database;
  readonly #schema: TableSchema;
  readonly #user: string;
  readonly #prefix: string;
  readonly #signal: AbortSignal;

  /** @param user empty for a shared table */
  constructor(database: Database, schema: TableSchema, user: string, signal: AbortSignal) {
    this.#database = database;
    this.#schema = schema;
    this.#user = user;
    this.#prefix = partitionPrefix(schema.definition.id, user);
    this.#signal = signal;
  }

  /** @throws StalePlan when the table was altered or dropped meanwhile; what was flushed until then stays so */
  async run(): Promise<Flushed> {
    const { cache } = this.#database;
    const cell = await cache.manifests.load(this.#prefix, this.#schema.definition.id, this.#user);
    let rows = 0;
    let files = 0;
    let from: string | undefined = "";
    while (from !== undefined) {
      const step: { readonly rows: number; readonly next: string | undefined } = await this.#flushSegment(cell, from);
      rows += step.rows;
      if (step.rows > 0) files++;
      from = step.next;
    }
    return { rows, files };
  }

  async #flushSegment(cell: ManifestCell, from: string): Promise<{ rows: number; next: string | undefined }> {
    const { cache, store, options, storages, cold, runtime } = this.#database;
    const { ledger } = cold;
    const { milestones } = runtime;
    const before = cell.manifest as Manifest;
    const place = before.version === 0 ? await storages.placeOf(this.#schema.definition, this.#user) : before;
    const name = `batch-${before.nextSegment}.parquet`;
    const path = `${place.folder}/${name}`;
    const images = cache.snapshots.open(this.#prefix);
    const source = new FlushSource(store, this.#prefix, images, options, this.#signal);
    try {
      await milestones.reach("flush.begun");
      await ledger.announce(place.storageId, [path]);
      await milestones.reach("flush.announced");
      const file = await cold.scratch.file();
      const written = await cold.writer.writeStored(this.#schema, source.entries(from), file, this.#signal);
      if (written === undefined) {
        await ledger.abandon(place.storageId, [path]);
        return { rows: 0, next: source.next };
      }
      await milestones.reach("flush.written");
      await storages.store(place.storageId).take(file, path);
      await milestones.reach("flush.stored");
      const segment = this.#segment(name, written, source.hides);
      const after = this.#after(before, place, segment);
      await this.#commit(cell, before, after, segment, written, source, images);
      await milestones.reach("flush.committed");
      await publishManifest(this.#database, this.#schema, this.#prefix, after);
      await milestones.reach("flush.published");
      return { rows: segment.rowCount, next: source.next };
    } catch (error) {
      if (cell.manifest === before) await ledger.abandonLater(place.storageId, [path]);
      throw error;
    } finally {
      cache.snapshots.close(this.#prefix, images);
    }
  }

  #segment(path: string, { filter: _filter, ...written }: WrittenSegment, hides: boolean): Segment {
    return {
      ...written,
      path,
      hides,
      schemaVersion: this.#schema.definition.schemaVersion,
      createdAt: this.#database.runtime.clock.now(),
    };
  }

  #after(before: Manifest, place: { storageId: string; folder: string }, segment: Segment): Manifest {
    const now = segment.createdAt;
    return {
      ...before,
      version: before.version + 1,
      storageId: place.storageId,
      folder: place.folder,
      nextSegment: before.nextSegment + 1,
      createdAt: before.version === 0 ? now : before.createdAt,
      updatedAt: now,
      layouts: new Map([...before.layouts, [segment.schemaVersion, layoutOf(this.#schema)]]),
      segments: [...before.segments, segment],
    };
  }

  async #commit(
    cell: ManifestCell,
    before: Manifest,
    after: Manifest,
    segment: Segment,
    written: WrittenSegment,
    source: FlushSource,
    images: PreImages,
  ): Promise<void> {
    const { pipeline, catalog, cold } = this.#database;
    const [readable] = cold.rows.readable(after, [segment]);
    if (readable === undefined) throw new Error("a segment cannot be read");
    await pipeline.submit({
      reads: [],
      exclusive: true,
      prepare: async (batch) => {
        if (images.lost || !catalog.isCurrent(this.#schema) || cell.manifest !== before) {
          throw new StalePlan(this.#schema.fullName);
        }
        const stayed = await this.#stay(batch, segment, source, images);
        batch.putRaw(manifestKey(this.#prefix), encodeManifest(after, this.#schema.fullName));
        batch.putRaw(filterKey(this.#prefix, segment.path), written.filter.encode());
        batch.putRaw(staleManifestKey(this.#prefix), EMPTY);
        this.#database.cold.ledger.adopt(batch, after.storageId, `${after.folder}/${segment.path}`);
        batch.move(this.#prefix, { segment: readable, stayed });
        batch.onApplied(() => {
          cell.manifest = after;
        });
      },
    });
  }

  /** Takes the range of the segment out of the hot store, and puts back what has been written there since. */
  async #stay(
    batch: WriteBatch,
    segment: Segment,
    source: FlushSource,
    images: PreImages,
  ): Promise<ReadonlyMap<string, { row: Row; shadows: boolean }>> {
    const { store } = this.#database;
    const touched = [...images.rows.keys()].filter((key) => segment.firstKey <= key && key <= segment.lastKey);
    const values = await store.get(touched.map((key) => toBuffer(this.#prefix + key)));
    const stayed = new Map<string, { row: Row; shadows: boolean }>();
    batch.deleteRange(this.#prefix + segment.firstKey, `${this.#prefix}${segment.lastKey}\0`);
    touched.forEach((key, index) => {
      const value = values[index];
      if (value === undefined) return;
      const bytes = source.keys.has(key) ? markShadowing(value) : value;
      batch.putRaw(this.#prefix + key, bytes);
      stayed.set(key, { row: this.#schema.decode(bytes), shadows: isShadowing(bytes) });
    });
    return stayed;
  }
}
