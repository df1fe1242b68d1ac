import { KalamError } from "../../errors/index.ts";
import { canonicalNamespace } from "../catalog/names.ts";
import type { TableSchema } from "../catalog/table-schema.ts";
import type { Database } from "../database.ts";
import type { Execution } from "../execution.ts";
import { qualify } from "../query/resolve.ts";
import type { StatementResult } from "../request.ts";
import type { StorageWork } from "../sql/statement.ts";
import { requireNamespace } from "./namespaces.ts";

const WORDS = {
  storage_flush: { type: "flush", noun: "flush", idle: "no pending writes" },
  storage_compact: { type: "compact", noun: "compaction", idle: "nothing to merge" },
} as const;

/** STORAGE FLUSH and STORAGE COMPACT: makes a job for each table that has something to do. */
export async function storageWork(
  database: Database,
  execution: Execution,
  statement: StorageWork,
): Promise<StatementResult> {
  const { noun, idle } = WORDS[statement.kind];
  const { target } = statement;
  const said = (message: string): StatementResult => ({ message, rowCount: 0, asUser: execution.principal.userId });
  if (target.type === "table") {
    const { namespace, name } = qualify(execution, target.table);
    const schema = database.catalog.table(namespace, name);
    if (schema === undefined) {
      throw new KalamError("table_not_found", { table: `${namespace}.${name}` }, { position: target.table.position });
    }
    if (schema.definition.kind === "stream") {
      throw new KalamError("feature_not_supported", { feature: `STORAGE ${noun.toUpperCase()} of a STREAM table` });
    }
    const { id, skipped } = await begin(database, execution, statement, schema);
    if (id !== undefined) return said(`Storage ${noun} started for table '${schema.fullName}'. Job ID: ${id}`);
    const why = skipped.startsWith(idle)
      ? `${idle} ${noun === "flush" ? "for" : "in"} table '${schema.fullName}'`
      : `a ${noun} is already queued or running for table '${schema.fullName}'`;
    return said(`Storage ${noun} skipped: ${why}`);
  }
  const namespace = target.namespace === undefined ? undefined : canonicalNamespace(target.namespace);
  if (namespace !== undefined && namespace !== "default") requireNamespace(database, namespace);
  const tables = namespace === undefined ? database.catalog.tables() : database.catalog.tablesIn(namespace);
  const ids: string[] = [];
  for (const schema of tables) {
    if (schema.definition.kind === "stream") continue;
    const { id } = await begin(database, execution, statement, schema);
    if (id !== undefined) ids.push(id);
  }
  const where = namespace === undefined ? "" : ` in namespace '${namespace}'`;
  return said(
    ids.length === 0
      ? `Storage ${noun} skipped: ${idle}${where}`
      : `Storage ${noun} started for ${ids.length} table(s)${where}. Job IDs: [${ids.join(", ")}]`,
  );
}

function begin(
  database: Database,
  execution: Execution,
  statement: StorageWork,
  { fullName, definition }: TableSchema,
) {
  const { type } = WORDS[statement.kind];
  const parameters = { table_id: fullName, table_type: definition.kind === "shared" ? "Shared" : "User" };
  return database.jobs.create(type, type === "compact" ? { ...parameters, all: true } : parameters, {
    idempotencyKey: `${type}-${fullName}`,
    createdBy: execution.actor.userId,
  });
}
