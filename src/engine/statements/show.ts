import { KalamError } from "../../errors/index.ts";
import type { Database } from "../database.ts";
import type { Execution } from "../execution.ts";
import type { ResultColumn } from "../query/relation.ts";
import { resolveName } from "../query/resolve.ts";
import type { StatementResult } from "../request.ts";
import type { QualifiedName, ShowStatement } from "../sql/statement.ts";
import {
  NAMESPACE_COLUMNS,
  namespaceRows,
  SCHEMA_COLUMNS,
  STORAGE_COLUMNS,
  schemaRows,
  storageRows,
} from "../system/catalog-tables.ts";
import { systemRelation } from "../system/index.ts";
import { INDEX_COLUMNS, indexRows } from "../system/indexes-table.ts";
import { SHOWN_JOB_COLUMNS, shownJobRows } from "../system/jobs-table.ts";
import { LIVE_COLUMNS, liveRows } from "../system/live-table.ts";
import { MANIFEST_COLUMNS, manifestRows } from "../system/manifest-table.ts";
import { settingRows } from "../system/server-tables.ts";
import type { SystemColumn } from "../system/system-relation.ts";
import type { Row } from "../types/column-type.ts";
import { requireTable, showColumns, showStats } from "./describe.ts";
import { requireNamespace } from "./namespaces.ts";
import { createTableText, createViewText } from "./show-create.ts";

export async function show(
  database: Database,
  execution: Execution,
  { subject }: ShowStatement,
): Promise<StatementResult> {
  const asUser = execution.principal.userId;
  switch (subject.type) {
    case "namespaces":
      return answer(NAMESPACE_COLUMNS, namespaceRows(database, execution), asUser);
    case "storages":
      return answer(STORAGE_COLUMNS, storageRows(database), asUser);
    case "jobs":
      return answer(SHOWN_JOB_COLUMNS, shownJobRows(database, execution, subject.ids), asUser);
    case "live":
      return answer(LIVE_COLUMNS, liveRows(database, execution), asUser);
    case "manifest":
      return answer(MANIFEST_COLUMNS, await manifestRows(database, execution), asUser);
    case "tables":
      return answer(SCHEMA_COLUMNS, tableRows(database, execution, subject.namespace), asUser);
    case "users":
      return showUsers(database, execution);
    case "columns":
      return showColumns(database, execution, subject.table);
    case "stats":
      return showStats(database, execution, subject.table);
    case "indexes":
      return answer(INDEX_COLUMNS, indexesOf(database, execution, subject.table), asUser);
    case "create_table":
      return answer(
        [
          ["table_name", "text"],
          ["create_statement", "text"],
        ],
        [[subject.table.name, createText(database, execution, subject.table)]],
        asUser,
      );
    case "setting":
      return answer(
        [
          ["name", "text"],
          ["value", "text"],
          ["description", "text"],
        ],
        setting(database, subject.name),
        asUser,
      );
  }
}

function tableRows(database: Database, execution: Execution, namespace: string | undefined): readonly Row[] {
  const rows = schemaRows(database, execution);
  if (namespace === undefined) return rows;
  const name = namespace.toLowerCase();
  if (name !== "default") requireNamespace(database, name);
  const column = SCHEMA_COLUMNS.findIndex(([columnName]) => columnName === "namespace_id");
  return rows.filter((row) => row[column] === name);
}

function indexesOf(database: Database, execution: Execution, table: QualifiedName | undefined): readonly Row[] {
  const rows = indexRows(database, execution);
  if (table === undefined) return rows;
  const { definition } = requireTable(database, execution, table);
  return rows.filter(([namespace, name]) => namespace === definition.namespace && name === definition.name);
}

async function showUsers(database: Database, execution: Execution): Promise<StatementResult> {
  const source = systemRelation("system", "users");
  if (source === undefined) throw new Error("system.users is missing");
  const relation = await source.open(database, execution);
  const rows: Row[] = [];
  for await (const chunk of relation.scan({}, false)) rows.push(...chunk);
  return { columns: source.shape.columns, rows, asUser: execution.principal.userId };
}

function createText(database: Database, execution: Execution, reference: QualifiedName): string {
  const resolved = resolveName(database, execution, reference, "read");
  return resolved.kind === "view"
    ? createViewText(resolved.view)
    : createTableText(requireTable(database, execution, reference));
}

function setting(database: Database, name: string): readonly Row[] {
  const all = settingRows(database).map(([setting, value, description]) => [
    setting ?? "",
    value ?? "",
    description ?? "",
  ]);
  if (name.toLowerCase() === "all") return all;
  const found = all.filter(([setting]) => setting === name.toLowerCase());
  if (found.length === 0) {
    throw new KalamError("invalid_option", { reason: `unrecognized configuration parameter "${name}"` });
  }
  return found;
}

function answer(columns: readonly SystemColumn[], rows: readonly Row[], asUser: string): StatementResult {
  const shape: readonly ResultColumn[] = columns.map(([name, kind]) => ({ name, type: { kind } }));
  return { columns: shape, rows, asUser };
}
