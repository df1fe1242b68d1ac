import type { Node } from "libpg-query";
import { KalamError } from "../../errors/index.ts";
import { requireAlterTable } from "../auth/permissions.ts";
import type { ColumnSpec, DefaultValue, TableDefinition } from "../catalog/definitions.ts";
import { checkName } from "../catalog/names.ts";
import type { TableSchema } from "../catalog/table-schema.ts";
import type { Database } from "../database.ts";
import type { Execution } from "../execution.ts";
import { qualify } from "../query/resolve.ts";
import type { StatementResult } from "../request.ts";
import type { AlterTable, AlterTableAction, TypeReference } from "../sql/statement.ts";
import { storagesOf } from "../storages/table-places.ts";
import { resolveType, sqlTypeName } from "../types/index.ts";
import { columnSpec, defaultValue } from "./column-spec.ts";
import { type TableOptions, tableOptions } from "./table-options.ts";
import { refuseSystemNamespace } from "./tables.ts";

/** What an action did, for the message; undefined when everything was so already. */
interface Altered {
  readonly definition: TableDefinition;
  readonly done: string;
}

export async function alterTable(
  database: Database,
  execution: Execution,
  statement: AlterTable,
): Promise<StatementResult> {
  const { namespace, name } = qualify(execution, statement.table);
  refuseSystemNamespace(namespace, name, "alter");
  const message = await database.catalog.change(database.pipeline, (changes, batch) => {
    const table = database.catalog.table(namespace, name);
    if (table === undefined) {
      throw new KalamError(
        "table_not_found",
        { table: `${namespace}.${name}` },
        { position: statement.table.position },
      );
    }
    requireAlterTable(execution.actor.role, table.definition.kind);
    const { definition, done } = applyActions(database, execution, table, statement.actions);
    const same = JSON.stringify(definition) === JSON.stringify(table.definition);
    const version = table.definition.schemaVersion + (same ? 0 : 1);
    if (!same) {
      if (definition.name !== table.definition.name) changes.dropTable(table);
      changes.putTable({ ...definition, schemaVersion: version, updatedAt: execution.now.toString() });
      batch.onApplied(() => {
        const current = database.catalog.table(namespace, definition.name);
        if (current !== undefined) database.cache.redefine(current);
      });
    }
    return same
      ? `Table ${table.fullName} unchanged: ${done} (version ${version} - no changes needed)`
      : `Table ${table.fullName} altered successfully: ${done} (version ${version})`;
  });
  await database.runtime.milestones.reach("alter.committed");
  return { message, rowCount: 0, asUser: execution.principal.userId };
}

function applyActions(
  database: Database,
  execution: Execution,
  table: TableSchema,
  actions: readonly AlterTableAction[],
): Altered {
  if (table.definition.kind === "stream" && actions.some((action) => action.kind !== "set_options")) {
    throw new KalamError("feature_not_supported", { feature: "changing the columns of a STREAM table" });
  }
  let { definition } = table;
  const done: string[] = [];
  for (const action of actions) {
    const altered = applyAction(database, execution, definition, action);
    definition = altered.definition;
    done.push(altered.done);
  }
  return { definition, done: done.join(", ") };
}

function applyAction(
  database: Database,
  execution: Execution,
  definition: TableDefinition,
  action: AlterTableAction,
): Altered {
  switch (action.kind) {
    case "add_column":
      return addColumn(database, execution, definition, action);
    case "drop_column":
      return dropColumn(definition, action);
    case "rename_column":
      return renameColumn(definition, action);
    case "set_default": {
      const column = requireColumn(definition, action.column, action.position);
      const value = defaultValue(database, execution, action.expression as Node, column.type, column.name);
      return replaceColumn(definition, { ...column, default: value }, `ALTER COLUMN ${column.name} SET DEFAULT`);
    }
    case "drop_default": {
      const { default: _former, ...column } = requireColumn(definition, action.column, action.position);
      return replaceColumn(definition, column, `ALTER COLUMN ${column.name} DROP DEFAULT`);
    }
    case "drop_not_null":
      return dropNotNull(definition, requireColumn(definition, action.column, action.position));
    case "set_options": {
      const options = tableOptions(database, definition.kind, action.options, definition);
      return {
        definition: { ...definition, ...options, ...formerStorages(database, definition, options) },
        done: `SET ${[...action.options.keys()].join(", ")}`,
      };
    }
    case "modify_column": {
      const { name, position, type } = action.column;
      const column = requireColumn(definition, name.toLowerCase(), position);
      requireSameType(column, type);
      if (action.nullable === false) requireNotNull(column, position);
      const altered = action.nullable === true ? dropNotNull(definition, column) : { definition };
      return { ...altered, done: `MODIFY COLUMN ${column.name} ${sqlTypeName(column.type)}` };
    }
    case "set_type": {
      const column = requireColumn(definition, action.column, action.position);
      requireSameType(column, action.type);
      return { definition, done: `ALTER COLUMN ${column.name} TYPE ${sqlTypeName(column.type)}` };
    }
    case "set_not_null": {
      const column = requireColumn(definition, action.column, action.position);
      requireNotNull(column, action.position);
      return { definition, done: `ALTER COLUMN ${column.name} SET NOT NULL` };
    }
    case "rename_table": {
      const name = checkName("table", action.to);
      if (database.catalog.table(definition.namespace, name) !== undefined) {
        throw new KalamError("table_exists", { table: `${definition.namespace}.${name}` });
      }
      if (database.catalog.view(definition.namespace, name) !== undefined) {
        throw new KalamError("view_exists", { view: `${definition.namespace}.${name}` });
      }
      return { definition: renamed(definition, name), done: `RENAME TO ${name}` };
    }
  }
}

