import type { A_Const, A_Expr, CaseExpr, CaseWhen, FuncCall, Node } from "libpg-query";
import { NumberLiteral } from "../../sql/statement.ts";
import type { ResultType } from "../../types/column-type.ts";
import { type ArithmeticOperator, compileArithmetic, compileNegation } from "./arithmetic.ts";
import { castTarget, compileCast } from "./cast.ts";
import { compileColumn } from "./columns.ts";
import { compileComparison, compileDistinct, isComparison } from "./comparison.ts";
import { caseOf, coalesce, extreme, nullIf, unify } from "./conditional.ts";
import type { Compiled, Scope } from "./frame.ts";
import { compileJsonOperator } from "./json-operators.ts";
import { compileLike } from "./like.ts";
import { and, asCondition, booleanTest, not, nullTest, or } from "./logic.ts";
import { compileBetween, compileIn } from "./membership.ts";
import { MOMENT_FUNCTIONS } from "./moment-functions.ts";
import { NotSimple } from "./not-simple.ts";
import { NUMBER_FUNCTIONS } from "./number-functions.ts";
import { ConstantInput, InputOperand, type Operand, settle, TemplateInput } from "./operand.ts";
import { compileSource, compileTypeOf, compileWord } from "./session-functions.ts";
import { compileTemporal, isTemporal } from "./temporal.ts";
import { compileConcatenation, TEXT_FUNCTIONS } from "./text-functions.ts";
import { compileCosineDistance } from "./vector-functions.ts";

/**
 * Compiles an expression for single rows.
 *
 * @param expected the type that an input takes when nothing else tells it, under the rules of INSERT: the column it is
 * assigned to. An expression that has a type of its own keeps it; the caller casts.
 * @throws NotSimple for what only the analytical path knows.
 * @throws KalamError placed: undefined_column, undefined_operator, datatype_mismatch, bad literals.
 * @example compileExpression(where, { shape, alias: undefined, binder }).evaluate(row, frame)
 */
export function compileExpression(node: Node, scope: Scope, expected?: ResultType): Compiled {
  const operand = compileOperand(node, scope, expected);
  if (operand instanceof InputOperand && expected !== undefined) return operand.as(expected);
  const value = settle(operand);
  if (value.type.kind === "interval") throw new NotSimple("an interval as a value");
  return value;
}

/**
 * Compiles a WHERE (or another clause, named for the message): the row counts when it evaluates to `true`.
 *
 * @throws KalamError `datatype_mismatch` when it is not boolean.
 */
export function compileCondition(node: Node, scope: Scope, clause = "WHERE"): Compiled {
  return condition(node, scope, clause);
}

/** Like compileExpression, but inputs may still take the type their place asks for. */
export function compileOperand(node: Node, scope: Scope, expected?: ResultType): Operand {
  if ("ColumnRef" in node) return compileColumn(node.ColumnRef, scope);
  if ("ParamRef" in node) return new TemplateInput(scope.binder, node.ParamRef.number ?? 0, node.ParamRef.location);
  if ("A_Const" in node) return constant(node.A_Const);
  if ("A_Expr" in node) return operator(node.A_Expr, scope);
  if ("BoolExpr" in node) {
    const { boolop, args = [] } = node.BoolExpr;
    const place = boolop === "NOT_EXPR" ? "NOT" : boolop === "OR_EXPR" ? "OR" : "AND";
    const parts = args.map((arg) => condition(arg, scope, place));
    return place === "AND" ? and(parts) : place === "OR" ? or(parts) : not(parts[0] as Compiled);
  }
  if ("NullTest" in node) {
    if (node.NullTest.argisrow === true) throw new NotSimple("IS NULL of a row");
    return nullTest(compileOperand(required(node.NullTest.arg), scope), node.NullTest.nulltesttype === "IS_NULL");
  }
  if ("BooleanTest" in node) {
    const { booltesttype = "IS_TRUE", arg } = node.BooleanTest;
    return booleanTest(condition(required(arg), scope, booltesttype.replaceAll("_", " ")), booltesttype);
  }
  if ("CaseExpr" in node) return caseExpression(node.CaseExpr, scope, expected);
  if ("CoalesceExpr" in node) {
    const { args = [], location } = node.CoalesceExpr;
    return coalesce(unify("COALESCE", compileAll(args, scope), location, expected));
  }
  if ("MinMaxExpr" in node) {
    const { args = [], op, location } = node.MinMaxExpr;
    const greatest = op === "IS_GREATEST";
    return extreme(unify(greatest ? "GREATEST" : "LEAST", compileAll(args, scope), location, expected), greatest);
  }
  if ("TypeCast" in node) {
    const { arg, typeName, location } = node.TypeCast;
    if (typeName === undefined) throw new NotSimple("a cast without a type");
    return compileCast(compileOperand(required(arg), scope), castTarget(typeName), location);
  }
  if ("SQLValueFunction" in node) return compileWord(node.SQLValueFunction.op);
  if ("FuncCall" in node) return functionCall(node.FuncCall, scope);
  throw new NotSimple(Object.keys(node)[0] ?? "an empty node");
}

