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
import type { AlterTable, AlterTableAction } from "../sql/statement.ts";
import { sqlTypeName } from "../types/index.ts";
import { notNullable, nullable, replaceColumn, requireColumn, retyped } from "./alter-column.ts";
import { columnSpec, defaultValue } from "./column-spec.ts";
import { keepIndexes } from "./index-upkeep.ts";
import { formerStorages, isMoved, moveAgain, scheduleMove } from "./move-table.ts";
import { withoutNulls } from "./set-not-null.ts";
import { tableOptions } from "./table-options.ts";
import { refuseSystemNamespace, requireNoIndex } from "./tables.ts";

/** What an action did, and how the message says it. */
interface Altered {
  readonly definition: TableDefinition;
  readonly done: string;
}

type ModifyColumn = Extract<AlterTableAction, { kind: "modify_column" }>;

export async function alterTable(
  database: Database,
  execution: Execution,
  statement: AlterTable,
): Promise<StatementResult> {
  const said = (message: string): StatementResult => ({ message, rowCount: 0, asUser: execution.principal.userId });
  const { namespace, name } = qualify(execution, statement.table);
  refuseSystemNamespace(namespace, name, "alter");
  if (statement.ifExists && database.catalog.table(namespace, name) === undefined) {
    return said(`Table ${namespace}.${name} does not exist (skipped)`);
  }
  const table = requireAlterable(database, execution, statement);
  const change = () => changeTable(database, execution, statement);
  const columns = newlyNotNull(table.definition, statement.actions);
  const done = await withoutNulls(database, execution, table, columns, change);
  const move = done.same && namesStorage(statement) ? await moveAgain(database, execution, table) : "";
  await database.runtime.milestones.reach("alter.committed");
  return said(done.message + move);
}

function requireAlterable(database: Database, execution: Execution, { table: reference }: AlterTable): TableSchema {
  const { namespace, name } = qualify(execution, reference);
  const table = database.catalog.table(namespace, name);
  if (table === undefined) {
    throw new KalamError("table_not_found", { table: `${namespace}.${name}` }, { position: reference.position });
  }
  requireAlterTable(execution.actor.role, table.definition.kind);
  return table;
}

/** The columns that the actions make NOT NULL. */
function newlyNotNull({ kind, columns }: TableDefinition, actions: readonly AlterTableAction[]): readonly string[] {
  if (kind === "stream") return [];
  const named = actions.flatMap((action) => {
    if (action.kind === "set_not_null") return [action.column.toLowerCase()];
    return action.kind === "modify_column" && action.nullable === false ? [action.column.name.toLowerCase()] : [];
  });
  return columns.filter(({ name, notNull }) => !notNull && named.includes(name)).map(({ name }) => name);
}

function namesStorage({ actions }: AlterTable): boolean {
  return actions.some(
    (action) =>
      action.kind === "set_options" && ["STORAGE_ID", "USE_USER_STORAGE"].some((name) => action.options.has(name)),
  );
}

/** @returns what is to be said, and whether everything was so already */
function changeTable(
  database: Database,
  execution: Execution,
  statement: AlterTable,
): Promise<{ readonly message: string; readonly same: boolean }> {
  return database.catalog.change(database.pipeline, (changes, batch) => {
    const table = requireAlterable(database, execution, statement);
    const { definition, done } = applyActions(database, execution, table, statement.actions);
    const same = isSame(definition, table.definition);
    const version = table.definition.schemaVersion + (same ? 0 : 1);
    if (same) {
      return { same, message: `Table ${table.fullName} unchanged: ${done} (version ${version} - no changes needed)` };
    }
    if (definition.name !== table.definition.name) changes.dropTable(table);
    const altered = { ...definition, schemaVersion: version, updatedAt: execution.now.toString() };
    changes.putTable(keepIndexes(database, batch, table.definition, altered));
    batch.onApplied(() => {
      const current = database.catalog.table(definition.namespace, definition.name);
      if (current === undefined) return;
      database.cache.redefine(current);
      database.live.tableAltered(current);
    });
    const move = isMoved(table.definition, definition) ? scheduleMove(database, execution, batch, definition) : "";
    return { same, message: `Table ${table.fullName} altered successfully: ${done} (version ${version})${move}` };
  });
}

