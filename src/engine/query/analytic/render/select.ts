import type { Node, SelectStmt } from "libpg-query";
import { KalamError } from "../../../../errors/index.ts";
import type { AnalyticalContext } from "../context.ts";
import { BIGINT, type Bound, decide, isNull } from "./bound.ts";
import type { BoundQuery, Env, StatementRenderer } from "./env.ts";
import { positionOf, unsupported } from "./env.ts";
import { renderExpression, truth } from "./expressions.ts";
import { renderFrom } from "./from.ts";
import { renderWindow } from "./functions/windows.ts";
import { renderGroups } from "./grouping.ts";
import { outputOrder } from "./output-order.ts";
import { Scope } from "./scope.ts";
import { named, type Target, wholeNumber } from "./select-list.ts";
import { setOperation } from "./set-operations.ts";
import { renderTargets } from "./targets.ts";
import { renderValues } from "./values.ts";
import { renderWith } from "./with.ts";

/** Renders a query; `outer` is what names mean around it. */
export function renderSelect(
  select: SelectStmt,
  outer: Scope | undefined,
  context: AnalyticalContext,
  statement: StatementRenderer,
): BoundQuery {
  refuseClauses(select);
  const scope = new Scope(outer);
  const prefix = select.withClause === undefined ? "" : renderWith(select.withClause, scope, context, statement);
  const body = renderBody(select, scope, context, statement);
  return { sql: `${prefix}${body.sql}`, columns: body.columns };
}

function renderBody(
  select: SelectStmt,
  scope: Scope,
  context: AnalyticalContext,
  statement: StatementRenderer,
): BoundQuery {
  const env = environment(scope, context, statement, "LIMIT");
  if (select.op !== undefined && select.op !== "SETOP_NONE") {
    return ordered(setOperation(select, scope, context, statement), select, env);
  }
  if (select.valuesLists !== undefined) return ordered(renderValues(select.valuesLists, env), select, env);
  return plain(select, scope, context, statement);
}

function environment(scope: Scope, context: AnalyticalContext, statement: StatementRenderer, clause: string): Env {
  return { statement, context, scope, clause, aggregates: false, windows: false, namedWindows: new Map() };
}

/** ORDER BY and LIMIT of a query whose only names are those of its columns. */
function ordered(query: BoundQuery, select: SelectStmt, env: Env): BoundQuery {
  const order = (select.sortClause ?? []).map((item) => outputOrder(item, query.columns));
  const tail = order.length === 0 ? "" : ` ORDER BY ${order.join(", ")}`;
  return { sql: `${query.sql}${tail}${limits(select, env)}`, columns: query.columns };
}

function plain(select: SelectStmt, outer: Scope, context: AnalyticalContext, statement: StatementRenderer): BoundQuery {
  const scope = new Scope(outer);
  const none = environment(scope, context, statement, "FROM");
  const from = renderFrom(select.fromClause ?? [], none);
  const where =
    select.whereClause === undefined
      ? ""
      : ` WHERE ${truth(select.whereClause, { ...none, clause: "WHERE" }, "argument of WHERE")}`;
  const windows = new Map<string, string>();
  const env: Env = { ...none, clause: "SELECT", aggregates: true, windows: true, namedWindows: windows };
  const windowSql = windowClause(select.windowClause ?? [], windows, env);
  const targets = renderTargets(select.targetList ?? [], env);
  const having =
    select.havingClause === undefined
      ? ""
      : ` HAVING ${truth(select.havingClause, { ...env, clause: "HAVING", windows: false }, "argument of HAVING")}`;
  const distinct = distinctClause(select.distinctClause, targets, env);
  const order = (select.sortClause ?? []).map((item) =>
    outputOrder(item, targets, (node) => renderExpression(node, { ...env, clause: "ORDER BY" })),
  );
  const groups = renderGroups(select, targets, { ...none, clause: "GROUP BY" });
  const fromSql = from(select.whereClause);
  const list = targets.map((target) => `${target.expression} AS ${target.sql}`).join(", ");
  const sql =
    `SELECT ${distinct}${list}${fromSql === "" ? "" : ` FROM ${fromSql}`}${where}${groups}${having}${windowSql}` +
    `${order.length === 0 ? "" : ` ORDER BY ${order.join(", ")}`}${limits(select, environment(outer, context, statement, "LIMIT"))}`;
  return { sql, columns: targets };
}

function windowClause(nodes: readonly Node[], windows: Map<string, string>, env: Env): string {
  const parts = nodes.map((node) => {
    if (!("WindowDef" in node)) throw unsupported("this WINDOW clause");
    const shown = node.WindowDef.name ?? "";
    const { name: _, ...definition } = node.WindowDef;
    const sql = renderWindow(definition, env, renderExpression);
    const ours = env.statement.names.make(shown);
    windows.set(shown, ours);
    return `${ours} AS (${sql})`;
  });
  return parts.length === 0 ? "" : ` WINDOW ${parts.join(", ")}`;
}

function distinctClause(nodes: readonly Node[] | undefined, targets: readonly Target[], env: Env): string {
  if (nodes === undefined) return "";
  const keys = nodes.filter((node) => Object.keys(node).length > 0);
  if (keys.length === 0) return "DISTINCT ";
  const parts = keys.map((node) => {
    const position = wholeNumber(node);
    const target = position === undefined ? named(node, targets) : targets[position - 1];
    return target?.expression ?? renderExpression(node, { ...env, clause: "DISTINCT ON" }).sql;
  });
  return `DISTINCT ON (${parts.join(", ")}) `;
}

function limits(select: SelectStmt, env: Env): string {
  if (select.limitOption === "LIMIT_OPTION_WITH_TIES") throw unsupported("WITH TIES");
  const count = bound(select.limitCount, "LIMIT", env);
  const offset = bound(select.limitOffset, "OFFSET", env);
  return `${count === undefined ? "" : ` LIMIT ${count}`}${offset === undefined ? "" : ` OFFSET ${offset}`}`;
}

function bound(node: Node | undefined, word: string, env: Env): string | undefined {
  if (node === undefined) return undefined;
  const of: Bound = renderExpression(node, { ...env, clause: word });
  if (isNull(of)) return undefined;
  const decided = decide(of, BIGINT);
  const value = of.input?.value;
  if (value !== undefined && /^-/.test(typeof value === "object" && value !== null ? value.text : String(value))) {
    throw new KalamError("invalid_row_count", { clause: word }, { position: positionOf(node) });
  }
  return decided.sql;
}

function refuseClauses(select: SelectStmt): void {
  if (select.intoClause !== undefined) throw unsupported("SELECT INTO");
  if (select.lockingClause !== undefined) throw unsupported("FOR UPDATE and FOR SHARE");
  if (select.groupDistinct) throw unsupported("GROUP BY DISTINCT");
}
