import { KalamError } from "../../../errors/index.ts";
import type { Place } from "../../catalog/definitions.ts";
import type { TableSchema } from "../../catalog/table-schema.ts";
import type { Database } from "../../database.ts";
import { partitionPrefix } from "../../rows/store-keys.ts";
import type { Manifest } from "../manifest.ts";
import type { ManifestCell } from "../manifest-cells.ts";
import { publishManifest } from "../publish.ts";
import type { WrittenSegment } from "../segment-file.ts";
import { type FlushTarget, SegmentFlush } from "./segment-flush.ts";

/**
 * Moves the hot rows of one partition to segments.
 *
 *     ledger ─ read hot rows ─ write file ─┬─ one batch: manifest, filter, hot rows out, ledger entry out ─ manifest.json
 *                 │ writers go on          │
 *                 └─ what they touch ──────┴─ stays hot, and hides what the segment has
 *
 * Until the batch is durable nobody sees the segment; after it nobody finds the rows hot. A crash before it leaves a file that
 * the ledger names; a crash after it leaves a stale `manifest.json`, which is marked.
 *
 * The next segment is read while the file of the one before is finished; they are committed in their order.
 */
export class PartitionFlush {
  readonly #database: Database;
  readonly #schema: TableSchema;
  readonly #user: string;
  readonly #prefix: string;
  readonly #stop = new AbortController();
  readonly #signal: AbortSignal;
  /** What was moved, also where the flush failed in the end. */
  rows = 0;
  files = 0;

  /** @param user empty for a shared table */
  constructor(database: Database, schema: TableSchema, user: string, signal: AbortSignal) {
    this.#database = database;
    this.#schema = schema;
    this.#user = user;
    this.#prefix = partitionPrefix(schema.definition.id, user);
    this.#signal = AbortSignal.any([signal, this.#stop.signal]);
  }

  /** @throws StalePlan when the table was altered or dropped meanwhile; what was flushed until then stays so */
  async run(): Promise<void> {
    const { cache } = this.#database;
    const cell = await cache.manifests.load(this.#prefix, this.#schema.definition.id, this.#user);
    const before = cell.manifest as Manifest;
    const place = before.version === 0 ? await this.#newPlace() : before;
    const target = {
      database: this.#database,
      schema: this.#schema,
      prefix: this.#prefix,
      cell,
      place,
      signal: this.#signal,
    };
    try {
      await this.#flush(target, before);
    } catch (error) {
      // What was committed before stays. Where its copy cannot be written now, it stays marked as stale.
      await this.#publish(cell, before).catch(() => undefined);
      throw error;
    }
    await this.#publish(cell, before);
  }

  /** @throws data_corrupt when there are segments already: the hot store has lost their manifest, and they must not be written over */
  async #newPlace(): Promise<Place> {
    const { storages } = this.#database;
    const place = await storages.placeOf(this.#schema.definition, this.#user);
    const path = `${place.folder}/manifest.json`;
    if ((await storages.store(place.storageId).get(path)) === undefined) return place;
    throw new KalamError("data_corrupt", { path, reason: "the hot store has no manifest of these segments" });
  }

  async #publish({ manifest }: ManifestCell, before: Manifest): Promise<void> {
    const { catalog, runtime } = this.#database;
    if (manifest === undefined || manifest === before || catalog.tableById(manifest.tableId) === undefined) return;
    await publishManifest(this.#database, this.#schema, this.#prefix, manifest);
    await runtime.milestones.reach("flush.published");
  }

  async #flush(target: FlushTarget, before: Manifest): Promise<void> {
    let finished = Promise.resolve(before);
    let from: string | undefined = "";
    for (let number = before.nextSegment; from !== undefined; number++) {
      const former = finished;
      const segment = new SegmentFlush(target, number);
      finished = this.#finish(segment, segment.write(from), former);
      // Told where it is awaited, which is later: until then it counts as handled.
      finished.catch(() => undefined);
      await segment.read;
      // Two are under way at most.
      await former.catch(() => undefined);
      if (this.#signal.aborted) break;
      from = segment.next;
    }
    await finished;
    this.#signal.throwIfAborted();
  }

  /** @param former resolves with the manifest that has the segment before */
  async #finish(
    segment: SegmentFlush,
    writing: Promise<WrittenSegment | undefined>,
    former: Promise<Manifest>,
  ): Promise<Manifest> {
    try {
      const [manifest, written] = await Promise.all([former, writing]);
      if (written === undefined) return manifest;
      const after = await segment.commit(manifest, written);
      this.rows += written.rowCount;
      this.files++;
      return after;
    } catch (error) {
      this.#stop.abort();
      // The file is being written or not when it is deleted, but never afterwards.
      await writing.catch(() => undefined);
      throw error;
    } finally {
      await segment.end();
    }
  }
}
