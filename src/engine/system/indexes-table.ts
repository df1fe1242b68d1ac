import type { IndexDefinition, TableDefinition } from "../catalog/definitions.ts";
import { indexedNames } from "../catalog/index-definitions.ts";
import type { Database } from "../database.ts";
import type { Execution } from "../execution.ts";
import type { Row } from "../types/column-type.ts";
import { computedRelation, type SystemColumn } from "./system-relation.ts";
import { visibleTables } from "./visible-tables.ts";

export const INDEX_COLUMNS: readonly SystemColumn[] = [
  ["namespace_id", "text"],
  ["table_name", "text"],
  ["index_name", "text"],
  ["columns", "text"],
  ["is_primary", "boolean"],
  ["is_unique", "boolean"],
  ["state", "text"],
  ["index_definition", "text"],
];

export const indexes = computedRelation("system.indexes", INDEX_COLUMNS, indexRows);

/** Also what SHOW INDEXES answers: the primary keys, and behind each what CREATE INDEX made. */
export function indexRows(database: Database, execution: Execution): readonly Row[] {
  return visibleTables(database, execution).flatMap(({ definition }) => {
    const { namespace, name, primaryKey } = definition;
    const own = primaryKeyOf(definition);
    return [
      ...(own === undefined
        ? []
        : [[namespace, name, own.name, primaryKey.join(", "), true, true, "ready", own.text] as const]),
      ...(definition.indexes ?? []).map((index) => [
        namespace,
        name,
        index.name,
        indexedNames(definition, index).join(", "),
        false,
        false,
        index.state,
        indexText(definition, index),
      ]),
    ];
  });
}

/** As PostgreSQL shows it there. */
export const pgIndexes = computedRelation(
  "pg_catalog.pg_indexes",
  [
    ["schemaname", "text"],
    ["tablename", "text"],
    ["indexname", "text"],
    ["tablespace", "text", "null"],
    ["indexdef", "text"],
  ],
  (database, execution) =>
    indexRows(database, execution).map(([namespace = null, table = null, index = null, , , , , text = null]) => [
      namespace,
      table,
      index,
      null,
      text,
    ]),
);

function primaryKeyOf({
  namespace,
  name,
  primaryKey,
}: TableDefinition): { readonly name: string; readonly text: string } | undefined {
  if (primaryKey.length === 0) return undefined;
  const index = `${name}_pkey`;
  const text = `CREATE UNIQUE INDEX ${index} ON ${namespace}.${name} USING btree (${primaryKey.join(", ")})`;
  return { name: index, text };
}

/** The statement that makes it, as PostgreSQL writes it. */
function indexText(table: TableDefinition, index: IndexDefinition): string {
  const columns = indexedNames(table, index).join(", ");
  return `CREATE INDEX ${index.name} ON ${table.namespace}.${table.name} USING btree (${columns})`;
}
