import type { A_Expr, Node } from "libpg-query";
import { KalamError } from "../../../../errors/index.ts";
import { BOOLEAN, type Bound, constantText, decide, isUnknown } from "./bound.ts";
import { commonType } from "./conditions.ts";
import { type Env, positionOf, type Render, strings, unsupported } from "./env.ts";
import { binary, compare, isComparison, unary, unify } from "./operators.ts";
import { like, similar } from "./patterns.ts";

/** Everything that the grammar writes as an operator, IN and BETWEEN too. */
export function renderOperation(node: A_Expr, env: Env, render: Render): Bound {
  const operator = operatorName(node);
  const position = node.location ?? 0;
  switch (node.kind) {
    case "AEXPR_OP": {
      if (node.rexpr === undefined) throw unsupported(`the operator ${operator} behind its operand`, position);
      if (node.lexpr === undefined) return unary(operator, render(node.rexpr, env), position);
      if (isRow(node.lexpr) || isRow(node.rexpr)) return rows(operator, node.lexpr, node.rexpr, position, env, render);
      return binary(operator, render(node.lexpr, env), render(node.rexpr, env), position);
    }
    case "AEXPR_IN":
      return inList(node, operator === "<>", env, render);
    case "AEXPR_LIKE":
    case "AEXPR_ILIKE": {
      const [right, escape] = escaped(node.rexpr, "like_escape", env, render);
      return like(operator, side(node.lexpr, env, render), right, position, escape);
    }
    case "AEXPR_SIMILAR": {
      const [right, escape] = escaped(node.rexpr, "similar_to_escape", env, render);
      return similar(side(node.lexpr, env, render), right, escape ?? "\\", operator.startsWith("!"), position);
    }
    case "AEXPR_BETWEEN":
    case "AEXPR_NOT_BETWEEN":
    case "AEXPR_BETWEEN_SYM":
    case "AEXPR_NOT_BETWEEN_SYM":
      return between(node, env, render);
    case "AEXPR_DISTINCT":
    case "AEXPR_NOT_DISTINCT": {
      const [a, b] = unify(side(node.lexpr, env, render), side(node.rexpr, env, render));
      const not = node.kind === "AEXPR_NOT_DISTINCT" ? "NOT " : "";
      return { sql: `(${a.sql} IS ${not}DISTINCT FROM ${b.sql})`, type: BOOLEAN };
    }
    case "AEXPR_NULLIF": {
      const left = side(node.lexpr, env, render);
      const [a, b] = unify(left, side(node.rexpr, env, render));
      const sql = `nullif(${a.sql}, ${b.sql})`;
      // Compared in double precision, answered as what it was.
      if (left.type?.kind === "real") return { sql: `CAST(${sql} AS FLOAT)`, type: left.type };
      return { sql, type: isUnknown(left) ? b.type : left.type };
    }
    case "AEXPR_OP_ANY":
    case "AEXPR_OP_ALL":
      return quantified(node, operator, env, render);
    default:
      throw unsupported(`the operator ${operator}`, position);
  }
}

function operatorName(node: A_Expr): string {
  const parts = strings(node.name);
  if (parts.length > 1 && parts[0] !== "pg_catalog") throw unsupported("an operator with a schema", node.location ?? 0);
  return parts.at(-1) ?? "";
}

function side(node: Node | undefined, env: Env, render: Render): Bound {
  if (node === undefined) throw unsupported("an operator without its operand");
  return render(node, env);
}

function isRow(node: Node): boolean {
  return "RowExpr" in node;
}

function members(node: Node, env: Env, render: Render): Bound[] {
  if (!("RowExpr" in node)) throw unsupported("a row compared with a single value", positionOf(node));
  return (node.RowExpr.args ?? []).map((arg) => render(arg, env));
}

/** `(a, b) < (c, d)`: equality of all, or the order of the first that differ. */
function rows(operator: string, left: Node, right: Node, position: number, env: Env, render: Render): Bound {
  const [a, b] = [members(left, env, render), members(right, env, render)];
  if (!isComparison(operator)) throw unsupported(`the operator ${operator} on rows`, position);
  if (a.length !== b.length || a.length === 0) throw unsupported("comparing rows of different lengths", position);
  return { sql: rowComparison(operator, a, b, position), type: BOOLEAN };
}

