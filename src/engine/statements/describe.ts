import { KalamError } from "../../errors/index.ts";
import { defaultAsSql } from "../catalog/describe-default.ts";
import type { TableSchema } from "../catalog/table-schema.ts";
import type { Database } from "../database.ts";
import type { Execution } from "../execution.ts";
import type { ResultColumn } from "../query/relation.ts";
import { resolveName } from "../query/resolve.ts";
import { type RowCounts, rowCounts } from "../query/row-counts.ts";
import type { StatementResult } from "../request.ts";
import type { DescribeTable, QualifiedName } from "../sql/statement.ts";
import type { ColumnType, Row } from "../types/column-type.ts";
import { sqlTypeName } from "../types/index.ts";
import { flushPolicyText } from "./table-options.ts";
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

/** DESCRIBE: the columns, and what else there is to say of a table, which is the message. */
export async function describeTable(
  database: Database,
  execution: Execution,
  { table }: DescribeTable,
): Promise<StatementResult> {
  const columns = await showColumns(database, execution, table);
  const resolved = resolveName(database, execution, table, "read");
  if (resolved.kind !== "table") return columns;
  const counts = await rowCounts(database, execution, resolved.schema);
  return { ...columns, message: `${describeStorage(resolved.schema)}; ${describeCounts(counts)}` };
}

/** `USER table app.notes, storage local, FLUSH_POLICY rows:1000` */
function describeStorage({ definition, fullName }: TableSchema): string {
  const policy = flushPolicyText(definition.flushPolicy);
  return [
    `${definition.kind.toUpperCase()} table ${fullName}`,
    ...(definition.kind === "stream"
      ? [`TTL_SECONDS ${definition.ttlSeconds}`]
      : [`storage ${definition.storageId}${definition.useUserStorage ? ", or the user's own" : ""}`]),
    ...(policy === undefined ? [] : [`FLUSH_POLICY ${policy}`]),
  ].join(", ");
}

function describeCounts({ hot, cold, segments }: RowCounts): string {
  const where = `${hot} hot, ${cold} cold`;
  return `rows: ${hot + cold} (${segments === 0 ? where : `${where} in ${segments} segment(s)`})`;
}

/** The columns of a table or view, in declared order. Of a view the message says that it is one. */
export async function showColumns(
  database: Database,
  execution: Execution,
  table: QualifiedName,
): Promise<StatementResult> {
  const resolved = resolveName(database, execution, table, "read");
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
  const { hot, cold, segments } = await rowCounts(database, execution, schema);
  const { name, namespace, schemaVersion } = schema.definition;
  return {
    columns: FACT_COLUMNS,
    rows: [[name, namespace, schemaVersion, hot + cold, hot, cold, BigInt(segments)]],
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
