import { isAdmin } from "../auth/roles.ts";
import type { ViewDefinition } from "../catalog/definitions.ts";
import type { TableSchema } from "../catalog/table-schema.ts";
import type { Database } from "../database.ts";
import type { Execution } from "../execution.ts";
import { DEFAULT_NAMESPACE } from "../statements/default-namespace.ts";

/**
 * The tables whose names the caller may know: those that hold rows of his own, and the shared ones that he may read. Everything
 * that lists names asks here.
 */
export function visibleTables(database: Database, execution: Execution): readonly TableSchema[] {
  return database.catalog.tables().filter((table) => isVisible(table, execution));
}

export function isVisible(table: TableSchema, execution: Execution): boolean {
  const { role } = execution.principal;
  const { kind, accessLevel } = table.definition;
  if (isAdmin(role)) return true;
  if (role === "anonymous") return false;
  if (kind !== "shared" || accessLevel === "public") return true;
  return role === "service" && accessLevel !== "dba";
}

export function visibleViews(database: Database, execution: Execution): readonly ViewDefinition[] {
  return execution.principal.role === "anonymous" ? [] : database.catalog.views();
}

/** `default`, and namespaces that hold something visible; service and administrators see all, also the empty ones. */
export function visibleNamespaces(database: Database, execution: Execution): readonly string[] {
  const { role } = execution.principal;
  const names = new Set(role === "anonymous" ? [] : [DEFAULT_NAMESPACE]);
  if (isAdmin(role) || role === "service") for (const { name } of database.catalog.namespaces()) names.add(name);
  for (const table of visibleTables(database, execution)) names.add(table.definition.namespace);
  for (const view of visibleViews(database, execution)) names.add(view.namespace);
  return [...names].sort();
}
