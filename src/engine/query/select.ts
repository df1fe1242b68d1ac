import type { RangeVar, SelectStmt } from "libpg-query";
import { KalamError } from "../../errors/index.ts";
import type { Database } from "../database.ts";
import type { Execution } from "../execution.ts";
import type { Parameter } from "../request.ts";
import type { SecondaryIndex } from "../rows/indexes/secondary-index.ts";
import type { Literal, ParsedStatement, StatementTemplate } from "../sql/statement.ts";
import type { ColumnType } from "../types/column-type.ts";
import type { AnalyticalContext, ViewExpansion } from "./analytic/index.ts";
import { type Frame, InputBinder, NotSimple, RowsInSegments } from "./expression/index.ts";
import type { Relation, RelationShape, ResultColumn, RowStream } from "./relation.ts";
import { nameOfRangeVar, openResolved, type Resolved, resolveName } from "./resolve.ts";
import { planRowQuery, type RowQueryPlan } from "./row/index.ts";
import { rowBounds } from "./row-bounds.ts";

export interface QueryResult {
  readonly columns: readonly ResultColumn[];
  readonly rows: RowStream;
}

/** How a SELECT will be answered; good for as long as the catalog stays as it is. */
export interface SelectPlan {
  readonly node: SelectStmt;
  readonly binder: InputBinder;
  /** The one table of a row query. */
  readonly table: RangeVar | undefined;
  readonly row: RowQueryPlan | undefined;
}

/**
 * Chooses between the two read paths: a query over one relation that the row evaluator takes whole is answered in the process;
 * everything else goes to DuckDB.
 */
export function planSelect(
  database: Database,
  execution: Execution,
  node: SelectStmt,
  template: StatementTemplate,
): SelectPlan {
  const binder = new InputBinder(template);
  const table = onlyTable(node);
  if (table === "many") return { node, binder, table: undefined, row: undefined };
  if (table === undefined) {
    const row = planRowQuery(node, { shape: undefined, alias: undefined, binder }, []);
    return { node, binder, table, row };
  }
  const resolved = resolveName(database, execution, nameOfRangeVar(table), "read");
  if (resolved.kind === "view") return { node, binder, table: undefined, row: undefined };
  const { shape, keyTypes, indexes } = shapeOf(resolved);
  const scope = { shape, alias: table.alias?.aliasname ?? table.relname, binder };
  return { node, binder, table, row: planRowQuery(node, scope, keyTypes, indexes) };
}

function shapeOf(resolved: Exclude<Resolved, { kind: "view" }>): {
  shape: RelationShape;
  keyTypes: readonly ColumnType[];
  indexes: readonly SecondaryIndex[];
} {
  if (resolved.kind === "system") return { shape: resolved.source.shape, keyTypes: [], indexes: [] };
  const { shape, keyTypes, indexes } = resolved.schema;
  return { shape, keyTypes, indexes };
}

/** The single plain table of a FROM clause, undefined when there is no FROM, "many" for everything else. */
function onlyTable(node: SelectStmt): RangeVar | undefined | "many" {
  if (node.op !== undefined && node.op !== "SETOP_NONE") return "many";
  if (node.withClause !== undefined || node.valuesLists !== undefined) return "many";
  const from = node.fromClause ?? [];
  if (from.length === 0) return undefined;
  const [first] = from;
  if (from.length > 1 || first === undefined || !("RangeVar" in first)) return "many";
  return first.RangeVar.alias?.colnames === undefined ? first.RangeVar : "many";
}

/**
 * Runs a plan. The rows are those of this moment, also when they are fetched later.
 * @param given stands for the table of the plan, whatever that is called now and whoever may read it
 */
export async function runSelect(
  database: Database,
  execution: Execution,
  plan: SelectPlan,
  given?: Relation,
): Promise<QueryResult> {
  try {
    return await runHere(database, execution, plan, false, given);
  } catch (error) {
    if (!(error instanceof NotSimple)) throw error;
    if (!(error instanceof RowsInSegments)) return runAnalytical(database, execution, plan.node, given);
  }
  try {
    return await runAnalytical(database, execution, inKeyOrder(plan), given);
  } catch (error) {
    if (!isForRowsOnly(error)) throw error;
    return runHere(database, execution, plan, true, given);
  }
}

/** The query as the row evaluator answers it: rows that its ORDER BY leaves equal come in the order of their keys. */
function inKeyOrder({ node, table, row }: SelectPlan): SelectStmt {
  if (table === undefined || row === undefined || row.counts) return node;
  const name = table.alias?.aliasname ?? table.relname ?? "";
  const keys = row.keyColumns.map((column) => ({
    SortBy: {
      node: { ColumnRef: { fields: [{ String: { sval: name } }, { String: { sval: column } }] } },
      sortby_dir: "SORTBY_DEFAULT" as const,
      sortby_nulls: "SORTBY_NULLS_DEFAULT" as const,
    },
  }));
  return { ...node, sortClause: [...(node.sortClause ?? []), ...keys] };
}

/** What the analytical path says of a query that only the row evaluator knows. */
const ONLY_HERE: ReadonlySet<string> = new Set(["feature_not_supported", "function_not_allowed"]);

/** Whether the analytical path gave up on something that the row evaluator may know. */
export function isForRowsOnly(error: unknown): boolean {
  return error instanceof KalamError && ONLY_HERE.has(error.key);
}

