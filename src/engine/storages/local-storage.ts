import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemRandom } from "../../runtime/random.ts";
import type { StorageDefinition } from "../catalog/definitions.ts";

export const LOCAL = "local";

/** Where the storage that is always there has its files. */
export interface LocalBase {
  readonly directory: string;
  /** Frees what should not outlive the database. */
  close(): Promise<void>;
}

/**
 * A folder inside the data folder; for a database that leaves nothing behind, a temporary one, which is made with the first file
 * and removed at the end.
 */
export function localBase(dataDir: string | undefined): LocalBase {
  if (dataDir !== undefined) return { directory: join(dataDir, "storage"), close: async () => undefined };
  // By real chance, also where the runtime's is seeded: two databases must not meet here.
  const name = `kalamdb-${Buffer.from(systemRandom.bytes(16)).toString("hex")}`;
  const directory = join(tmpdir(), name);
  return { directory, close: () => rm(directory, { recursive: true, force: true }) };
}

export function localStorage(directory: string): StorageDefinition {
  return {
    id: LOCAL,
    name: "Local Filesystem",
    description: "Default local filesystem storage",
    type: "filesystem",
    baseDirectory: directory,
    sharedTablesTemplate: "{namespace}/{tableName}",
    userTablesTemplate: "{namespace}/{tableName}/{userId}",
    formerTemplates: [],
    credentials: null,
    config: null,
    createdAt: "0",
    updatedAt: "0",
  };
}