/** Its files stay where they are. */
function renamed(definition: TableDefinition, name: string): TableDefinition {
  const { folderName: former = definition.name, ...rest } = definition;
  return former === name ? { ...rest, name } : { ...rest, name, folderName: former };
}

/** Moving a table moves nothing that is there: files are also where they would have gone until now. */
function formerStorages(
  database: Database,
  definition: TableDefinition,
  options: TableOptions,
): Pick<TableDefinition, "formerStorageIds"> {
  const present = storagesOf(database.catalog, { ...definition, ...options });
  const left = storagesOf(database.catalog, definition).filter((id) => !present.includes(id));
  if (left.length === 0) return {};
  return { formerStorageIds: [...(definition.formerStorageIds ?? []), ...left] };
}

function dropNotNull(definition: TableDefinition, column: ColumnSpec): Altered {
  if (definition.primaryKey.includes(column.name)) {
    throw new KalamError("invalid_table_definition", {
      reason: `Column '${column.name}' is a PRIMARY KEY and cannot be nullable`,
    });
  }
  return replaceColumn(definition, { ...column, notNull: false }, `ALTER COLUMN ${column.name} DROP NOT NULL`);
}

function requireSameType(column: ColumnSpec, wanted: TypeReference): void {
  if (JSON.stringify(resolveType(wanted)) === JSON.stringify(column.type)) return;
  throw refused(`changing the type of column '${column.name}'`, wanted.position);
}

function requireNotNull(column: ColumnSpec, position: number): void {
  if (!column.notNull) throw refused(`SET NOT NULL of column '${column.name}'`, position);
}

/** Rows that are there would have to be read and written anew. */
function refused(feature: string, position: number): KalamError {
  const hint = "Add a column of the new kind, copy the values, drop the old one and RENAME.";
  return new KalamError("feature_not_supported", { feature }, { position, hint });
}

function addColumn(
  database: Database,
  execution: Execution,
  definition: TableDefinition,
  action: Extract<AlterTableAction, { kind: "add_column" }>,
): Altered {
  const spec = columnSpec(database, execution, action.column, definition.nextColumnId);
  const done = `ADD COLUMN ${spec.name} ${sqlTypeName(spec.type)}`;
  if (definition.columns.some((column) => column.name === spec.name)) {
    if (action.ifNotExists) return { definition, done };
    throw new KalamError("column_exists", { column: spec.name }, { position: action.column.position });
  }
  if (action.column.primaryKey) {
    throw new KalamError("invalid_table_definition", { reason: "A key cannot be added to a table" });
  }
  const missing = missingValue(execution, spec.default);
  if (spec.notNull && missing === undefined) {
    throw new KalamError("invalid_table_definition", {
      reason: `Column '${spec.name}' is NOT NULL and needs a constant DEFAULT for the rows that are there`,
    });
  }
  const column: ColumnSpec = missing === undefined ? spec : { ...spec, missing };
  return {
    definition: { ...definition, columns: [...definition.columns, column], nextColumnId: definition.nextColumnId + 1 },
    done,
  };
}

/** What rows that are older than the column have in it, as PostgreSQL fills it in when the default is not volatile. */
function missingValue(execution: Execution, value: DefaultValue | undefined): string | undefined {
  if (value === undefined) return undefined;
  if ("constant" in value) return value.constant ?? undefined;
  if (value.function === "CURRENT_USER") return execution.principal.userId;
  throw new KalamError("feature_not_supported", {
    feature: `a new column with the default ${value.function}(); add it without, then SET DEFAULT`,
  });
}

function dropColumn(definition: TableDefinition, action: Extract<AlterTableAction, { kind: "drop_column" }>): Altered {
  const name = action.column.toLowerCase();
  const done = `DROP COLUMN ${name}`;
  if (action.ifExists && !definition.columns.some((column) => column.name === name)) return { definition, done };
  const column = requireColumn(definition, name, action.position);
  if (definition.primaryKey.includes(column.name)) {
    throw new KalamError("invalid_table_definition", {
      reason: `Cannot drop column '${column.name}': it is in the PRIMARY KEY`,
    });
  }
  if (definition.columns.length === 1) {
    throw new KalamError("invalid_table_definition", { reason: "A table needs at least one column" });
  }
  return {
    definition: { ...definition, columns: definition.columns.filter((other) => other !== column) },
    done,
  };
}

function renameColumn(
  definition: TableDefinition,
  action: Extract<AlterTableAction, { kind: "rename_column" }>,
): Altered {
  const column = requireColumn(definition, action.from, action.position);
  const name = checkName("column", action.to, action.position);
  if (definition.columns.some((other) => other.name === name)) {
    throw new KalamError("column_exists", { column: name }, { position: action.position });
  }
  const renamed = replaceColumn(definition, { ...column, name }, `RENAME COLUMN ${column.name} TO ${name}`);
  const primaryKey = definition.primaryKey.map((key) => (key === column.name ? name : key));
  return { ...renamed, definition: { ...renamed.definition, primaryKey } };
}

function requireColumn(definition: TableDefinition, name: string, position: number): ColumnSpec {
  const folded = name.toLowerCase();
  if (folded === "_seq" || folded === "_deleted") {
    throw new KalamError(
      "reserved_column",
      { action: "alter", column: folded, reason: "system column cannot be modified" },
      { position },
    );
  }
  const column = definition.columns.find((candidate) => candidate.name === folded);
  if (column === undefined) throw new KalamError("column_not_found", { column: folded }, { position });
  return column;
}

/** @param changed has the id of the column that it replaces */
function replaceColumn(definition: TableDefinition, changed: ColumnSpec, done: string): Altered {
  return {
    definition: {
      ...definition,
      columns: definition.columns.map((column) => (column.id === changed.id ? changed : column)),
    },
    done,
  };
}
