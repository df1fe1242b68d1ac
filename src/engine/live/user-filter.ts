import { KalamError } from "../../errors/index.ts";
import type { TableSchema } from "../catalog/table-schema.ts";
import type { Database } from "../database.ts";
import { isVolatile } from "../rows/partition-cache.ts";
import { partitionPrefix } from "../rows/store-keys.ts";

/** Users of whom it is remembered. */
const MAX_KNOWN = 100_000;
/** How often somebody is looked up again because accounts changed meanwhile. */
const MAX_LOOKUPS = 8;

/**
 * `ON STORAGE 'id'`: the users whose rows of a table are in a storage, or will be when they are flushed.
 *
 * A lookup reads the account at some moment in its course. When accounts or the table change before it ends, what it found may be of
 * before, and it is made again: it would otherwise be remembered for good.
 */
export class UserFilter {
  readonly #database: Pick<Database, "cache" | "catalog" | "storages">;
  #schema: TableSchema;
  readonly #storageId: string;
  readonly #known = new Map<string, boolean>();
  /** Grows with everything that may make a lookup under way worthless. */
  #generation = 0;

  /** @throws KalamError `storage_not_found` */
  constructor(database: Pick<Database, "cache" | "catalog" | "storages">, schema: TableSchema, storage: string) {
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
    this.#generation++;
    this.#known.delete(user);
  }

  /** The table may have got another storage. */
  adopt(schema: TableSchema): void {
    this.#generation++;
    this.#schema = schema;
    this.#known.clear();
  }

  /** @throws KalamError `serialization_failure` when accounts change all the time */
  async takes(user: string): Promise<boolean> {
    for (let lookups = 0; lookups < MAX_LOOKUPS; lookups++) {
      const known = this.#known.get(user);
      if (known !== undefined) return known;
      const generation = this.#generation;
      const takes = (await this.#storageOf(user)) === this.#storageId;
      if (generation !== this.#generation) continue;
      if (this.#known.size >= MAX_KNOWN) this.#known.clear();
      this.#known.set(user, takes);
      return takes;
    }
    throw new KalamError("serialization_failure");
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
