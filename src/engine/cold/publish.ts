import type { TableSchema } from "../catalog/table-schema.ts";
import type { Database } from "../database.ts";
import { partitionPrefix, STALE_MANIFEST_PREFIX, staleManifestKey, tablePrefix } from "../rows/store-keys.ts";
import type { Manifest, SegmentColumn } from "./manifest.ts";
import { encodeManifest } from "./manifest-json.ts";
import { usersBelow } from "./partitions.ts";

type Publishing = Pick<Database, "storages" | "pipeline">;

/** Brings the copy of the manifest beside the segments up to date. */
export async function publishManifest(
  { storages, pipeline }: Publishing,
  schema: TableSchema,
  prefix: string,
  manifest: Manifest,
): Promise<void> {
  await storages
    .store(manifest.storageId)
    .put(`${manifest.folder}/manifest.json`, encodeManifest(manifest, schema.fullName));
  await pipeline.submit({
    reads: [],
    exclusive: true,
    prepare: (batch) => batch.deleteRaw(staleManifestKey(prefix)),
  });
}

/** Writes the copies that are marked as stale: after a crash, or when a storage could not be reached. */
export async function publishStale(
  database: Publishing & Pick<Database, "catalog" | "store" | "cache">,
): Promise<readonly { path: string; error: unknown }[]> {
  const failed: { path: string; error: unknown }[] = [];
  for (const schema of database.catalog.tables()) {
    const { id } = schema.definition;
    for await (const user of usersBelow(database.store, STALE_MANIFEST_PREFIX + tablePrefix(id).slice(1))) {
      const prefix = partitionPrefix(id, user);
      const { manifest } = await database.cache.manifests.load(prefix, id, user);
      if (manifest === undefined || manifest.version === 0) continue;
      try {
        await publishManifest(database, schema, prefix, manifest);
      } catch (error) {
        failed.push({ path: `${manifest.folder}/manifest.json`, error });
      }
    }
  }
  return failed;
}

/** What the columns of a segment written now are called. */
export function layoutOf(schema: TableSchema): readonly SegmentColumn[] {
  return schema.definition.columns.map(({ id, name, type }) => ({ id, name, type }));
}
