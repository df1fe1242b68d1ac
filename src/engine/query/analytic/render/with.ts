import type { CommonTableExpr, SelectStmt, WithClause } from "libpg-query";
import { KalamError } from "../../../../errors/index.ts";
import type { AnalyticalContext } from "../context.ts";
import { type BoundColumn, type BoundQuery, type StatementRenderer, strings, unsupported } from "./env.ts";
import { Scope } from "./scope.ts";
import { setOperation } from "./set-operations.ts";

/** Renders WITH and defines its names in the scope. */
export function renderWith(
  clause: WithClause,
  scope: Scope,
  context: AnalyticalContext,
  statement: StatementRenderer,
): string {
  const seen = new Set<string>();
  const parts = (clause.ctes ?? []).map((node) => {
    if (!("CommonTableExpr" in node)) throw unsupported("this WITH");
    const cte = node.CommonTableExpr;
    const name = cte.ctename ?? "";
    const position = cte.location ?? 0;
    if (seen.has(name)) throw new KalamError("duplicate_alias", { table: name }, { position });
    seen.add(name);
    return one(cte, clause.recursive ?? false, scope, context, statement);
  });
  return `WITH ${clause.recursive ? "RECURSIVE " : ""}${parts.join(", ")} `;
}

function one(
  cte: CommonTableExpr,
  recursive: boolean,
  scope: Scope,
  context: AnalyticalContext,
  statement: StatementRenderer,
): string {
  const position = cte.location ?? 0;
  if (cte.ctequery === undefined || !("SelectStmt" in cte.ctequery))
    throw unsupported("INSERT, UPDATE and DELETE in WITH", position);
  if (cte.search_clause !== undefined || cte.cycle_clause !== undefined)
    throw unsupported("SEARCH and CYCLE", position);
  const name = cte.ctename ?? "";
  const ours = statement.names.make(name);
  const aliases = strings(cte.aliascolnames);
  const define = (columns: readonly BoundColumn[]): void => {
    const named = columns.map((column, index) => ({ ...column, name: aliases[index] ?? column.name }));
    scope.define(name, { sql: ours, columns: named });
  };
  const select = cte.ctequery.SelectStmt;
  const query =
    recursive && isRecursive(select)
      ? recursion(select, scope, context, statement, define)
      : statement.query(select, scope, context);
  define(query.columns);
  const how =
    cte.ctematerialized === "CTEMaterializeAlways"
      ? "MATERIALIZED "
      : cte.ctematerialized === "CTEMaterializeNever"
        ? "NOT MATERIALIZED "
        : "";
  return `${ours} AS ${how}(${query.sql})`;
}

function isRecursive(select: SelectStmt): boolean {
  return (
    select.op === "SETOP_UNION" &&
    select.withClause === undefined &&
    select.sortClause === undefined &&
    select.limitCount === undefined
  );
}

function recursion(
  select: SelectStmt,
  scope: Scope,
  context: AnalyticalContext,
  statement: StatementRenderer,
  define: (columns: readonly BoundColumn[]) => void,
): BoundQuery {
  return setOperation(select, new Scope(scope), context, statement, define);
}