function compileAll(nodes: readonly Node[], scope: Scope): Operand[] {
  return nodes.map((node) => compileOperand(node, scope));
}

function condition(node: Node, scope: Scope, place: string): Compiled {
  return asCondition(compileOperand(node, scope), place, locationOf(node));
}

function required(node: Node | undefined): Node {
  if (node === undefined) throw new NotSimple("an operand that is missing");
  return node;
}

/** Where a node stands, as PostgreSQL points at it. */
export function locationOf(node: Node): number | undefined {
  const [inner] = Object.values(node) as [{ readonly location?: number }?];
  return inner?.location;
}

const INT8_MAX = 2n ** 63n - 1n;

function constant(node: A_Const): Operand {
  const { location } = node;
  if (node.isnull === true) return new ConstantInput(null, "null", location);
  if (node.ival !== undefined) {
    return new ConstantInput(new NumberLiteral(String(node.ival.ival ?? 0)), "integer", location);
  }
  if (node.boolval !== undefined) {
    return new ConstantInput(node.boolval.boolval ?? false, "boolean", location);
  }
  if (node.sval !== undefined) return new ConstantInput(node.sval.sval ?? "", "string", location);
  const text = node.fval?.fval;
  if (text === undefined) throw new NotSimple("a bit string");
  const literal = new NumberLiteral(text);
  if (!/^-?\d+$/.test(text)) return new ConstantInput(literal, "decimal", location);
  const value = BigInt(text);
  const big = value <= INT8_MAX && value >= -INT8_MAX - 1n;
  return new ConstantInput(literal, big ? "bigint" : "decimal", location);
}

const ARITHMETIC = new Set(["+", "-", "*", "/", "%"]);

function operator(node: A_Expr, scope: Scope): Operand {
  const names = node.name ?? [];
  const last = names.at(-1);
  const name = last !== undefined && "String" in last ? (last.String.sval ?? "") : "";
  if (names.length > 1) throw new NotSimple("an operator with a schema");
  const right = required(node.rexpr);
  const position = node.location;
  switch (node.kind) {
    case "AEXPR_OP":
      return binary(name, node.lexpr, right, scope, position);
    case "AEXPR_DISTINCT":
    case "AEXPR_NOT_DISTINCT": {
      const [a, b] = [compileOperand(required(node.lexpr), scope), compileOperand(right, scope)];
      return compileDistinct(a, b, node.kind === "AEXPR_NOT_DISTINCT", position);
    }
    case "AEXPR_NULLIF":
      return nullIf(compileOperand(required(node.lexpr), scope), compileOperand(right, scope), position);
    case "AEXPR_IN":
      return compileIn(compileOperand(required(node.lexpr), scope), listItems(right, scope), name === "<>", position);
    case "AEXPR_BETWEEN":
    case "AEXPR_NOT_BETWEEN":
    case "AEXPR_BETWEEN_SYM":
    case "AEXPR_NOT_BETWEEN_SYM": {
      const [low, high] = listItems(right, scope);
      if (low === undefined || high === undefined) throw new NotSimple("BETWEEN without bounds");
      const value = compileOperand(required(node.lexpr), scope);
      const within = compileBetween(value, low, high, node.kind.endsWith("SYM"), position);
      return node.kind.startsWith("AEXPR_NOT") ? not(within) : within;
    }
    case "AEXPR_LIKE":
    case "AEXPR_ILIKE": {
      const value = compileOperand(required(node.lexpr), scope);
      const { pattern, mark } = likePattern(right, scope);
      const options = { negated: name.startsWith("!"), ignoreCase: node.kind === "AEXPR_ILIKE" };
      return compileLike(value, pattern, mark, options);
    }
    default:
      throw new NotSimple(`${node.kind}`);
  }
}

