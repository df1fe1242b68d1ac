import { copyFile } from "node:fs/promises";
import { KalamError } from "../../../errors/index.ts";
import type { Place } from "../../catalog/definitions.ts";
import type { TableSchema } from "../../catalog/table-schema.ts";
import type { Database } from "../../database.ts";
import { manifestKey, partitionPrefix, staleManifestKey } from "../../rows/store-keys.ts";
import { StalePlan } from "../../stale-plan.ts";
import type { Manifest } from "../manifest.ts";
import type { ManifestCell } from "../manifest-cells.ts";
import { encodeManifest } from "../manifest-json.ts";
import { publishManifest } from "../publish.ts";
import type { ReadableSegment } from "../readable-segment.ts";
import { unreadableSegment } from "../segment-errors.ts";

const EMPTY = Buffer.alloc(0);
const MANIFEST_FILE = "manifest.json";

/**
 * Moves the segments of one partition to another storage.
 *
 *     ledger ─ copy each file ─┬─ one batch: manifest names the new place, ledger names the old files ─ manifest.json
 *                              └─ a crash before it leaves copies that the ledger names
 *
 * Readers go on with the files that they hold; those are deleted when the last reader has ended. Nobody else changes the manifest
 * meanwhile: whoever moves, flushes or compacts a partition waits for the others.
 */
export class PartitionMove {
  readonly #database: Database;
  readonly #schema: TableSchema;
  readonly #prefix: string;
  readonly #signal: AbortSignal;

  /** @param user empty for a shared table */
  constructor(database: Database, schema: TableSchema, user: string, signal: AbortSignal) {
    this.#database = database;
    this.#schema = schema;
    this.#prefix = partitionPrefix(schema.definition.id, user);
    this.#signal = signal;
  }

  /** @throws segment_unreadable, storage_unavailable … and then nothing has changed */
  async run(cell: ManifestCell, target: Place): Promise<void> {
    const before = cell.manifest as Manifest;
    const { cold, runtime } = this.#database;
    const announced: string[] = [];
    try {
      const announce = async (name: string): Promise<string> => {
        const path = `${target.folder}/${name}`;
        await cold.ledger.announce(target.storageId, path, () => this.#requireTable());
        announced.push(path);
        return path;
      };
      await announce(MANIFEST_FILE);
      for (const segment of cold.rows.readable(before, before.segments)) {
        this.#signal.throwIfAborted();
        await this.#copy(segment, target.storageId, await announce(segment.segment.path));
        await runtime.milestones.reach("move.copied");
      }
      const after = { ...before, ...target, version: before.version + 1, updatedAt: runtime.clock.now() };
      await this.#commit(cell, before, after);
      await runtime.milestones.reach("move.committed");
      await publishManifest(this.#database, this.#schema, this.#prefix, after);
    } finally {
      // Those that are in the manifest are no longer listed, and stay.
      await cold.ledger.abandonLater(target.storageId, announced);
    }
  }

  async #copy(segment: ReadableSegment, storageId: string, path: string): Promise<void> {
    const { cold, storages } = this.#database;
    await cold.scratch.use(async (copy) => {
      try {
        await copyFile(segment.file, copy);
      } catch (error) {
        throw unreadableSegment(segment, error);
      }
      await storages.store(storageId).take(copy, path);
    });
  }

  #requireTable(): void {
    const { catalog } = this.#database;
    if (catalog.tableById(this.#schema.definition.id) === undefined) {
      throw new KalamError("table_not_found", { table: this.#schema.fullName });
    }
  }

  async #commit(cell: ManifestCell, before: Manifest, after: Manifest): Promise<void> {
    const { ledger } = this.#database.cold;
    const names = [MANIFEST_FILE, ...before.segments.map(({ path }) => path)];
    await this.#database.pipeline.submit({
      reads: [],
      exclusive: true,
      prepare: (batch) => {
        this.#requireTable();
        if (cell.manifest !== before) throw new StalePlan(this.#schema.fullName);
        batch.putRaw(manifestKey(this.#prefix), encodeManifest(after, this.#schema.fullName));
        batch.putRaw(staleManifestKey(this.#prefix), EMPTY);
        for (const name of names) {
          ledger.adopt(batch, after.storageId, `${after.folder}/${name}`);
          ledger.replaced(batch, before.storageId, `${before.folder}/${name}`);
        }
        batch.onApplied(() => {
          cell.manifest = after;
        });
        batch.onDoubt(() => {
          cell.manifest = undefined;
        });
      },
    });
  }
}