function isSame(a: TableDefinition, b: TableDefinition): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
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
  const inVain: string[] = [];
  for (const action of actions) {
    const altered = applyAction(database, execution, definition, action);
    (isSame(altered.definition, definition) ? inVain : done).push(altered.done);
    definition = altered.definition;
  }
  return { definition, done: (done.length === 0 ? inVain : done).join(", ") };
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
      return {
        definition: replaceColumn(definition, { ...column, default: value }),
        done: `ALTER COLUMN ${column.name} SET DEFAULT`,
      };
    }
    case "drop_default": {
      const { default: _former, ...column } = requireColumn(definition, action.column, action.position);
      return {
        definition: replaceColumn(definition, column),
        done: `ALTER COLUMN ${column.name} DROP DEFAULT`,
      };
    }
    case "drop_not_null": {
      const column = requireColumn(definition, action.column, action.position);
      return {
        definition: replaceColumn(definition, nullable(definition, column)),
        done: `ALTER COLUMN ${column.name} DROP NOT NULL`,
      };
    }
    case "set_options": {
      const options = tableOptions(database, definition.kind, action.options, definition);
      return {
        definition: { ...definition, ...options, ...formerStorages(database, definition, options) },
        done: `SET ${[...action.options.keys()].join(", ")}`,
      };
    }
    case "modify_column":
      return modifyColumn(database, execution, definition, action);
    case "set_type": {
      const column = retyped(definition, requireColumn(definition, action.column, action.position), action.type);
      return {
        definition: replaceColumn(definition, column),
        done: `ALTER COLUMN ${column.name} TYPE ${sqlTypeName(column.type)}`,
      };
    }
    case "set_not_null": {
      const column = notNullable(requireColumn(definition, action.column, action.position), action.position);
      return {
        definition: replaceColumn(definition, column),
        done: `ALTER COLUMN ${column.name} SET NOT NULL`,
      };
    }
    case "rename_table": {
      const name = checkName("table", action.to);
      if (database.catalog.table(definition.namespace, name) !== undefined) {
        throw new KalamError("table_exists", { table: `${definition.namespace}.${name}` });
      }
      if (database.catalog.view(definition.namespace, name) !== undefined) {
        throw new KalamError("view_exists", { view: `${definition.namespace}.${name}` });
      }
      requireNoIndex(database, definition.namespace, name);
      return { definition: renamed(definition, name), done: `RENAME TO ${name}` };
    }
  }
}

/** Its files stay where they are. */
function renamed(definition: TableDefinition, name: string): TableDefinition {
  const { folderName: former = definition.name, ...rest } = definition;
  return former === name ? { ...rest, name } : { ...rest, name, folderName: former };
}

/** What is not written (a default, NOT NULL) stays as it is. */
function modifyColumn(
  database: Database,
  execution: Execution,
  definition: TableDefinition,
  { column: { name, position, type, defaultExpression }, nullable: mayBeNull }: ModifyColumn,
): Altered {
  let column = retyped(definition, requireColumn(definition, name, position), type);
  let done = `MODIFY COLUMN ${column.name} ${sqlTypeName(column.type)}`;
  if (mayBeNull !== undefined) {
    column = mayBeNull ? nullable(definition, column) : notNullable(column, position);
    done += mayBeNull ? " NULL" : " NOT NULL";
  }
  if (defaultExpression !== undefined) {
    column = { ...column, default: defaultValue(database, execution, defaultExpression, column.type, column.name) };
    done += " DEFAULT";
  }
  return { definition: replaceColumn(definition, column), done };
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
  // An index goes with any of its columns.
  const indexes = definition.indexes?.filter((index) => !index.columns.includes(column.id));
  return {
    definition: {
      ...definition,
      columns: definition.columns.filter((other) => other !== column),
      ...(indexes === undefined ? {} : { indexes }),
    },
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
  const primaryKey = definition.primaryKey.map((key) => (key === column.name ? name : key));
  return {
    definition: { ...replaceColumn(definition, { ...column, name }), primaryKey },
    done: `RENAME COLUMN ${column.name} TO ${name}`,
  };
}
