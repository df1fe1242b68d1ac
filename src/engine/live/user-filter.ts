import { KalamError } from "../../errors/index.ts";
import type { TableSchema } from "../catalog/table-schema.ts";
import type { Database } from "../database.ts";
import { isVolatile } from "../rows/partition-cache.ts";
import { partitionPrefix } from "../rows/store-keys.ts";

/** Users of whom it is remembered. */
const MAX_KNOWN = 100_000;

/** `ON STORAGE 'id'`: the users whose rows of a table are in a storage, or will be when they are flushed. */
export class UserFilter {
  readonly #database: Database;
  readonly #schema: TableSchema;
  readonly #storageId: string;
  readonly #known = new Map<string, boolean>();

  /** @throws KalamError `storage_not_found` */
  constructor(database: Database, schema: TableSchema, storage: string) {
    const found = database.catalog.storage(storage);
    if (found === undefined) throw new KalamError("storage_not_found", { storage });
    this.#database = database;
    this.#schema = schema;
    this.#storageId = found.id;
  }

  /** Undefined for those who have to be asked for. */
  known(user: string): boolean | undefined {
    return this.#known.get(user);
  }

  /** The user may have got another storage. */
  forget(user: string): void {
    this.#known.delete(user);
  }

  async takes(user: string): Promise<boolean> {
    const known = this.#known.get(user);
    if (known !== undefined) return known;
    const takes = (await this.#storageOf(user)) === this.#storageId;
    if (this.#known.size >= MAX_KNOWN) this.#known.clear();
    this.#known.set(user, takes);
    return takes;
  }

  async #storageOf(user: string): Promise<string> {
    const { cache, storages } = this.#database;
    const { definition } = this.#schema;
    if (!isVolatile(this.#schema)) {
      const { manifest } = await cache.manifests.load(partitionPrefix(definition.id, user), definition.id, user);
      if (manifest !== undefined && manifest.version > 0) return manifest.storageId;
    }
    return (await storages.placeOf(definition, user)).storageId;
  }
}