async function runHere(
  database: Database,
  execution: Execution,
  plan: SelectPlan,
  anyway: boolean,
  given: Relation | undefined,
): Promise<QueryResult> {
  if (plan.row === undefined) return runAnalytical(database, execution, plan.node, given);
  const frame = frameOf(database, execution, plan.binder);
  if (plan.table === undefined) return { columns: plan.row.columns, rows: await plan.row.run(undefined, frame) };
  const opened = given ?? openPlanned(database, execution, plan.table);
  const relation = opened instanceof Promise ? await opened : opened;
  const rows = plan.row.run(relation, frame, anyway);
  return { columns: plan.row.columns, rows: rows instanceof Promise ? await rows : rows };
}

function openPlanned(database: Database, execution: Execution, table: RangeVar): Relation | Promise<Relation> {
  const resolved = resolveName(database, execution, nameOfRangeVar(table), "read");
  if (resolved.kind === "view") throw new KalamError("serialization_failure");
  return openResolved(database, execution, resolved);
}

/** How a plan would be answered now, a line a step. */
export async function explainSelect(
  database: Database,
  execution: Execution,
  plan: SelectPlan,
): Promise<readonly string[]> {
  if (plan.row !== undefined && !(await isForSegments(database, execution, plan, plan.row))) return plan.row.explain;
  const lines = await database.analytics.explain(inKeyOrder(plan), analyticalContext(database, execution));
  return ["Analytical query (DuckDB)", ...lines.map((line) => `  ${line}`)];
}

async function isForSegments(
  database: Database,
  execution: Execution,
  { table, binder }: SelectPlan,
  row: RowQueryPlan,
): Promise<boolean> {
  if (table === undefined) return false;
  const resolved = resolveName(database, execution, nameOfRangeVar(table), "read");
  if (resolved.kind !== "table") return false;
  const { frame, simple } = frameOrNone(database, execution, binder);
  return !simple || row.reachesCold(await openResolved(database, execution, resolved), frame);
}

export function frameOf(database: Database, execution: Execution, binder: InputBinder): Frame {
  return frameWith(database, execution, binder.bind(execution.params, execution.statement.literals));
}

function frameWith(database: Database, execution: Execution, inputs: Frame["inputs"]): Frame {
  const { now, principal, actor, namespace } = execution;
  return { inputs, now, principal, sessionUser: actor.userId, namespace, runtime: database.runtime };
}

/** A frame without inputs, and `simple` false, when the values of this execution are only for the analytical path. */
export function frameOrNone(
  database: Database,
  execution: Execution,
  binder: InputBinder,
): { readonly frame: Frame; readonly simple: boolean } {
  try {
    return { frame: frameOf(database, execution, binder), simple: true };
  } catch (error) {
    if (!(error instanceof NotSimple)) throw error;
    return { frame: frameWith(database, execution, []), simple: false };
  }
}

export function runAnalytical(
  database: Database,
  execution: Execution,
  node: SelectStmt,
  given?: Relation,
): Promise<QueryResult> {
  return database.analytics.query(node, analyticalContext(database, execution, given && (() => given)));
}

/** @param override answers for a name before the catalog is asked: the rows of a RETURNING clause */
export function analyticalContext(
  database: Database,
  execution: Execution,
  override?: (table: RangeVar) => Relation | undefined,
): AnalyticalContext {
  return {
    resolve: (table) => override?.(table) ?? openForAnalysis(database, execution, table),
    bounds: (where, shape, alias) =>
      rowBounds(where, shape, alias, execution.statement.template, (binder) => frameOf(database, execution, binder)),
    inputs: inputsOf(execution.params, execution.statement),
    principal: execution.principal,
    sessionUser: execution.actor.userId,
    namespace: execution.namespace,
    now: execution.now,
    timeoutMillis: database.options.statementTimeoutSeconds * 1000,
    signal: execution.request.signal,
  };
}

/** Parameters first, then literals: the numbering of a template. Missing parameters are an error of the statement. */
export function inputsOf(params: readonly Parameter[], statement: ParsedStatement): readonly (Parameter | Literal)[] {
  const { parameterCount } = statement.template;
  if (params.length < parameterCount) {
    throw new KalamError("undefined_parameter", { number: params.length + 1 });
  }
  return [...params.slice(0, parameterCount), ...statement.literals];
}

function openForAnalysis(
  database: Database,
  execution: Execution,
  table: RangeVar,
): Relation | ViewExpansion | Promise<Relation | ViewExpansion> {
  const resolved = resolveName(database, execution, nameOfRangeVar(table), "read");
  if (resolved.kind !== "view") return openResolved(database, execution, resolved);
  const { view } = resolved;
  const views = [...(execution.views ?? []), `${view.namespace}.${view.name}`];
  if (views.indexOf(views.at(-1) ?? "") < views.length - 1) {
    throw new KalamError("recursive_view", { view: view.name }, { position: table.location ?? 0 });
  }
  const [parsed] = database.parser.parse(view.query);
  if (parsed === undefined || parsed.template.statement.kind !== "select") {
    throw new KalamError("data_corrupt", { path: `view ${view.namespace}.${view.name}`, reason: "no query" });
  }
  const inner: Execution = { ...execution, statement: parsed, params: [], namespace: view.queryNamespace, views };
  return {
    query: parsed.template.statement.node,
    columns: view.columns,
    context: analyticalContext(database, inner),
  };
}