function binary(
  name: string,
  leftNode: Node | undefined,
  rightNode: Node,
  scope: Scope,
  position: number | undefined,
): Operand {
  const right = compileOperand(rightNode, scope);
  if (leftNode === undefined) {
    const negated = name === "-" && right instanceof InputOperand ? right.negated(position) : undefined;
    if (negated !== undefined) return negated;
    if (name === "-") return compileNegation(right, position);
    throw new NotSimple(`a prefix operator ${name}`);
  }
  const left = compileOperand(leftNode, scope);
  if (isComparison(name)) return compileComparison(name, left, right, position);
  if (ARITHMETIC.has(name)) {
    if (isTemporal(left, right)) return compileTemporal(name, left, right, position);
    return compileArithmetic(name as ArithmeticOperator, left, right, position);
  }
  if (name === "||") return compileConcatenation(left, right);
  if (name === "->" || name === "->>" || name === "?") return compileJsonOperator(name, left, right);
  throw new NotSimple(`operator ${name}`);
}

function listItems(node: Node, scope: Scope): Operand[] {
  if (!("List" in node)) throw new NotSimple("IN without a list");
  return compileAll(node.List.items ?? [], scope);
}

function likePattern(node: Node, scope: Scope): { pattern: Operand; mark: Operand | undefined } {
  if ("FuncCall" in node && functionName(node.FuncCall) === "like_escape") {
    const [pattern, mark] = compileAll(node.FuncCall.args ?? [], scope);
    if (pattern !== undefined && mark !== undefined) return { pattern, mark };
  }
  return { pattern: compileOperand(node, scope), mark: undefined };
}

function caseExpression(node: CaseExpr, scope: Scope, expected: ResultType | undefined): Compiled {
  const branches = (node.args ?? []).map((arg): CaseWhen => {
    if (!("CaseWhen" in arg)) throw new NotSimple("CASE of this shape");
    return arg.CaseWhen;
  });
  const subject = node.arg;
  const conditions = branches.map((branch) => {
    const when = required(branch.expr);
    if (subject === undefined) return condition(when, scope, "CASE/WHEN");
    return compileComparison("=", compileOperand(subject, scope), compileOperand(when, scope), locationOf(when));
  });
  const results = branches.map((branch) => compileOperand(required(branch.result), scope));
  const otherwise = node.defresult;
  results.push(otherwise === undefined ? new ConstantInput(null, "null", undefined) : compileOperand(otherwise, scope));
  return caseOf(conditions, unify("CASE", results, node.location, expected));
}

/** The name of a function that is built in, or undefined when it has a schema of its own. */
export function functionName(call: FuncCall): string | undefined {
  const names = (call.funcname ?? []).map((part) => ("String" in part ? (part.String.sval ?? "") : ""));
  return names.length === 1 || (names.length === 2 && names[0] === "pg_catalog") ? names.at(-1) : undefined;
}

function functionCall(call: FuncCall, scope: Scope): Compiled {
  const name = functionName(call);
  const special = call.over ?? call.agg_order ?? call.agg_filter ?? call.agg_star ?? call.agg_distinct;
  if (name === undefined || special !== undefined || call.func_variadic === true)
    throw new NotSimple(`function ${name}`);
  const args = compileAll(call.args ?? [], scope);
  const position = call.location;
  if (args.length === 0) {
    const source = compileSource(name);
    if (source !== undefined) return source;
  }
  if (name === "pg_typeof") return compileTypeOf(args);
  if (name === "cosine_distance") return compileCosineDistance(args, position);
  if (Object.hasOwn(TEXT_FUNCTIONS, name))
    return (TEXT_FUNCTIONS[name] as (args: readonly Operand[]) => Compiled)(args);
  const onNumbers = Object.hasOwn(NUMBER_FUNCTIONS, name) ? NUMBER_FUNCTIONS[name] : undefined;
  if (onNumbers !== undefined) return onNumbers(args, position);
  const ofMoments = Object.hasOwn(MOMENT_FUNCTIONS, name) ? MOMENT_FUNCTIONS[name] : undefined;
  if (ofMoments !== undefined) return ofMoments(args, position);
  throw new NotSimple(`function ${name}`);
}
