import { KalamError } from "../../errors/index.ts";
import { requireAlterTable } from "../auth/permissions.ts";
import { withIndex, withoutIndexes } from "../catalog/index-definitions.ts";
import { defaultIndexName } from "../catalog/index-names.ts";
import { checkName } from "../catalog/names.ts";
import type { TableSchema } from "../catalog/table-schema.ts";
import type { Database } from "../database.ts";
import type { Execution } from "../execution.ts";
import { buildOf } from "../jobs/kinds/index-build.ts";
import { qualify } from "../query/resolve.ts";
import type { StatementResult } from "../request.ts";
import { adoptIndexes } from "../rows/indexes/adopt.ts";
import { isKeyType, keySuccessor } from "../rows/key-codec.ts";
import { tablePrefix, toBuffer } from "../rows/store-keys.ts";
import type { CreateIndex, DropIndex, QualifiedName } from "../sql/statement.ts";
import { sqlTypeName } from "../types/index.ts";
import { eraseEntries } from "./index-upkeep.ts";
import { refuseSystemNamespace } from "./tables.ts";

/** How long CREATE INDEX waits for the index to be built before it answers that it is being built. */
const BUILD_MOMENT_MS = 5000;

export async function createIndex(
  database: Database,
  execution: Execution,
  statement: CreateIndex,
): Promise<StatementResult> {
  const { namespace, name: tableName } = qualify(execution, statement.table);
  refuseSystemNamespace(namespace, tableName, "alter");
  let job: string | undefined;
  const message = await database.catalog.change(database.pipeline, async (changes, batch) => {
    const table = requireIndexable(database, execution, namespace, tableName, statement.table);
    const columns = statement.columns.map((column) => indexedColumn(table, column));
    const taken = (name: string): boolean => database.catalog.relationNamed(namespace, name);
    const name =
      statement.name === undefined
        ? defaultIndexName(tableName, statement.columns, taken)
        : checkName("index", statement.name, statement.table.position);
    if (taken(name)) {
      if (statement.ifNotExists) return `Index ${namespace}.${name} already exists (skipped)`;
      throw new KalamError("relation_exists", { relation: name }, { position: statement.table.position });
    }
    const range = tablePrefix(table.definition.id);
    const [row] = await database.store.scan({
      start: toBuffer(range),
      end: toBuffer(keySuccessor(range) as string),
      limit: 1,
    });
    const { definition, index } = withIndex(table.definition, name, columns, row === undefined ? "ready" : "building");
    changes.putTable(definition);
    adoptIndexes(database, batch, definition.id);
    if (row !== undefined) {
      const createdBy = execution.actor.userId;
      job = database.jobs.createWith(batch, "index_build", buildOf(definition, index), { createdBy }).id;
    }
    return `Index ${namespace}.${name} created successfully`;
  });
  const note = job === undefined ? "" : await buildNote(database, job);
  return { message: message + note, rowCount: 0, asUser: execution.principal.userId };
}

function requireIndexable(
  database: Database,
  execution: Execution,
  namespace: string,
  name: string,
  { position }: QualifiedName,
): TableSchema {
  const table = database.catalog.table(namespace, name);
  if (table === undefined) {
    if (database.catalog.view(namespace, name) !== undefined) {
      throw new KalamError("wrong_object_type", { reason: `cannot create index on relation "${name}"` }, { position });
    }
    throw new KalamError("table_not_found", { table: `${namespace}.${name}` }, { position });
  }
  requireAlterTable(execution.actor.role, table.definition.kind);
  if (table.definition.kind === "stream") {
    throw new KalamError("feature_not_supported", { feature: "an index on a STREAM table" }, { position });
  }
  return table;
}

/** The id of the column. */
function indexedColumn(table: TableSchema, { name, position }: CreateIndex["columns"][number]): number {
  const column = table.column(name.toLowerCase());
  if (column === undefined) throw new KalamError("undefined_column", { column: name }, { position });
  if (!isKeyType(column.type)) {
    const reason = `data type ${sqlTypeName(column.type).toLowerCase()} cannot be indexed`;
    throw new KalamError("wrong_object_type", { reason }, { position });
  }
  return column.id;
}

async function buildNote({ jobs, runtime }: Database, job: string): Promise<string> {
  const done = await new Promise<boolean>((resolve, reject) => {
    const timer = runtime.timers.after(BUILD_MOMENT_MS, () => resolve(false));
    jobs.whenDone(job).then(({ status }) => {
      timer.cancel();
      resolve(status === "completed" || status === "skipped");
    }, reject);
  });
  return done ? "" : `; it is being built and used when it is complete. Job ID: ${job}`;
}

export async function dropIndex(
  database: Database,
  execution: Execution,
  statement: DropIndex,
): Promise<StatementResult> {
  const message = await database.catalog.change(database.pipeline, (changes, batch) => {
    const messages = statement.indexes.map((reference) => {
      const { namespace, name } = qualify(execution, reference);
      refuseSystemNamespace(namespace, name, "drop");
      const found = database.catalog.indexNamed(namespace, name);
      if (found === undefined) {
        if (statement.ifExists) return `Index ${namespace}.${name} does not exist (skipped)`;
        throw new KalamError("index_not_found", { index: reference.name }, { position: reference.position });
      }
      requireAlterTable(execution.actor.role, found.table.definition.kind);
      return { ...found, message: `Index ${namespace}.${name} dropped successfully` };
    });
    const dropped = messages.filter((entry) => typeof entry !== "string");
    for (const table of new Set(dropped.map((entry) => entry.table))) {
      const ids = dropped.filter((entry) => entry.table === table).map(({ index }) => index.id);
      changes.putTable(withoutIndexes(table.definition, ids));
      eraseEntries(batch, table.definition.id, ids);
      adoptIndexes(database, batch, table.definition.id);
    }
    return messages.map((entry) => (typeof entry === "string" ? entry : entry.message)).join("; ");
  });
  return { message, rowCount: 0, asUser: execution.principal.userId };
}
