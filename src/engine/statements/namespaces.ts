import { KalamError } from "../../errors/index.ts";
import type { CatalogChanges } from "../catalog/catalog.ts";
import { canonicalNamespace, checkName, isSystemNamespace } from "../catalog/names.ts";
import type { Database } from "../database.ts";
import type { Execution } from "../execution.ts";
import type { StatementResult } from "../request.ts";
import type { WriteBatch } from "../rows/write-batch.ts";
import type { AlterNamespace, CreateNamespace, DropNamespace, UseNamespace } from "../sql/statement.ts";
import { DEFAULT_NAMESPACE } from "./default-namespace.ts";
import { afterErasing, type ErasedTable, eraseTable, scheduleCleanup } from "./erase-table.ts";

export async function createNamespace(
  database: Database,
  execution: Execution,
  statement: CreateNamespace,
): Promise<StatementResult> {
  if (statement.ifNotExists && statement.name.toLowerCase() === DEFAULT_NAMESPACE) {
    return said(execution, `Namespace '${DEFAULT_NAMESPACE}' already exists`);
  }
  const name = checkName("namespace", statement.name, statement.position);
  const message = await database.catalog.change(database.pipeline, (changes) => {
    if (database.catalog.namespace(name) !== undefined) {
      if (statement.ifNotExists) return `Namespace '${name}' already exists`;
      throw new KalamError("namespace_exists", { namespace: name }, { position: statement.position });
    }
    changes.putNamespace({ name, options: statement.options, createdAt: execution.now.toString() });
    return `Namespace '${name}' created successfully`;
  });
  return said(execution, message);
}

export async function alterNamespace(
  database: Database,
  execution: Execution,
  statement: AlterNamespace,
): Promise<StatementResult> {
  const name = statement.name.toLowerCase();
  await database.catalog.change(database.pipeline, (changes) => {
    const namespace = requireNamespace(database, name, statement.position);
    changes.putNamespace({ ...namespace, options: { ...namespace.options, ...statement.options } });
  });
  return said(execution, `Namespace '${name}' altered successfully`);
}

export async function dropNamespace(
  database: Database,
  execution: Execution,
  statement: DropNamespace,
): Promise<StatementResult> {
  const name = canonicalNamespace(statement.name);
  if (isSystemNamespace(name) || name === DEFAULT_NAMESPACE) {
    throw new KalamError("invalid_name", {
      kind: "namespace",
      name,
      reason: `Namespace '${name}' is reserved and cannot be dropped`,
    });
  }
  const erased: ErasedTable[] = [];
  let cleanup: string | undefined;
  const message = await database.catalog.change(database.pipeline, (changes, batch) => {
    if (database.catalog.namespace(name) === undefined) {
      if (statement.ifExists) return `Namespace '${name}' does not exist`;
      throw new KalamError("namespace_not_found", { namespace: name }, { position: statement.position });
    }
    erased.push(...dropContents(database, name, changes, batch));
    changes.dropNamespace(name);
    cleanup = scheduleCleanup(database, execution, batch, erased);
    return `Namespace '${name}' dropped successfully`;
  });
  await afterErasing(database, erased, cleanup);
  return said(execution, message);
}

/** Everything in the namespace goes with it, in the same batch. */
function dropContents(
  database: Database,
  namespace: string,
  changes: CatalogChanges,
  batch: WriteBatch,
): readonly ErasedTable[] {
  for (const view of database.catalog.viewsIn(namespace)) changes.dropView(namespace, view.name);
  return database.catalog.tablesIn(namespace).map((table) => eraseTable(database, table, changes, batch));
}

/** `USE` lasts to the end of the request; clients that want it for longer send `namespace_id`. */
export function useNamespace(database: Database, execution: Execution, statement: UseNamespace): StatementResult {
  const name = canonicalNamespace(statement.name);
  if (name !== DEFAULT_NAMESPACE && !isSystemNamespace(name)) requireNamespace(database, name, statement.position);
  return {
    message: `Namespace switched to '${name}'`,
    rowCount: 0,
    asUser: execution.principal.userId,
    namespace: name,
  };
}

/** The namespace of something that is to be made: `default` is always there. */
export function requireHome(database: Database, name: string, position: number): void {
  if (name === DEFAULT_NAMESPACE || database.catalog.namespace(name) !== undefined) return;
  const hint = `Create it first with CREATE NAMESPACE ${name}.`;
  throw new KalamError("namespace_not_found", { namespace: name }, { position, hint });
}

export function requireNamespace(database: Database, name: string, position?: number) {
  const namespace = database.catalog.namespace(name);
  if (namespace !== undefined) return namespace;
  throw new KalamError("namespace_not_found", { namespace: name }, position === undefined ? {} : { position });
}

function said(execution: Execution, message: string): StatementResult {
  return { message, rowCount: 0, asUser: execution.principal.userId };
}
