import type { A_Const, A_Indirection, ColumnRef, Node, SQLValueFunction } from "libpg-query";
import { KalamError } from "../../../../errors/index.ts";
import { quoteText, typedConstant } from "../../../duckdb/constants.ts";
import { DATABASE_NAME } from "../../../product.ts";
import { BIGINT, BOOLEAN, type Bound, decide, INTEGER, isUnknown, TEXT } from "./bound.ts";
import { renderCast } from "./casts.ts";
import { commonType, renderCase, renderList } from "./conditions.ts";
import { type Env, positionOf, strings, unsupported } from "./env.ts";
import { renderCall } from "./functions/call.ts";
import { constant, number } from "./literals.ts";
import { renderOperation } from "./operations.ts";
import { renderSubLink } from "./subqueries.ts";

/** Any expression. A node that is not named here is refused. */
export function renderExpression(node: Node, env: Env): Bound {
  return env.statement.deeper(() => dispatch(node, env));
}

function dispatch(node: Node, env: Env): Bound {
  if ("ColumnRef" in node) return column(node.ColumnRef, env);
  if ("ParamRef" in node) return input(node.ParamRef.number ?? 0, node.ParamRef.location ?? 0, env);
  if ("A_Const" in node) return literal(node.A_Const);
  if ("A_Expr" in node) return renderOperation(node.A_Expr, env, renderExpression);
  if ("FuncCall" in node) return renderCall(node.FuncCall, env, renderExpression);
  if ("TypeCast" in node) return renderCast(node.TypeCast, env, renderExpression);
  if ("BoolExpr" in node) {
    const parts = (node.BoolExpr.args ?? []).map((arg) =>
      truth(arg, env, `argument of ${booleanWord(node.BoolExpr.boolop)}`),
    );
    if (node.BoolExpr.boolop === "NOT_EXPR") return { sql: `(NOT ${parts[0]})`, type: BOOLEAN };
    return { sql: `(${parts.join(node.BoolExpr.boolop === "OR_EXPR" ? " OR " : " AND ")})`, type: BOOLEAN };
  }
  if ("NullTest" in node) {
    const of = operand(node.NullTest.arg, env);
    return { sql: `(${of.sql} IS ${node.NullTest.nulltesttype === "IS_NOT_NULL" ? "NOT " : ""}NULL)`, type: BOOLEAN };
  }
  if ("BooleanTest" in node) return booleanTest(node.BooleanTest.arg, node.BooleanTest.booltesttype ?? "", env);
  if ("CaseExpr" in node) return renderCase(node.CaseExpr, env, renderExpression);
  if ("CoalesceExpr" in node) return renderList("COALESCE", node.CoalesceExpr.args, env, renderExpression);
  if ("MinMaxExpr" in node) {
    return renderList(
      node.MinMaxExpr.op === "IS_LEAST" ? "least" : "greatest",
      node.MinMaxExpr.args,
      env,
      renderExpression,
    );
  }
  if ("SubLink" in node) return renderSubLink(node.SubLink, env, renderExpression);
  if ("SQLValueFunction" in node) return valueFunction(node.SQLValueFunction, env);
  if ("A_ArrayExpr" in node) return array(node.A_ArrayExpr.elements ?? [], env);
  if ("A_Indirection" in node) return subscript(node.A_Indirection, env);
  if ("CollateClause" in node)
    return collate(node.CollateClause.arg, strings(node.CollateClause.collname), node.CollateClause.location ?? 0, env);
  if ("GroupingFunc" in node) {
    const args = (node.GroupingFunc.args ?? []).map((arg) => renderExpression(arg, env).sql);
    return { sql: `CAST(GROUPING(${args.join(", ")}) AS INTEGER)`, type: INTEGER };
  }
  throw unsupported(describe(node), positionOf(node));
}

/** An expression that must be true or false. */
export function truth(node: Node | undefined, env: Env, what: string): string {
  const of = operand(node, env);
  const decided = isUnknown(of) ? decide(of, BOOLEAN) : of;
  if (decided.type !== undefined && decided.type.kind !== "boolean" && !isUnknown(decided)) {
    throw new KalamError(
      "datatype_mismatch",
      { message: `${what} must be type boolean, not type ${decided.type.kind}` },
      { position: node === undefined ? 0 : positionOf(node) },
    );
  }
  return decided.sql;
}

function operand(node: Node | undefined, env: Env): Bound {
  if (node === undefined) throw unsupported("an expression without its operand");
  return renderExpression(node, env);
}

function booleanWord(operation: string | undefined): string {
  return operation === "NOT_EXPR" ? "NOT" : operation === "OR_EXPR" ? "OR" : "AND";
}

function column(ref: ColumnRef, env: Env): Bound {
  const fields = ref.fields ?? [];
  const position = ref.location ?? 0;
  if (fields.some((field) => "A_Star" in field)) throw unsupported("* as an expression", position);
  const path = strings(fields);
  const found = env.scope.column(path.length > 3 ? path.slice(-3) : path, position);
  return { sql: found.sql, type: found.type, primaryKey: found.primaryKey };
}

