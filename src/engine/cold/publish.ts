import type { KeyedQueue } from "../../runtime/keyed-queue.ts";
import type { Runtime } from "../../runtime/runtime.ts";
import type { TableSchema } from "../catalog/table-schema.ts";
import type { Database } from "../database.ts";
import { partitionPrefix, STALE_MANIFEST_PREFIX, staleManifestKey, tablePrefix } from "../rows/store-keys.ts";
import type { Manifest } from "./manifest.ts";
import { encodeManifest } from "./manifest-json.ts";
import { usersBelow } from "./partitions.ts";

type Publishing = Pick<Database, "storages" | "pipeline"> & { readonly runtime: Pick<Runtime, "milestones"> };

/** Brings the copy of the manifest beside the segments up to date. Nobody else may work on the partition meanwhile. */
export async function publishManifest(
  { storages, pipeline, runtime }: Publishing,
  schema: TableSchema,
  prefix: string,
  manifest: Manifest,
): Promise<void> {
  await storages
    .store(manifest.storageId)
    .put(`${manifest.folder}/manifest.json`, encodeManifest(manifest, schema.fullName));
  await runtime.milestones.reach("manifest.stored");
  await pipeline.submit({
    reads: [],
    exclusive: true,
    prepare: (batch) => batch.deleteRaw(staleManifestKey(prefix)),
  });
}

/**
 * Writes the copies that are marked as stale: after a crash, or when a storage could not be reached.
 * @param work where everybody waits who works on a partition
 * @returns what could not be written, and why
 */
export async function publishStale(
  database: Publishing & Pick<Database, "catalog" | "store" | "cache">,
  work: KeyedQueue,
  tables: readonly TableSchema[] = database.catalog.tables(),
): Promise<readonly { path: string; error: unknown }[]> {
  const failed: { path: string; error: unknown }[] = [];
  for (const { fullName, definition } of tables) {
    for await (const user of usersBelow(database.store, STALE_MANIFEST_PREFIX + tablePrefix(definition.id).slice(1))) {
      const prefix = partitionPrefix(definition.id, user);
      try {
        await work.run(prefix, async () => {
          const schema = database.catalog.tableById(definition.id);
          const { manifest } = await database.cache.manifests.load(prefix, definition.id, user);
          // The folder of a table that was dropped may be another's.
          if (schema === undefined || manifest === undefined || manifest.version === 0) return;
          await publishManifest(database, schema, prefix, manifest);
        });
      } catch (error) {
        failed.push({ path: `manifest.json of ${fullName}${user === "" ? "" : `, user ${user}`}`, error });
      }
    }
  }
  return failed;
}
