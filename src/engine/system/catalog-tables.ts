import { defaultAsJson, defaultAsSql } from "../catalog/describe-default.ts";
import type { TableSchema } from "../catalog/table-schema.ts";
import type { Database } from "../database.ts";
import type { Execution } from "../execution.ts";
import type { Row } from "../types/column-type.ts";
import { sqlTypeName, wireType } from "../types/index.ts";
import { computedRelation, type SystemColumn } from "./system-relation.ts";
import { visibleNamespaces, visibleTables } from "./visible-tables.ts";

export const SCHEMA_COLUMNS: readonly SystemColumn[] = [
  ["table_id", "text"],
  ["table_name", "text"],
  ["namespace_id", "text"],
  ["table_type", "text"],
  ["created_at", "timestamp"],
  ["schema_version", "integer"],
  ["columns", "json"],
  ["table_comment", "text", "null"],
  ["updated_at", "timestamp"],
  ["options", "json", "null"],
  ["access_level", "text", "null"],
  ["is_latest", "boolean"],
  ["storage_id", "text", "null"],
  ["use_user_storage", "boolean", "null"],
];

export const schemas = computedRelation("system.schemas", SCHEMA_COLUMNS, schemaRows);

/** Also what SHOW TABLES answers: one row a table. */
export function schemaRows(database: Database, execution: Execution): readonly Row[] {
  return visibleTables(database, execution).map((table) => {
    const { definition } = table;
    return [
      `${definition.namespace}:${definition.name}`,
      definition.name,
      definition.namespace,
      definition.kind,
      BigInt(definition.createdAt),
      definition.schemaVersion,
      JSON.stringify(columnDefinitions(table)),
      null,
      BigInt(definition.updatedAt),
      JSON.stringify(tableOptionsJson(table)),
      definition.kind === "shared" ? definition.accessLevel : null,
      true,
      definition.storageId,
      definition.kind === "user" ? definition.useUserStorage : null,
    ];
  });
}

function columnDefinitions(table: TableSchema): unknown[] {
  return table.definition.columns.map((column, index) => ({
    column_id: column.id,
    column_name: column.name,
    column_comment: null,
    data_type: wireType(column.type),
    default_value: defaultAsJson(column.default),
    ordinal_position: index + 1,
    is_nullable: !column.notNull,
    is_primary_key: table.definition.primaryKey.includes(column.name),
    is_partition_key: false,
  }));
}

function tableOptionsJson({ definition }: TableSchema): unknown {
  const { rows, intervalSeconds } = definition.flushPolicy ?? {};
  const flushPolicy =
    rows !== undefined && intervalSeconds !== undefined
      ? { type: "combined", row_limit: rows, interval_seconds: intervalSeconds }
      : rows !== undefined
        ? { type: "row_limit", row_limit: rows }
        : intervalSeconds !== undefined
          ? { type: "time_interval", interval_seconds: intervalSeconds }
          : null;
  if (definition.kind === "stream") {
    return { table_type: "STREAM", ttl_seconds: definition.ttlSeconds, eviction_strategy: "time_based" };
  }
  return {
    table_type: definition.kind.toUpperCase(),
    storage_id: definition.storageId,
    ...(definition.kind === "user" ? { use_user_storage: definition.useUserStorage } : {}),
    ...(definition.kind === "shared"
      ? { access_level: definition.accessLevel.charAt(0).toUpperCase() + definition.accessLevel.slice(1) }
      : {}),
    flush_policy: flushPolicy,
    ...(definition.deletedRetentionHours === undefined
      ? {}
      : { deleted_retention_hours: definition.deletedRetentionHours }),
  };
}

export const tables = computedRelation(
  "system.tables",
  [
    ["namespace_id", "text"],
    ["table_name", "text"],
    ["table_type", "text"],
    ["storage_id", "text", "null"],
    ["version", "bigint"],
    ["options", "text", "null"],
    ["comment", "text", "null"],
    ["updated_at", "timestamp"],
    ["created_at", "timestamp"],
  ],
  (database, execution) =>
    visibleTables(database, execution).map((table) => [
      table.definition.namespace,
      table.definition.name,
      table.definition.kind,
      table.definition.storageId,
      BigInt(table.definition.schemaVersion),
      JSON.stringify(tableOptionsJson(table)),
      null,
      BigInt(table.definition.updatedAt),
      BigInt(table.definition.createdAt),
    ]),
);

export const columns = computedRelation(
  "system.columns",
  [
    ["namespace_id", "text"],
    ["table_name", "text"],
    ["version", "bigint"],
    ["column_id", "bigint"],
    ["column_name", "text"],
    ["comment", "text", "null"],
    ["data_type", "text"],
    ["default_value", "text", "null"],
    ["ordinal", "bigint"],
    ["nullable", "boolean"],
    ["primary_key", "boolean"],
    ["primary_key_pos", "bigint", "null"],
  ],
  (database, execution) =>
    visibleTables(database, execution).flatMap(({ definition }) =>
      definition.columns.map((column, index) => {
        const keyPosition = definition.primaryKey.indexOf(column.name);
        return [
          definition.namespace,
          definition.name,
          BigInt(definition.schemaVersion),
          BigInt(column.id),
          column.name,
          null,
          sqlTypeName(column.type),
          defaultAsSql(column.default, column.type),
          BigInt(index + 1),
          !column.notNull,
          keyPosition !== -1,
          keyPosition === -1 ? null : BigInt(keyPosition + 1),
        ];
      }),
    ),
);

export const NAMESPACE_COLUMNS: readonly SystemColumn[] = [
  ["namespace_id", "text"],
  ["name", "text"],
  ["created_at", "timestamp"],
  ["options", "json", "null"],
  ["table_count", "integer"],
];

export const namespaces = computedRelation("system.namespaces", NAMESPACE_COLUMNS, namespaceRows);

/** Also what SHOW NAMESPACES answers. */
export function namespaceRows(database: Database, execution: Execution): readonly Row[] {
  return visibleNamespaces(database, execution).map((name) => {
    const namespace = database.catalog.namespace(name);
    const options = namespace?.options ?? {};
    return [
      name,
      name,
      BigInt(namespace?.createdAt ?? "0"),
      Object.keys(options).length === 0 ? null : JSON.stringify(options),
      visibleTables(database, execution).filter((table) => table.definition.namespace === name).length,
    ];
  });
}

export const STORAGE_COLUMNS: readonly SystemColumn[] = [
  ["storage_id", "text"],
  ["storage_name", "text"],
  ["description", "text", "null"],
  ["storage_type", "text"],
  ["base_directory", "text"],
  ["credentials", "json", "null"],
  ["config_json", "json", "null"],
  ["shared_tables_template", "text"],
  ["user_tables_template", "text"],
  ["created_at", "timestamp"],
  ["updated_at", "timestamp"],
];

export const storages = computedRelation("system.storages", STORAGE_COLUMNS, storageRows);

/** Also what SHOW STORAGES answers. */
export function storageRows(database: Database): readonly Row[] {
  return database.catalog
    .storages()
    .map((storage) => [
      storage.id,
      storage.name,
      storage.description,
      storage.type,
      storage.baseDirectory,
      storage.credentials === null ? null : JSON.stringify("***"),
      storage.config,
      storage.sharedTablesTemplate,
      storage.userTablesTemplate,
      BigInt(storage.createdAt),
      BigInt(storage.updatedAt),
    ]);
}
