import type { HotStore } from "../../drivers/hot/hot-store.ts";
import { KalamError } from "../../errors/index.ts";
import type { Catalog } from "../catalog/catalog.ts";
import type { Place } from "../catalog/definitions.ts";
import type { TableSchema } from "../catalog/table-schema.ts";
import type { DuckHost } from "../duckdb/host.ts";
import type { CommitPipeline } from "../rows/commit-pipeline.ts";
import { filterKey, manifestKey, partitionPrefix, staleManifestKey, toBuffer } from "../rows/store-keys.ts";
import type { Storages } from "../storages/storages.ts";
import { everyTemplate, folderNameOf, storagesOf } from "../storages/table-places.ts";
import type { Report } from "../surroundings.ts";
import type { FileLedger } from "./file-ledger.ts";
import type { KeyFilter } from "./key-filter.ts";
import type { KeyFilters } from "./key-filters.ts";
import type { Manifest } from "./manifest.ts";
import type { ManifestCell } from "./manifest-cells.ts";
import { decodeManifest, encodeManifest } from "./manifest-json.ts";
import { type FoundFile, rebuildManifest } from "./rebuild.ts";

const EMPTY = Buffer.alloc(0);
const SEGMENT = /^batch-(\d{1,15})\.parquet$/;

interface RecoveryParts {
  readonly store: HotStore;
  readonly catalog: Catalog;
  readonly storages: Storages;
  readonly pipeline: CommitPipeline;
  readonly ledger: FileLedger;
  readonly filters: KeyFilters;
  readonly duck: DuckHost;
  readonly report: Report;
}

interface Recovered {
  readonly manifest: Manifest;
  readonly filters: ReadonlyMap<string, KeyFilter>;
  readonly source: string;
}

/**
 * Makes manifests anew that the hot store has and that cannot be understood: from the copy beside the segments where that is known
 * to be the same, else from what the files of the partition say of themselves. Files that the ledger names are none of them.
 *
 * A partition of which that fails cannot be read or written; the others can.
 */
export class ManifestRecovery {
  readonly #parts: RecoveryParts;

  constructor(parts: RecoveryParts) {
    this.#parts = parts;
  }

  /** @throws data_corrupt that names the partition */
  async recover(cell: ManifestCell, tableId: number, user: string, damage: KalamError): Promise<Manifest> {
    const schema = this.#parts.catalog.tableById(tableId);
    if (schema === undefined) throw damage;
    const name = `the manifest of ${schema.fullName}${user === "" ? "" : `, user '${user}'`}`;
    let recovered: Recovered | undefined;
    try {
      recovered = await this.#find(schema, user);
    } catch (error) {
      throw damaged(name, damage, error instanceof Error ? error.message : String(error));
    }
    if (recovered === undefined) throw damaged(name, damage, "there are no files to make it from");
    this.#parts.filters.forget(partitionPrefix(tableId, user));
    this.#parts.report(`${name} was made again from ${recovered.source}`, damage);
    // Whoever waits for the manifest may be the pipeline itself.
    void this.#keep(cell, schema, user, recovered).catch((error: unknown) => {
      this.#parts.report(`${name} could not be written`, error);
    });
    return recovered.manifest;
  }

  async #find(schema: TableSchema, user: string): Promise<Recovered | undefined> {
    const { store } = this.#parts;
    const [stale] = await store.get([toBuffer(staleManifestKey(partitionPrefix(schema.definition.id, user)))]);
    const places = this.#places(schema, user);
    if (stale === undefined) {
      for (const place of places) {
        const manifest = await this.#copyAt(place, schema, user);
        if (manifest !== undefined) return { manifest, filters: new Map(), source: "its copy" };
      }
    }
    for (const place of places) {
      const recovered = await this.#rebuildAt(place, schema, user);
      if (recovered !== undefined) return recovered;
    }
    return undefined;
  }

  /** Where the files of a partition can be: where some template of some storage says, now or formerly. */
  #places({ definition }: TableSchema, userId: string): readonly Place[] {
    const { catalog } = this.#parts;
    const { namespace, kind } = definition;
    return storagesOf(catalog, definition).flatMap((storageId) => {
      const storage = catalog.storage(storageId);
      const templates = storage === undefined ? [] : everyTemplate(storage).filter((one) => one.kind === kind);
      const folders = templates.map((one) => one.folder({ namespace, tableName: folderNameOf(definition), userId }));
      return [...new Set(folders)].map((folder) => ({ storageId, folder }));
    });
  }

  async #copyAt(
    { storageId, folder }: Place,
    { definition }: TableSchema,
    user: string,
  ): Promise<Manifest | undefined> {
    const path = `${folder}/manifest.json`;
    const bytes = await this.#parts.storages.store(storageId).get(path);
    if (bytes === undefined) return undefined;
    try {
      const manifest = decodeManifest(bytes, path);
      return manifest.tableId === definition.id && manifest.user === user ? manifest : undefined;
    } catch (error) {
      if (error instanceof KalamError) return undefined;
      throw error;
    }
  }

  async #rebuildAt(place: Place, schema: TableSchema, user: string): Promise<Recovered | undefined> {
    const { storages, ledger, duck } = this.#parts;
    const store = storages.store(place.storageId);
    const files: FoundFile[] = [];
    let next = 0;
    for await (const { path, modifiedAt } of store.list(place.folder)) {
      const name = path.slice(place.folder.length + 1);
      const number = SEGMENT.exec(name)?.[1];
      if (number === undefined) continue;
      next = Math.max(next, Number(number) + 1);
      if (await ledger.has(place.storageId, path)) continue;
      files.push({ path: name, file: store.localFile(path), createdAt: Math.floor(modifiedAt) });
    }
    if (files.length === 0) return undefined;
    const { manifest, filters } = await rebuildManifest(duck, schema, { user, ...place }, files);
    return { manifest: { ...manifest, nextSegment: next }, filters, source: `${files.length} file(s)` };
  }

  async #keep(cell: ManifestCell, schema: TableSchema, user: string, { manifest, filters }: Recovered): Promise<void> {
    const prefix = partitionPrefix(schema.definition.id, user);
    await this.#parts.pipeline.submit({
      reads: [],
      exclusive: true,
      prepare: (batch) => {
        // A flush may have written a newer one.
        if (cell.manifest !== manifest || this.#parts.catalog.tableById(manifest.tableId) === undefined) return;
        batch.putRaw(manifestKey(prefix), encodeManifest(manifest, schema.fullName));
        batch.putRaw(staleManifestKey(prefix), EMPTY);
        for (const [path, filter] of filters) batch.putRaw(filterKey(prefix, path), filter.encode());
      },
    });
  }
}

function damaged(name: string, damage: KalamError, why: string): KalamError {
  const reason = `${String(damage.values.reason)}; it cannot be made again: ${why}`;
  return new KalamError("data_corrupt", { path: name, reason }, { cause: damage });
}
