import type { HotStore } from "../../drivers/hot/hot-store.ts";
import { KalamError } from "../../errors/index.ts";
import { manifestKey, toBuffer } from "../rows/store-keys.ts";
import type { Manifest } from "./manifest.ts";
import { decodeManifest } from "./manifest-json.ts";

/** The manifest of one partition, as it is now. All who deal with the partition hold the same cell. */
export interface ManifestCell {
  /** Undefined until it was read from the store. */
  manifest: Manifest | undefined;
  /** While it is read: all who wait for it wait for the same. */
  loading?: Promise<void> | undefined;
}

/** Makes a manifest anew that cannot be understood. @throws data_corrupt when it cannot be done */
export type Recover = (cell: ManifestCell, tableId: number, user: string, damage: KalamError) => Promise<Manifest>;

/**
 * Manifests of the partitions that somebody deals with. A partition's object may leave the cache while a statement still reads
 * it, and another object take its place; both must see the change when rows move to a segment, so they share one cell. A cell
 * that nobody holds any more is forgotten and read again from the store.
 */
export class ManifestCells {
  readonly #store: HotStore;
  #recover: Recover = (_cell, _tableId, _user, damage) => Promise.reject(damage);
  readonly #cells = new Map<string, WeakRef<ManifestCell>>();
  readonly #collected = new FinalizationRegistry<string>((prefix) => {
    if (this.#cells.get(prefix)?.deref() === undefined) this.#cells.delete(prefix);
  });

  constructor(store: HotStore) {
    this.#store = store;
  }

  /** What is done about damaged manifests from now on; until then they are an error. */
  recoverWith(recover: Recover): void {
    this.#recover = recover;
  }

  /** The cell of a partition, which may not have been read yet. */
  of(prefix: string): ManifestCell {
    const known = this.#cells.get(prefix)?.deref();
    if (known !== undefined) return known;
    const cell: ManifestCell = { manifest: undefined };
    this.#cells.set(prefix, new WeakRef(cell));
    this.#collected.register(cell, prefix);
    return cell;
  }

  /** Nobody knows any more what the store has: whoever needs it reads it again. */
  forget(prefix: string): void {
    const cell = this.#cells.get(prefix)?.deref();
    if (cell !== undefined) cell.manifest = undefined;
  }

  /**
   * Reads the manifest where that has not been done.
   * @throws data_corrupt when it cannot be understood, nor made anew
   */
  async load(prefix: string, tableId: number, user: string): Promise<ManifestCell> {
    const cell = this.of(prefix);
    while (cell.manifest === undefined) {
      cell.loading ??= this.#read(cell, prefix, tableId, user).finally(() => {
        cell.loading = undefined;
      });
      await cell.loading;
    }
    return cell;
  }

  async #read(cell: ManifestCell, prefix: string, tableId: number, user: string): Promise<void> {
    const [bytes] = await this.#store.get([toBuffer(manifestKey(prefix))]);
    if (bytes === undefined) cell.manifest = emptyManifest(tableId, user);
    else {
      try {
        cell.manifest = decodeManifest(bytes);
      } catch (error) {
        if (!(error instanceof KalamError)) throw error;
        cell.manifest = await this.#recover(cell, tableId, user, error);
      }
    }
  }
}

export function emptyManifest(tableId: number, user: string): Manifest {
  return {
    tableId,
    user,
    version: 0,
    storageId: "",
    folder: "",
    nextSegment: 0,
    createdAt: 0,
    updatedAt: 0,
    layouts: new Map(),
    segments: [],
  };
}
