import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import type { StorageDefinition, TableDefinition } from "./definitions.ts";

/** The storage that is always there: a folder inside the data folder. */
export function localStorage(dataDir: string | undefined): StorageDefinition {
  return {
    id: "local",
    name: "Local Filesystem",
    description: "Default local filesystem storage",
    type: "filesystem",
    baseDirectory: dataDir === undefined ? "" : join(dataDir, "storage"),
    sharedTablesTemplate: "{namespace}/{tableName}",
    userTablesTemplate: "{namespace}/{tableName}/{userId}",
    createdAt: "0",
  };
}

/**
 * The folders of tables in the local storage. A shared table's folder is there from its creation. Names of namespaces and tables
 * hold only letters, digits and `_`, so they cannot leave the storage.
 */
export class StorageFolders {
  readonly #base: string | undefined;

  /** @param dataDir undefined: a database that leaves nothing behind; it has no folders */
  constructor(dataDir: string | undefined) {
    this.#base = dataDir === undefined ? undefined : join(dataDir, "storage");
  }

  async create(table: Pick<TableDefinition, "namespace" | "name">): Promise<void> {
    if (this.#base !== undefined) await mkdir(this.#path(this.#base, table), { recursive: true, mode: 0o700 });
  }

  async remove(table: Pick<TableDefinition, "namespace" | "name">): Promise<void> {
    if (this.#base !== undefined) await rm(this.#path(this.#base, table), { recursive: true, force: true });
  }

  #path(base: string, { namespace, name }: Pick<TableDefinition, "namespace" | "name">): string {
    return join(base, namespace, name);
  }
}
