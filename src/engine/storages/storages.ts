import {
  FilesystemStore,
  type FilesystemStoreOptions,
  makeBase,
} from "../../drivers/objects/filesystem/filesystem-store.ts";
import type { ObjectStore } from "../../drivers/objects/object-store.ts";
import { KalamError } from "../../errors/index.ts";
import type { Runtime } from "../../runtime/runtime.ts";
import type { Accounts } from "../auth/accounts.ts";
import type { Catalog } from "../catalog/catalog.ts";
import type { Place, RetiredTable, TableDefinition } from "../catalog/definitions.ts";
import { folderNameOf, templateOf } from "./table-places.ts";

export interface StoragesOptions {
  readonly catalog: Catalog;
  readonly accounts: Pick<Accounts, "find">;
  readonly runtime: Runtime;
  /** How long one call of a storage may take. */
  readonly timeoutMillis: number;
  /** What stands between the engine and a storage: tests put their faults there. */
  readonly around: (store: ObjectStore, storageId: string) => ObjectStore;
}

/** The open object stores of the storages that the catalog knows, and where in them the files of a table go. */
export class Storages {
  readonly #options: StoragesOptions;
  readonly #open = new Map<string, { readonly base: string; readonly store: ObjectStore }>();
  readonly #listeners = new Set<() => void>();

  constructor(options: StoragesOptions) {
    this.#options = options;
  }

  /** @throws KalamError `storage_not_found` */
  store(id: string): ObjectStore {
    const definition = this.#options.catalog.storage(id);
    if (definition === undefined) throw new KalamError("storage_not_found", { storage: id });
    const known = this.#open.get(definition.id);
    if (known?.base === definition.baseDirectory) return known.store;
    const store = this.openStore(definition.id, definition.baseDirectory);
    this.#open.set(definition.id, { base: definition.baseDirectory, store });
    return store;
  }

  /** A store that the catalog does not know yet. */
  openStore(id: string, base: string): ObjectStore {
    return this.#options.around(new FilesystemStore(this.#describe(id, base)), id);
  }

  /** Makes the base folder of a new storage. @returns its absolute path, without symbolic links */
  makeBase(id: string, path: string): Promise<string> {
    return makeBase(this.#describe(id, path));
  }

  #describe(name: string, base: string): FilesystemStoreOptions {
    const { timeoutMillis, runtime } = this.#options;
    return { name, base, timeoutMillis, runtime };
  }

  /** Absolute paths of the folders in which all files are. */
  get directories(): readonly string[] {
    return this.#options.catalog.storages().map((storage) => storage.baseDirectory);
  }

  /** Calls `listener` when a storage was added or dropped, before the statement is answered. @returns a function that ends it. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  /** To be called when the catalog has a storage more or less. */
  changed(): void {
    for (const id of this.#open.keys()) if (this.#options.catalog.storage(id) === undefined) this.#open.delete(id);
    for (const listener of this.#listeners) listener();
  }

  /**
   * Where the first files of a partition go; the later ones go where the first are.
   *
   * @param userId empty for a shared table
   */
  async placeOf(table: TableDefinition, userId: string): Promise<Place> {
    const storage = this.#options.catalog.storage((await this.#userStorage(table, userId)) ?? table.storageId);
    if (storage === undefined) throw new KalamError("storage_not_found", { storage: table.storageId });
    const template = templateOf(storage, table.kind === "shared" ? "shared" : "user");
    const folder = template.folder({ namespace: table.namespace, tableName: folderNameOf(table), userId });
    return { storageId: storage.id, folder };
  }

  /** The storage that a user has for himself; one that is gone does not count. */
  async #userStorage(table: TableDefinition, userId: string): Promise<string | undefined> {
    if (!table.useUserStorage) return undefined;
    const account = await this.#options.accounts.find(userId);
    if (account?.storageMode !== "Region" || account.storageId === null) return undefined;
    return this.#options.catalog.storage(account.storageId)?.id;
  }

  /** Makes the folder of a shared table. */
  async createTableFolder(table: TableDefinition): Promise<void> {
    const { storageId, folder } = await this.placeOf(table, "");
    await this.store(storageId).createFolder(folder);
  }

  /** Deletes all files of a table that was dropped. May be done again. */
  async clear(retired: RetiredTable, signal: AbortSignal): Promise<void> {
    for (const { storageId, folder } of retired.places) {
      if (this.#options.catalog.storage(storageId) !== undefined) await this.store(storageId).clear(folder, signal);
    }
  }
}
