import type { RangeVar } from "libpg-query";
import { KalamError } from "../../errors/index.ts";
import { requireTableAccess } from "../auth/permissions.ts";
import type { ViewDefinition } from "../catalog/definitions.ts";
import { canonicalNamespace } from "../catalog/names.ts";
import type { TableSchema } from "../catalog/table-schema.ts";
import { SEQ_SLOT } from "../catalog/table-schema.ts";
import type { Database } from "../database.ts";
import { type Execution, isActingForAnother } from "../execution.ts";
import type { Partition } from "../rows/partition.ts";
import { isVolatile } from "../rows/partition-cache.ts";
import { streamExpiry } from "../rows/stream-expiry.ts";
import { TableRelation } from "../rows/table-relation.ts";
import type { QualifiedName } from "../sql/statement.ts";
import { StalePlan } from "../stale-plan.ts";
import { type SystemRelationSource, systemRelation } from "../system/index.ts";
import type { Row } from "../types/column-type.ts";
import type { Relation } from "./relation.ts";

/** What a name in a statement means to the caller. */
export type Resolved =
  | { readonly kind: "table"; readonly schema: TableSchema }
  | { readonly kind: "view"; readonly view: ViewDefinition }
  | { readonly kind: "system"; readonly source: SystemRelationSource };

/** The namespace and name that a table reference means, in the form the catalog keeps. */
export function qualify(
  execution: Pick<Execution, "namespace">,
  name: QualifiedName,
): { namespace: string; name: string } {
  return {
    namespace: canonicalNamespace(name.namespace ?? execution.namespace),
    name: name.name.toLowerCase(),
  };
}

export function nameOfRangeVar(table: RangeVar): QualifiedName {
  return { namespace: table.schemaname, name: table.relname ?? "", position: table.location ?? 0 };
}

/**
 * Finds what a name means, after deciding whether the caller may use it: the tables of the server are refused by namespace,
 * before anybody learns whether there is one of that name.
 */
export function resolveName(
  database: Database,
  execution: Execution,
  reference: QualifiedName,
  mode: "read" | "write",
): Resolved {
  const { namespace, name } = qualify(execution, reference);
  const fullName = `${namespace}.${name}`;
  try {
    if (namespace === "system" || namespace === "information_schema" || namespace === "pg_catalog") {
      requireTableAccess(execution.principal.role, { namespace, name, kind: "system", accessLevel: "dba" }, mode);
      const source = systemRelation(namespace, name);
      if (source === undefined) throw new KalamError("table_not_found", { table: fullName });
      return { kind: "system", source };
    }
    const schema = database.catalog.table(namespace, name);
    if (schema !== undefined) {
      if (mode === "write") requireWriteAccess(execution, schema);
      else requireTableAccess(execution.principal.role, schema.definition, mode);
      return { kind: "table", schema };
    }
    const view = database.catalog.view(namespace, name);
    if (view !== undefined) {
      if (mode === "write") throw new KalamError("wrong_object_type", { reason: `${fullName} is a view` });
      return { kind: "view", view };
    }
    throw new KalamError("table_not_found", { table: reference.namespace === undefined ? name : fullName });
  } catch (error) {
    throw error instanceof KalamError ? error.at(reference.position) : error;
  }
}

/** A plan is shared by everybody who sends the same statement, so each execution asks again whether its own caller may write. */
export function requireWriteAccess(execution: Execution, { definition, fullName }: TableSchema): void {
  requireTableAccess(execution.principal.role, definition, "write");
  if (definition.kind === "shared" && isActingForAnother(execution)) {
    throw new KalamError("execute_as_shared", { table: fullName });
  }
}

/**
 * The partition of a table that the execution's user reads and writes.
 * @throws StalePlan when the table is no longer what the statement was planned for: the cache must not keep rows under an old schema
 */
export function partitionOf(database: Database, execution: Execution, schema: TableSchema): Partition {
  if (!database.catalog.isCurrent(schema)) throw new StalePlan(schema.fullName);
  return database.cache.partition(schema, schema.definition.kind === "shared" ? "" : execution.principal.userId);
}

/** The caller's rows of a table, ready to be read. */
export function openTable(database: Database, execution: Execution, schema: TableSchema): Relation | Promise<Relation> {
  const partition = partitionOf(database, execution, schema);
  const loading = database.cache.ready(partition);
  return loading === undefined
    ? relationOf(database, execution, partition)
    : loading.then(() => relationOf(database, execution, partition));
}

/** The rows of a partition that is ready, as a statement reads them. */
export function relationOf(
  database: Database,
  execution: Pick<Execution, "transaction">,
  partition: Partition,
): Relation {
  return new TableRelation(
    partition,
    database.store,
    database.cold.rows,
    execution.transaction?.overlay(partition),
    visibility(database, partition),
  );
}

/** Leaves out stream rows that have outlived their TTL. */
export function visibility(database: Database, partition: Partition): ((row: Row) => boolean) | undefined {
  if (!isVolatile(partition.schema)) return undefined;
  const oldest = streamExpiry(partition.schema, database.runtime.clock.now());
  return (row) => (row[SEQ_SLOT] as bigint) >= oldest;
}

/** The relation behind a resolved name that is not a view. */
export function openResolved(
  database: Database,
  execution: Execution,
  resolved: Exclude<Resolved, { kind: "view" }>,
): Relation | Promise<Relation> {
  if (resolved.kind === "table") return openTable(database, execution, resolved.schema);
  return resolved.source.open(database, execution);
}
