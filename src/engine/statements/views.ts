import { KalamError } from "../../errors/index.ts";
import { checkName } from "../catalog/names.ts";
import type { Database } from "../database.ts";
import type { Execution } from "../execution.ts";
import { qualify } from "../query/resolve.ts";
import { runAnalytical } from "../query/select.ts";
import type { StatementResult } from "../request.ts";
import type { CreateView, DropView, ParsedStatement } from "../sql/statement.ts";
import { DEFAULT_NAMESPACE } from "./default-namespace.ts";
import { requireNamespace } from "./namespaces.ts";
import { refuseSystemNamespace } from "./tables.ts";

export async function createView(
  database: Database,
  execution: Execution,
  statement: CreateView,
): Promise<StatementResult> {
  const { position } = statement.view;
  const { namespace, name } = qualify(execution, statement.view);
  refuseSystemNamespace(namespace, name, "create");
  checkName("view", statement.view.name, position);
  await requireSound(database, execution, statement);
  await database.catalog.change(database.pipeline, (changes) => {
    if (namespace !== DEFAULT_NAMESPACE) requireNamespace(database, namespace, position);
    if (database.catalog.table(namespace, name) !== undefined) {
      throw new KalamError("table_exists", { table: `${namespace}.${name}` }, { position });
    }
    if (database.catalog.view(namespace, name) !== undefined && !statement.orReplace) {
      throw new KalamError("view_exists", { view: `${namespace}.${name}` }, { position });
    }
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

/** The query must run before it is kept; it is asked for no rows. A view cannot name itself, because it is not there yet. */
async function requireSound(database: Database, execution: Execution, statement: CreateView): Promise<void> {
  const [parsed] = database.parser.parse(statement.query);
  if (parsed === undefined || parsed.template.statement.kind !== "select") {
    throw new KalamError("syntax_error", { message: "a view needs a SELECT" });
  }
  if (parsed.template.parameterCount > 0) {
    throw new KalamError("feature_not_supported", { feature: "a parameter in a view" });
  }
  const { node } = parsed.template.statement;
  const probe: ParsedStatement = parsed;
  const result = await runAnalytical(
    database,
    { ...execution, statement: probe },
    {
      targetList: [{ ResTarget: { val: { ColumnRef: { fields: [{ A_Star: {} }] } } } }],
      fromClause: [{ RangeSubselect: { subquery: { SelectStmt: node }, alias: { aliasname: "v" } } }],
      limitCount: { A_Const: { ival: {} } },
      limitOption: "LIMIT_OPTION_COUNT",
    },
  );
  if (Symbol.asyncIterator in result.rows) for await (const _chunk of result.rows) break;
  if (statement.columns.length > result.columns.length) {
    throw new KalamError("syntax_error", { message: "CREATE VIEW specifies more column names than columns" });
  }
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
      if (statement.ifExists) return `View ${namespace}.${name} does not exist (skipped)`;
      throw new KalamError("view_not_found", { view: `${namespace}.${name}` }, { position: reference.position });
    });
    return messages.join("; ");
  });
  return { message, rowCount: 0, asUser: execution.principal.userId };
}
