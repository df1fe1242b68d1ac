import { KalamError, toKalamError } from "../../errors/index.ts";
import type { ColumnSpec, TableDefinition } from "../catalog/definitions.ts";
import { checkName, isSystemNamespace } from "../catalog/names.ts";
import type { Database } from "../database.ts";
import type { Execution } from "../execution.ts";
import { qualify } from "../query/resolve.ts";
import type { StatementResult } from "../request.ts";
import type { CreateTable, DropTable } from "../sql/statement.ts";
import { freeFolderName } from "../storages/table-places.ts";
import { columnSpec } from "./column-spec.ts";
import { afterErasing, type ErasedTable, eraseTable, scheduleCleanup } from "./erase-table.ts";
import { requireHome } from "./namespaces.ts";
import { tableKind, tableOptions } from "./table-options.ts";

export async function createTable(
  database: Database,
  execution: Execution,
  statement: CreateTable,
): Promise<StatementResult> {
  const { position } = statement.table;
  const { namespace, name } = qualify(execution, statement.table);
  refuseSystemNamespace(namespace, name, "create");
  checkName("table", statement.table.name, position);
  const kind = tableKind(statement.tableKind, statement.options);
  const columns = columnsOf(database, execution, statement);
  const primaryKey = primaryKeyOf(statement, columns);
  const options = tableOptions(database, kind, statement.options, {
    accessLevel: "private",
    storageId: "local",
    useUserStorage: false,
  });
  let created: TableDefinition | undefined;
  const message = await database.catalog.change(database.pipeline, (changes) => {
    requireHome(database, namespace, position);
    if (database.catalog.view(namespace, name) !== undefined) {
      const hint = "Drop the view first, or choose another name.";
      throw new KalamError("view_exists", { view: `${namespace}.${name}` }, { position, hint });
    }
    if (database.catalog.table(namespace, name) !== undefined) {
      if (statement.ifNotExists) return `Table ${namespace}.${name} already exists`;
      throw new KalamError("table_exists", { table: `${namespace}.${name}` }, { position });
    }
    requireNoIndex(database, namespace, name, position);
    if (database.catalog.storage(options.storageId) === undefined) {
      throw new KalamError("storage_not_found", { storage: options.storageId });
    }
    const now = execution.now.toString();
    const id = changes.newTableId();
    const folderName = freeFolderName(database.catalog, { id, namespace, name });
    const definition: TableDefinition = {
      id,
      namespace,
      name,
      kind,
      columns: columns.map((column) => (primaryKey.includes(column.name) ? { ...column, notNull: true } : column)),
      nextColumnId: columns.length + 1,
      primaryKey,
      ...options,
      ...(folderName === undefined ? {} : { folderName }),
      schemaVersion: 1,
      createdAt: now,
      updatedAt: now,
    };
    changes.putTable(definition);
    created = definition;
    return `CREATE TABLE: ${kind} table ${namespace}.${name} created successfully`;
  });
  const note = created?.kind === "shared" ? await makeFolder(database, created) : "";
  return { message: message + note, rowCount: 0, asUser: execution.principal.userId };
}

/** A table can be used without its folder, which is made with its first files at the latest. */
async function makeFolder(database: Database, table: TableDefinition): Promise<string> {
  try {
    await database.storages.createTableFolder(table);
    return "";
  } catch (error) {
    return `; its folder is not there yet (${toKalamError(error).message})`;
  }
}

function columnsOf(database: Database, execution: Execution, statement: CreateTable): readonly ColumnSpec[] {
  if (statement.columns.length === 0) {
    throw new KalamError("invalid_table_definition", { reason: "A table needs at least one column" });
  }
  const seen = new Set<string>();
  return statement.columns.map((column, index) => {
    const spec = columnSpec(database, execution, column, index + 1);
    if (seen.has(spec.name)) {
      throw new KalamError("column_exists", { column: column.name }, { position: column.position });
    }
    seen.add(spec.name);
    return spec;
  });
}

function primaryKeyOf(statement: CreateTable, columns: readonly ColumnSpec[]): readonly string[] {
  const inline = statement.columns.filter((column) => column.primaryKey).map((column) => column.name.toLowerCase());
  if (inline.length > 1 || (inline.length === 1 && statement.primaryKey !== undefined)) {
    throw new KalamError("invalid_table_definition", {
      reason: `multiple primary keys for table "${statement.table.name}" are not allowed`,
    });
  }
  const key = statement.primaryKey?.map((name) => name.toLowerCase()) ?? inline;
  key.forEach((name, index) => {
    const column = columns.find((candidate) => candidate.name === name);
    if (column === undefined) throw new KalamError("undefined_column", { column: name });
    if (key.indexOf(name) !== index) {
      throw new KalamError("column_exists", { column: name });
    }
    if (column.type.kind === "embedding" || column.type.kind === "json" || column.type.kind === "file") {
      throw new KalamError("invalid_table_definition", {
        reason: `Column '${name}' of type ${column.type.kind} cannot be a key`,
      });
    }
  });
  return key;
}

export async function dropTable(
  database: Database,
  execution: Execution,
  statement: DropTable,
): Promise<StatementResult> {
  const erased: ErasedTable[] = [];
  let cleanup: string | undefined;
  const message = await database.catalog.change(database.pipeline, (changes, batch) => {
    const messages = statement.tables.map((reference) => {
      const { namespace, name } = qualify(execution, reference);
      refuseSystemNamespace(namespace, name, "drop");
      const table = database.catalog.table(namespace, name);
      if (table !== undefined) {
        erased.push(eraseTable(database, table, changes, batch));
        return `Table ${namespace}.${name} dropped successfully`;
      }
      if (database.catalog.view(namespace, name) !== undefined) {
        throw new KalamError(
          "wrong_object_type",
          { reason: `"${name}" is not a table` },
          { position: reference.position, hint: "Use DROP VIEW to remove a view." },
        );
      }
      if (statement.ifExists) return `Table ${namespace}.${name} does not exist (skipped)`;
      throw new KalamError("table_not_found", { table: `${namespace}.${name}` }, { position: reference.position });
    });
    cleanup = scheduleCleanup(database, execution, batch, erased);
    return messages.join("; ") + (cleanup === undefined ? "" : `. Cleanup job: ${cleanup}`);
  });
  await database.runtime.milestones.reach("drop.committed");
  await afterErasing(database, erased, cleanup);
  return { message, rowCount: 0, asUser: execution.principal.userId };
}

/** A table or a view must not be called as an index is. */
export function requireNoIndex(database: Database, namespace: string, name: string, position?: number): void {
  if (database.catalog.indexNamed(namespace, name) === undefined) return;
  throw new KalamError("relation_exists", { relation: name }, position === undefined ? {} : { position });
}

export function refuseSystemNamespace(namespace: string, name: string, action: string): void {
  if (isSystemNamespace(namespace)) throw new KalamError("system_namespace", { action, table: `${namespace}.${name}` });
}
