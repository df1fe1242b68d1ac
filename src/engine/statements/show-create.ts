import type { ViewDefinition } from "../catalog/definitions.ts";
import { defaultAsSql } from "../catalog/describe-default.ts";
import type { TableSchema } from "../catalog/table-schema.ts";
import { sqlTypeDefinition } from "../types/index.ts";
import { flushPolicyText } from "./table-options.ts";

/** The statement that would make this table. */
export function createTableText({ definition, fullName }: TableSchema): string {
  const columns = definition.columns.map((column) => {
    const value = defaultAsSql(column.default, column.type);
    return [
      `  ${quoteIfNeeded(column.name)} ${sqlTypeDefinition(column.type)}`,
      column.notNull ? " NOT NULL" : "",
      value === null ? "" : ` DEFAULT ${value}`,
    ].join("");
  });
  const key =
    definition.primaryKey.length === 0
      ? []
      : [`  PRIMARY KEY (${definition.primaryKey.map(quoteIfNeeded).join(", ")})`];
  return `CREATE ${definition.kind.toUpperCase()} TABLE ${fullName} (\n${[...columns, ...key].join(",\n")}\n)${optionsText(definition)}`;
}

/** The statement that would make this view, in the namespace where its query was written. */
export function createViewText({ namespace, name, columns, query }: ViewDefinition): string {
  const names = columns.length === 0 ? "" : ` (${columns.map(quoteIfNeeded).join(", ")})`;
  return `CREATE VIEW ${namespace}.${name}${names} AS ${query}`;
}

function optionsText(definition: TableSchema["definition"]): string {
  const policy = flushPolicyText(definition.flushPolicy);
  const options = [
    definition.kind === "shared" ? `ACCESS_LEVEL = '${definition.accessLevel.toUpperCase()}'` : undefined,
    definition.ttlSeconds === undefined ? undefined : `TTL_SECONDS = ${definition.ttlSeconds}`,
    policy === undefined ? undefined : `FLUSH_POLICY = '${policy}'`,
    definition.deletedRetentionHours === undefined
      ? undefined
      : `DELETED_RETENTION_HOURS = ${definition.deletedRetentionHours}`,
    definition.storageId === "local" ? undefined : `STORAGE_ID = '${definition.storageId}'`,
    definition.useUserStorage ? "USE_USER_STORAGE = TRUE" : undefined,
  ].filter((option) => option !== undefined);
  return options.length === 0 ? "" : ` WITH (${options.join(", ")})`;
}

function quoteIfNeeded(name: string): string {
  return /^[a-z][a-z0-9_]*$/.test(name) ? name : `"${name}"`;
}