function rowComparison(operator: string, a: readonly Bound[], b: readonly Bound[], position: number): string {
  const pairs = a.map((left, index) => [left, b[index] ?? left] as const);
  const each = (sign: string, from: readonly (readonly [Bound, Bound])[]): string[] =>
    from.map(([left, right]) => compare(sign, left, right, position).sql);
  if (operator === "=") return `(${each("=", pairs).join(" AND ")})`;
  if (operator === "<>" || operator === "!=") return `(${each("<>", pairs).join(" OR ")})`;
  const strict = operator.slice(0, 1);
  const steps = pairs.map(([left, right], index) => {
    const last = index === pairs.length - 1;
    const before = each("=", pairs.slice(0, index));
    return `(${[...before, compare(last ? operator : strict, left, right, position).sql].join(" AND ")})`;
  });
  return `(${steps.join(" OR ")})`;
}

function inList(node: A_Expr, negated: boolean, env: Env, render: Render): Bound {
  const position = node.location ?? 0;
  const items = node.rexpr !== undefined && "List" in node.rexpr ? (node.rexpr.List.items ?? []) : [];
  if (node.lexpr === undefined || items.length === 0) throw unsupported("this IN", position);
  const not = negated ? "NOT " : "";
  if (isRow(node.lexpr)) {
    const left = members(node.lexpr, env, render);
    const tests = items.map((item) => {
      const right = members(item, env, render);
      if (right.length !== left.length) throw unsupported("comparing rows of different lengths", positionOf(item));
      return rowComparison("=", left, right, position);
    });
    return { sql: `(${not}(${tests.join(" OR ")}))`, type: BOOLEAN };
  }
  const left = render(node.lexpr, env);
  const list = items.map((item) => render(item, env));
  const subject = isUnknown(left) ? decide(left, commonType(list)) : left;
  const rendered = list.map((item) => {
    compare("=", subject, item, position);
    return unify(subject, item)[1].sql;
  });
  return { sql: `(${subject.sql} ${not}IN (${rendered.join(", ")}))`, type: BOOLEAN };
}

/** `x LIKE y ESCAPE z` comes as a call around the pattern. */
function escaped(node: Node | undefined, fn: string, env: Env, render: Render): [Bound, string | undefined] {
  if (node === undefined || !("FuncCall" in node) || strings(node.FuncCall.funcname).join(".") !== `pg_catalog.${fn}`) {
    return [side(node, env, render), undefined];
  }
  const [pattern, escape] = node.FuncCall.args ?? [];
  if (escape === undefined) return [side(pattern, env, render), undefined];
  const text = constantText(render(escape, env));
  if (text === undefined) throw unsupported("ESCAPE with anything but a constant", positionOf(escape));
  return [side(pattern, env, render), text];
}

function between(node: A_Expr, env: Env, render: Render): Bound {
  const position = node.location ?? 0;
  const [low, high] = node.rexpr !== undefined && "List" in node.rexpr ? (node.rexpr.List.items ?? []) : [];
  const of = side(node.lexpr, env, render);
  const [from, to] = [side(low, env, render), side(high, env, render)];
  const inside = (a: Bound, b: Bound): string =>
    `(${compare(">=", of, a, position).sql} AND ${compare("<=", of, b, position).sql})`;
  const symmetric = node.kind === "AEXPR_BETWEEN_SYM" || node.kind === "AEXPR_NOT_BETWEEN_SYM";
  const sql = symmetric ? `(${inside(from, to)} OR ${inside(to, from)})` : inside(from, to);
  const negated = node.kind === "AEXPR_NOT_BETWEEN" || node.kind === "AEXPR_NOT_BETWEEN_SYM";
  return { sql: negated ? `(NOT ${sql})` : sql, type: BOOLEAN };
}

/** `x = ANY (array)`, `x > ALL (array)`. */
function quantified(node: A_Expr, operator: string, env: Env, render: Render): Bound {
  const word = node.kind === "AEXPR_OP_ANY" ? "ANY" : "ALL";
  const position = node.location ?? 0;
  if (!isComparison(operator)) throw unsupported(`${operator} ${word} of an array`, position);
  const left = side(node.lexpr, env, render);
  const right = side(node.rexpr, env, render);
  const element = right.type?.kind === "list" ? right.type.element : undefined;
  const a = isUnknown(left) ? decide(left, element) : left;
  const b = isUnknown(right) && a.type !== undefined ? decide(right, { kind: "list", element: a.type }) : right;
  if (b.type !== undefined && b.type.kind !== "list") {
    throw new KalamError(
      "datatype_mismatch",
      { message: `op ${word} (array) requires array on right side` },
      { position },
    );
  }
  const sign = operator === "!=" ? "<>" : operator;
  if (sign === "=" && word === "ANY") return { sql: `(${a.sql} = ANY(${b.sql}))`, type: BOOLEAN };
  return { sql: `(${a.sql} ${sign} ${word}(SELECT unnest(${b.sql})))`, type: BOOLEAN };
}
