import { KalamError } from "../../errors/index.ts";
import type { ViewDefinition } from "../catalog/definitions.ts";
import { checkName } from "../catalog/names.ts";
import type { Database } from "../database.ts";
import type { Execution } from "../execution.ts";
import type { ResultColumn } from "../query/relation.ts";
import { qualify } from "../query/resolve.ts";
import { runAnalytical } from "../query/select.ts";
import type { StatementResult } from "../request.ts";
import { placeInText } from "../sql/index.ts";
import type { CreateView, DropView, ParsedStatement } from "../sql/statement.ts";
import { requireHome } from "./namespaces.ts";
import { refuseSystemNamespace, requireNoIndex } from "./tables.ts";

export async function createView(
  database: Database,
  execution: Execution,
  statement: CreateView,
): Promise<StatementResult> {
  const { position } = statement.view;
  const { namespace, name } = qualify(execution, statement.view);
  refuseSystemNamespace(namespace, name, "create");
  checkName("view", statement.view.name, position);
  await requireSound(database, execution, statement, `${namespace}.${name}`);
  await database.catalog.change(database.pipeline, (changes) => {
    requireHome(database, namespace, position);
    if (database.catalog.table(namespace, name) !== undefined) {
      const hint = "Drop the table first, or choose another name.";
      throw new KalamError("table_exists", { table: `${namespace}.${name}` }, { position, hint });
    }
    if (database.catalog.view(namespace, name) !== undefined && !statement.orReplace) {
      throw new KalamError("view_exists", { view: `${namespace}.${name}` }, { position });
    }
    requireNoIndex(database, namespace, name, position);
    changes.putView({
      namespace,
      name,
      columns: statement.columns.map((column) => column.toLowerCase()),
      query: statement.query,
      queryNamespace: execution.namespace,
      createdAt: execution.now.toString(),
    });
  });
  return {
    message: `View ${namespace}.${name} created successfully`,
    rowCount: 0,
    asUser: execution.principal.userId,
  };
}

/**
 * The query must run before it is kept; it is asked for no rows. It is read as part of the view to come, so that it cannot name
 * that, directly or through other views.
 */
async function requireSound(
  database: Database,
  execution: Execution,
  statement: CreateView,
  fullName: string,
): Promise<void> {
  const parsed = viewQuery(database, statement.query);
  if (parsed.template.parameterCount > 0) {
    throw new KalamError("feature_not_supported", { feature: "a parameter in a view" });
  }
  let columns: readonly ResultColumn[];
  try {
    columns = await queryColumns(database, { ...execution, statement: parsed, views: [fullName] }, parsed);
  } catch (error) {
    if (!(error instanceof KalamError) || error.position === undefined) throw error;
    // The query's own places are counted from where it begins.
    throw error.movedTo(statement.queryPosition + placeInText(parsed, error.position));
  }
  if (statement.columns.length > columns.length) {
    throw new KalamError("syntax_error", { message: "CREATE VIEW specifies more column names than columns" });
  }
}

/** The columns that a view has now: those of its tables may have changed since it was made. */
export async function viewColumns(
  database: Database,
  execution: Execution,
  view: ViewDefinition,
): Promise<readonly ResultColumn[]> {
  const parsed = viewQuery(database, view.query);
  const inner = { ...execution, statement: parsed, params: [], namespace: view.queryNamespace };
  const columns = await queryColumns(database, { ...inner, views: [`${view.namespace}.${view.name}`] }, parsed);
  return columns.map((column, index) => ({ ...column, name: view.columns[index] ?? column.name }));
}

function viewQuery(database: Database, query: string): ParsedStatement {
  const [parsed] = database.parser.parse(query);
  if (parsed?.template.statement.kind === "select") return parsed;
  throw new KalamError("syntax_error", { message: "a view needs a SELECT" });
}

/** Asks a query for no rows. */
async function queryColumns(
  database: Database,
  execution: Execution,
  { template: { statement } }: ParsedStatement,
): Promise<readonly ResultColumn[]> {
  const subquery = statement.kind === "select" ? { SelectStmt: statement.node } : undefined;
  const result = await runAnalytical(database, execution, {
    targetList: [{ ResTarget: { val: { ColumnRef: { fields: [{ A_Star: {} }] } } } }],
    fromClause: [{ RangeSubselect: { ...(subquery === undefined ? {} : { subquery }), alias: { aliasname: "v" } } }],
    limitCount: { A_Const: { ival: {} } },
    limitOption: "LIMIT_OPTION_COUNT",
  });
  if (Symbol.asyncIterator in result.rows) for await (const _chunk of result.rows) break;
  return result.columns;
}

export async function dropView(
  database: Database,
  execution: Execution,
  statement: DropView,
): Promise<StatementResult> {
  const message = await database.catalog.change(database.pipeline, (changes) => {
    const messages = statement.views.map((reference) => {
      const { namespace, name } = qualify(execution, reference);
      refuseSystemNamespace(namespace, name, "drop");
      if (database.catalog.view(namespace, name) !== undefined) {
        changes.dropView(namespace, name);
        return `View ${namespace}.${name} dropped successfully`;
      }
      if (database.catalog.table(namespace, name) !== undefined) {
        const context = { position: reference.position, hint: "Use DROP TABLE to remove a table." };
        throw new KalamError("wrong_object_type", { reason: `"${name}" is not a view` }, context);
      }
      if (statement.ifExists) return `View ${namespace}.${name} does not exist (skipped)`;
      throw new KalamError("view_not_found", { view: `${namespace}.${name}` }, { position: reference.position });
    });
    return messages.join("; ");
  });
  return { message, rowCount: 0, asUser: execution.principal.userId };
}
