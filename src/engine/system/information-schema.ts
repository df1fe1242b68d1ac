import { defaultAsSql } from "../catalog/describe-default.ts";
import { DATABASE_NAME } from "../product.ts";
import type { ColumnType } from "../types/column-type.ts";
import { postgresTypeName } from "../types/index.ts";
import { computedRelation } from "./system-relation.ts";
import { visibleNamespaces, visibleTables, visibleViews } from "./visible-tables.ts";

/** In every row, as PostgreSQL shows the database's name. */
const CATALOG = DATABASE_NAME;

const NUMERIC: Partial<Record<ColumnType["kind"], readonly [precision: number, radix: number, scale: number | null]>> =
  {
    smallint: [16, 2, 0],
    integer: [32, 2, 0],
    bigint: [64, 2, 0],
    real: [24, 2, null],
    double: [53, 2, null],
  };

export const schemata = computedRelation(
  "information_schema.schemata",
  [
    ["catalog_name", "text"],
    ["schema_name", "text"],
    ["schema_owner", "text", "null"],
  ],
  (database, execution) => visibleNamespaces(database, execution).map((name) => [CATALOG, name, null]),
);

export const tables = computedRelation(
  "information_schema.tables",
  [
    ["table_catalog", "text"],
    ["table_schema", "text"],
    ["table_name", "text"],
    ["table_type", "text"],
  ],
  (database, execution) => [
    ...visibleTables(database, execution).map(({ definition }) => [
      CATALOG,
      definition.namespace,
      definition.name,
      "BASE TABLE",
    ]),
    ...visibleViews(database, execution).map((view) => [CATALOG, view.namespace, view.name, "VIEW"]),
  ],
);

export const views = computedRelation(
  "information_schema.views",
  [
    ["table_catalog", "text"],
    ["table_schema", "text"],
    ["table_name", "text"],
    ["view_definition", "text", "null"],
  ],
  (database, execution) =>
    visibleViews(database, execution).map((view) => [CATALOG, view.namespace, view.name, view.query]),
);

export const columns = computedRelation(
  "information_schema.columns",
  [
    ["table_catalog", "text"],
    ["table_schema", "text"],
    ["table_name", "text"],
    ["column_name", "text"],
    ["ordinal_position", "integer"],
    ["column_default", "text", "null"],
    ["is_nullable", "text"],
    ["data_type", "text"],
    ["character_maximum_length", "integer", "null"],
    ["numeric_precision", "integer", "null"],
    ["numeric_precision_radix", "integer", "null"],
    ["numeric_scale", "integer", "null"],
  ],
  (database, execution) =>
    visibleTables(database, execution).flatMap(({ definition }) =>
      definition.columns.map(({ name, type, notNull, default: value }, index) => {
        const numeric = NUMERIC[type.kind];
        return [
          CATALOG,
          definition.namespace,
          definition.name,
          name,
          index + 1,
          defaultAsSql(value, type),
          notNull ? "NO" : "YES",
          type.length === undefined ? postgresTypeName({ kind: type.kind }) : "character varying",
          type.length ?? null,
          type.precision ?? numeric?.[0] ?? null,
          type.kind === "decimal" ? 10 : (numeric?.[1] ?? null),
          type.scale ?? numeric?.[2] ?? null,
        ];
      }),
    ),
);

export const tableConstraints = computedRelation(
  "information_schema.table_constraints",
  [
    ["constraint_catalog", "text"],
    ["constraint_schema", "text"],
    ["constraint_name", "text"],
    ["table_schema", "text"],
    ["table_name", "text"],
    ["constraint_type", "text"],
  ],
  (database, execution) =>
    visibleTables(database, execution)
      .filter(({ definition }) => definition.primaryKey.length > 0)
      .map(({ definition: { namespace, name } }) => [
        CATALOG,
        namespace,
        `${name}_pkey`,
        namespace,
        name,
        "PRIMARY KEY",
      ]),
);

export const keyColumnUsage = computedRelation(
  "information_schema.key_column_usage",
  [
    ["constraint_catalog", "text"],
    ["constraint_schema", "text"],
    ["constraint_name", "text"],
    ["table_schema", "text"],
    ["table_name", "text"],
    ["column_name", "text"],
    ["ordinal_position", "integer"],
  ],
  (database, execution) =>
    visibleTables(database, execution).flatMap(({ definition: { namespace, name, primaryKey } }) =>
      primaryKey.map((column, index) => [CATALOG, namespace, `${name}_pkey`, namespace, name, column, index + 1]),
    ),
);
