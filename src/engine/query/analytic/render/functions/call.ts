import type { FuncCall, Node } from "libpg-query";
import { KalamError } from "../../../../../errors/index.ts";
import { BOOLEAN, type Bound, decide } from "../bound.ts";
import { type Env, type Render, strings, unsupported } from "../env.ts";
import { renderOrder } from "../order.ts";
import { AGGREGATES, type AggregateRule } from "./aggregates.ts";
import { accept, type Call, noFunction } from "./rule.ts";
import { SCALAR_FUNCTIONS } from "./scalar.ts";
import { renderOver } from "./windows.ts";

/** The name of a function in PostgreSQL's own schema; any other schema has none. */
export function functionName(call: FuncCall): string {
  const parts = strings(call.funcname);
  const [first = "", second] = parts;
  if (second === undefined) return first;
  if (first === "pg_catalog" && parts.length === 2) return second;
  throw new KalamError("function_not_allowed", { name: `${parts.join(".")}()` }, { position: call.location ?? 0 });
}

export function renderCall(node: FuncCall, env: Env, render: Render): Bound {
  const name = functionName(node);
  const position = node.location ?? 0;
  const aggregate = AGGREGATES.get(name);
  const scalar = SCALAR_FUNCTIONS.get(name);
  if (node.func_variadic) throw unsupported("VARIADIC", position);
  if (aggregate !== undefined) return renderAggregate(name, aggregate, node, env, render);
  const args = (node.args ?? []).map((arg) => render(arg, env));
  const call: Call = { name, args, position, env };
  if (name === "unnest" || name === "generate_series") return inSelectList(call);
  if (scalar === undefined) throw noFunction(call);
  if (node.over !== undefined)
    throw wrongUse(`OVER specified, but ${name} is not a window function nor an aggregate function`, position);
  if (node.agg_distinct || node.agg_star || node.agg_filter !== undefined || node.agg_order !== undefined) {
    throw wrongUse(`${name} is not an aggregate function`, position);
  }
  if (args.length < scalar.minimum || args.length > scalar.maximum) throw noFunction(call);
  return scalar.render(call);
}

/** A set-returning function among the columns: one row for each element. */
function inSelectList(call: Call): Bound {
  if (call.env.clause !== "SELECT") {
    throw unsupported(`set-returning functions in ${call.env.clause}`, call.position);
  }
  return { sql: `unnest(${elements(call)})`, type: elementType(call) };
}

/** The list behind a set-returning function. */
export function elements(call: Call): string {
  const [first] = call.args;
  if (call.name === "unnest") {
    if (first === undefined || call.args.length !== 1) throw noFunction(call);
    return first.sql;
  }
  if (call.args.length < 2 || call.args.length > 3) throw noFunction(call);
  return `generate_series(${seriesArguments(call)})`;
}

export function seriesArguments(call: Call): string {
  const type = call.args.find((arg) => arg.type !== undefined && arg.type.kind !== "unknown")?.type;
  const moment = type !== undefined && ["date", "timestamp", "timestamptz", "datetime"].includes(type.kind);
  return call.args
    .map((arg, index) => {
      if (!moment) return decide(arg, { kind: "bigint" }).sql;
      if (index === 2) return decide(arg, { kind: "interval" }).sql;
      const of = decide(arg, type).sql;
      return type.kind === "date" ? `CAST(${of} AS TIMESTAMP)` : of;
    })
    .join(", ");
}

export function elementType(call: Call): Bound["type"] {
  const [first] = call.args;
  if (call.name === "unnest") return first?.type?.kind === "list" ? first.type.element : undefined;
  if (first?.type?.kind === "date") return { kind: "timestamp" };
  return first?.type?.kind === "timestamp" || first?.type?.kind === "timestamptz" ? first.type : { kind: "bigint" };
}

function renderAggregate(name: string, rule: AggregateRule, node: FuncCall, env: Env, render: Render): Bound {
  const position = node.location ?? 0;
  const windowed = node.over !== undefined;
  if (windowed && !env.windows) throw wrongUse(`window functions are not allowed in ${env.clause}`, position);
  if (rule.windowOnly && !windowed) throw wrongUse(`window function ${name} requires an OVER clause`, position);
  if (!windowed && !env.aggregates) throw wrongUse(`aggregate functions are not allowed in ${env.clause}`, position);
  const inner: Env = {
    ...env,
    aggregates: windowed && env.aggregates,
    windows: false,
    clause: windowed ? env.clause : "aggregate function calls",
  };
  const args = accept({ name, args: (node.args ?? []).map((arg) => render(arg, inner)), position, env }, rule.params);
  if (node.agg_star && name !== "count") throw noFunction({ name, args, position });
  if ((args.length < rule.minimum && !node.agg_star) || args.length > rule.params.length)
    throw noFunction({ name, args, position });
  if (name === "count" && args.length === 0 && !node.agg_star)
    throw wrongUse("count(*) must be used to call a parameterless aggregate function", position);
  if (rule.ordered !== (node.agg_within_group === true)) {
    throw wrongUse(
      rule.ordered
        ? `WITHIN GROUP is required for ordered-set aggregate ${name}`
        : `${name} is not an ordered-set aggregate, so it cannot have WITHIN GROUP`,
      position,
    );
  }
  const filter = node.agg_filter === undefined ? "" : ` FILTER (WHERE ${condition(node.agg_filter, inner, render)})`;
  const over = node.over === undefined ? "" : ` OVER ${renderOver(node.over, env, render)}`;
  const order = (node.agg_order ?? []).map((item) => renderOrder(item, inner, render));
  const sql = `${rule.duckName}${argumentList(node, rule, args, order)}${filter}${over}`;
  const type = rule.result(args);
  return { sql: type?.kind === "integer" && rule.windowOnly ? `CAST(${sql} AS INTEGER)` : sql, type };
}

/** Aggregates whose answer shows the order of their input. */
const SEQUENCES: ReadonlySet<string> = new Set(["string_agg", "list", "json_group_array"]);

function argumentList(node: FuncCall, rule: AggregateRule, args: readonly Bound[], order: readonly string[]): string {
  if (node.agg_star) return "(*)";
  const list = args.map((arg) => arg.sql).join(", ");
  if (rule.ordered) return `(${list}) WITHIN GROUP (ORDER BY ${order.join(", ")})`;
  if (!node.agg_distinct) return `(${list}${order.length === 0 ? "" : ` ORDER BY ${order.join(", ")}`})`;
  // PostgreSQL finds distinct values by sorting them, and so hands them over in order.
  const sorted = order.length === 0 && SEQUENCES.has(rule.duckName) ? [`${args[0]?.sql} ASC NULLS LAST`] : order;
  return `(DISTINCT ${list}${sorted.length === 0 ? "" : ` ORDER BY ${sorted.join(", ")}`})`;
}

function condition(node: Node, env: Env, render: Render): string {
  return decide(render(node, { ...env, clause: "FILTER" }), BOOLEAN).sql;
}

function wrongUse(message: string, position: number): KalamError {
  return new KalamError("grouping_error", { message }, { position });
}