function input(index: number, position: number, env: Env): Bound {
  const value = env.context.inputs[index - 1];
  if (value === undefined) throw new KalamError("undefined_parameter", { number: index }, { position });
  const bound = constant(value);
  return { ...bound, input: { value, position } };
}

/** A literal that stayed in the tree because its value belongs to the shape of the statement. */
function literal(value: A_Const): Bound {
  const position = value.location ?? 0;
  if (value.isnull) return { sql: "NULL", type: { kind: "unknown" }, input: { value: null, position } };
  if (value.sval !== undefined) {
    const text = value.sval.sval ?? "";
    return { sql: quoteText(text), type: { kind: "unknown" }, input: { value: text, position } };
  }
  if (value.boolval !== undefined) return constant(value.boolval.boolval ?? false);
  if (value.ival !== undefined)
    return { ...constant(value.ival.ival ?? 0), input: { value: value.ival.ival ?? 0, position } };
  if (value.fval !== undefined) return number(value.fval.fval ?? "0");
  throw unsupported("a bit string", position);
}

const TESTS: Readonly<Record<string, string>> = {
  IS_TRUE: "IS TRUE",
  IS_NOT_TRUE: "IS NOT TRUE",
  IS_FALSE: "IS FALSE",
  IS_NOT_FALSE: "IS NOT FALSE",
  IS_UNKNOWN: "IS NULL",
  IS_NOT_UNKNOWN: "IS NOT NULL",
};

function booleanTest(arg: Node | undefined, test: string, env: Env): Bound {
  const words = TESTS[test];
  if (words === undefined) throw unsupported(`the test ${test}`);
  return { sql: `(${truth(arg, env, `argument of ${words}`)} ${words})`, type: BOOLEAN };
}

function valueFunction(call: SQLValueFunction, env: Env): Bound {
  const { now, principal, sessionUser, namespace } = env.context;
  const day = now / 86_400_000_000n - (now % 86_400_000_000n < 0n ? 1n : 0n);
  switch (call.op) {
    case "SVFOP_CURRENT_DATE":
      return { sql: typedConstant(Number(day), { kind: "date" }), type: { kind: "date" } };
    case "SVFOP_CURRENT_TIMESTAMP":
    case "SVFOP_CURRENT_TIMESTAMP_N":
      return { sql: typedConstant(now, { kind: "timestamptz" }), type: { kind: "timestamptz" } };
    case "SVFOP_LOCALTIMESTAMP":
    case "SVFOP_LOCALTIMESTAMP_N":
      return { sql: typedConstant(now, { kind: "timestamp" }), type: { kind: "timestamp" } };
    case "SVFOP_CURRENT_TIME":
    case "SVFOP_CURRENT_TIME_N":
    case "SVFOP_LOCALTIME":
    case "SVFOP_LOCALTIME_N":
      return { sql: typedConstant(Number(now - day * 86_400_000_000n), { kind: "time" }), type: { kind: "time" } };
    case "SVFOP_CURRENT_USER":
    case "SVFOP_USER":
      return { sql: quoteText(principal.userId), type: TEXT };
    case "SVFOP_SESSION_USER":
      return { sql: quoteText(sessionUser), type: TEXT };
    case "SVFOP_CURRENT_SCHEMA":
      return { sql: quoteText(namespace), type: TEXT };
    case "SVFOP_CURRENT_CATALOG":
      return { sql: quoteText(DATABASE_NAME), type: TEXT };
    case "SVFOP_CURRENT_ROLE":
      return { sql: quoteText(principal.role), type: TEXT };
    default:
      throw unsupported("this function", call.location ?? 0);
  }
}

function array(nodes: readonly Node[], env: Env): Bound {
  const items = nodes.map((node) => renderExpression(node, env));
  const element = commonType(items);
  const list = items.map((item) => decide(item, element ?? TEXT).sql);
  return { sql: `[${list.join(", ")}]`, type: { kind: "list", element: element ?? TEXT } };
}

function subscript(node: A_Indirection, env: Env): Bound {
  let of = operand(node.arg, env);
  for (const step of node.indirection ?? []) {
    if (!("A_Indices" in step)) throw unsupported("a field of a composite value", positionOf(node.arg));
    const { is_slice: slice, lidx: low, uidx: high } = step.A_Indices;
    const index = (at: Node | undefined): string =>
      at === undefined ? "" : decide(renderExpression(at, env), BIGINT).sql;
    if (slice) of = { sql: `(${of.sql})[${index(low)}:${index(high)}]`, type: of.type };
    else of = { sql: `(${of.sql})[${index(high)}]`, type: of.type?.kind === "list" ? of.type.element : undefined };
  }
  return of;
}

/** Text is compared by code point, which is what these collations say. */
function collate(arg: Node | undefined, name: readonly string[], position: number, env: Env): Bound {
  if (!["C", "POSIX", "default", "ucs_basic"].includes(name.at(-1) ?? "")) {
    throw unsupported(`COLLATE "${name.join(".")}"`, position);
  }
  return operand(arg, env);
}

function describe(node: Node): string {
  if ("RowExpr" in node) return "a row value here";
  if ("NamedArgExpr" in node) return "an argument by name";
  if ("SetToDefault" in node) return "DEFAULT in a query";
  return `${Object.keys(node)[0] ?? "this expression"} in a query`;
}
