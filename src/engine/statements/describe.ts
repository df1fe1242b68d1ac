import { KalamError } from "../../errors/index.ts";
import { defaultAsSql } from "../catalog/describe-default.ts";
import type { TableSchema } from "../catalog/table-schema.ts";
import type { Database } from "../database.ts";
import type { Execution } from "../execution.ts";
import type { ResultColumn } from "../query/relation.ts";
import { openTable, resolveName } from "../query/resolve.ts";
import type { StatementResult } from "../request.ts";
import type { DescribeTable, QualifiedName } from "../sql/statement.ts";
import type { ColumnType, Row } from "../types/column-type.ts";
import { sqlTypeName } from "../types/index.ts";
import { viewColumns } from "./views.ts";

const COLUMNS: readonly ResultColumn[] = (
  [
    ["column_name", "text"],
    ["ordinal_position", "integer"],
    ["column_id", "bigint"],
    ["data_type", "text"],
    ["is_nullable", "boolean"],
    ["is_primary_key", "boolean"],
    ["column_default", "text"],
    ["column_comment", "text"],
    ["schema_version", "integer"],
  ] as const
).map(([name, kind]) => ({ name, type: { kind } }));

/** The columns of a table or view, in declared order. Of a view the message says that it is one. */
export async function describeTable(
  database: Database,
  execution: Execution,
  statement: DescribeTable,
): Promise<StatementResult> {
  const resolved = resolveName(database, execution, statement.table, "read");
  const answer = { columns: COLUMNS, asUser: execution.principal.userId };
  switch (resolved.kind) {
    case "table":
      return { ...answer, rows: tableRows(resolved.schema) };
    case "system":
      return { ...answer, rows: plainRows(resolved.source.shape.columns) };
    case "view": {
      const { namespace, name, query } = resolved.view;
      const rows = plainRows(await viewColumns(database, execution, resolved.view));
      return { ...answer, rows, message: `View ${namespace}.${name} AS ${query}` };
    }
  }
}

function plainRows(columns: readonly ResultColumn[]): readonly Row[] {
  return columns.map((column, index) => [
    column.name,
    index + 1,
    BigInt(index + 1),
    sqlTypeName(column.type),
    column.notNull !== true,
    false,
    null,
    null,
    1,
  ]);
}

function tableRows({ definition }: TableSchema): readonly Row[] {
  return definition.columns.map((column, index) => [
    column.name,
    index + 1,
    BigInt(column.id),
    sqlTypeName(column.type),
    !column.notNull,
    definition.primaryKey.includes(column.name),
    defaultAsSql(column.default, column.type),
    null,
    definition.schemaVersion,
  ]);
}

const FACT_COLUMNS: readonly ResultColumn[] = (
  [
    ["table_name", "text"],
    ["namespace", "text"],
    ["schema_version", "integer"],
    ["logical_rows", "bigint"],
    ["hot_rows", "bigint"],
    ["cold_rows", "bigint"],
    ["flushed_segments", "bigint"],
  ] as const satisfies readonly (readonly [string, ColumnType["kind"]])[]
).map(([name, kind]) => ({ name, type: { kind } }));

/** SHOW STATS FOR TABLE: how many of the caller's rows there are, and where. */
export async function showStats(
  database: Database,
  execution: Execution,
  reference: QualifiedName,
): Promise<StatementResult> {
  const schema = requireTable(database, execution, reference);
  const relation = await openTable(database, execution, schema);
  let count = 0n;
  for await (const chunk of relation.scan({}, false)) count += BigInt(chunk.length);
  const { name, namespace, schemaVersion } = schema.definition;
  return {
    columns: FACT_COLUMNS,
    rows: [[name, namespace, schemaVersion, count, count, 0n, 0n]],
    asUser: execution.principal.userId,
  };
}

export function requireTable(database: Database, execution: Execution, reference: QualifiedName): TableSchema {
  const resolved = resolveName(database, execution, reference, "read");
  if (resolved.kind === "table") return resolved.schema;
  throw new KalamError(
    "wrong_object_type",
    { reason: `"${reference.name}" is not a table` },
    { position: reference.position },
  );
}
