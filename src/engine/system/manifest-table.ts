import { isAdmin } from "../auth/roles.ts";
import { coldUsers } from "../cold/compaction/table-compaction.ts";
import { encodeManifest } from "../cold/manifest-json.ts";
import type { Database } from "../database.ts";
import type { Execution } from "../execution.ts";
import { partitionPrefix, staleManifestKey, toBuffer } from "../rows/store-keys.ts";
import type { Row } from "../types/column-type.ts";
import { computedRelation, type SystemColumn } from "./system-relation.ts";
import { visibleTables } from "./visible-tables.ts";

export const MANIFEST_COLUMNS: readonly SystemColumn[] = [
  ["cache_key", "text"],
  ["namespace_id", "text"],
  ["table_name", "text"],
  ["scope", "text"],
  ["etag", "text", "null"],
  ["last_refreshed", "timestamp"],
  ["last_accessed", "timestamp"],
  ["in_memory", "boolean"],
  ["sync_state", "text"],
  ["manifest_json", "json"],
];

/** Also what SHOW MANIFEST answers: one row for each partition of which something is cold. */
export const manifests = computedRelation("system.manifest", MANIFEST_COLUMNS, manifestRows);

export async function manifestRows(database: Database, execution: Execution): Promise<readonly Row[]> {
  const { role, userId } = execution.principal;
  const rows: Row[] = [];
  for (const schema of visibleTables(database, execution)) {
    const { id, namespace, name } = schema.definition;
    for await (const user of coldUsers(database, schema)) {
      if (!isAdmin(role) && user !== "" && user !== userId) continue;
      const prefix = partitionPrefix(id, user);
      const { manifest } = await database.cache.manifests.load(prefix, id, user);
      if (manifest === undefined) continue;
      const [stale] = await database.store.get([toBuffer(staleManifestKey(prefix))]);
      const scope = user === "" ? "shared" : user;
      const updated = BigInt(manifest.updatedAt) * 1000n;
      rows.push([
        `${namespace}:${name}:${scope}`,
        namespace,
        name,
        scope,
        String(manifest.version),
        updated,
        updated,
        database.cache.resident(prefix) !== undefined,
        stale === undefined ? "in_sync" : "pending_write",
        encodeManifest(manifest, schema.fullName).toString("utf8"),
      ]);
    }
  }
  return rows;
}
