import type { CaseExpr, Node } from "libpg-query";
import type { ResultType } from "../../../types/column-type.ts";
import { BOOLEAN, type Bound, decide, isFloat, isNumeric, isUnknown, isWhole } from "./bound.ts";
import { type Env, type Render, unsupported } from "./env.ts";
import { compare } from "./operators.ts";

/** The type that several expressions meet in, as far as it is known; undecided ones follow. */
export function commonType(items: readonly Bound[]): ResultType | undefined {
  let common: ResultType | undefined;
  for (const item of items) {
    if (isUnknown(item)) continue;
    if (item.type === undefined) return undefined;
    common = common === undefined ? item.type : meet(common, item.type);
    if (common === undefined) return undefined;
  }
  return common;
}

/** Two types as one column, as in UNION and CASE; undefined where DuckDB decides. */
export function meet(a: ResultType, b: ResultType): ResultType | undefined {
  if (a.kind === b.kind) return a.kind === "decimal" || a.kind === "text" ? { kind: a.kind } : a;
  if (a.kind === "unknown") return b;
  if (b.kind === "unknown") return a;
  if (isNumeric(a) && isNumeric(b)) {
    if (isFloat(a) || isFloat(b)) return { kind: a.kind === "double" || b.kind === "double" ? "double" : "real" };
    if (isWhole(a) && isWhole(b)) return { kind: a.kind === "bigint" || b.kind === "bigint" ? "bigint" : "integer" };
    return { kind: "decimal" };
  }
  return undefined;
}

export function renderCase(node: CaseExpr, env: Env, render: Render): Bound {
  const subject = node.arg === undefined ? undefined : render(node.arg, env);
  const whens = (node.args ?? []).map((item) => {
    if (!("CaseWhen" in item) || item.CaseWhen.expr === undefined || item.CaseWhen.result === undefined) {
      throw unsupported("this CASE", node.location ?? 0);
    }
    const test = render(item.CaseWhen.expr, env);
    const position = item.CaseWhen.location ?? 0;
    const sql = subject === undefined ? decide(test, BOOLEAN).sql : compare("=", subject, test, position).sql;
    return { sql, result: render(item.CaseWhen.result, env) };
  });
  const otherwise = node.defresult === undefined ? undefined : render(node.defresult, env);
  const results = whens.map((when) => when.result);
  const type = commonType(otherwise === undefined ? results : [...results, otherwise]);
  const parts = whens.map((when) => ` WHEN ${when.sql} THEN ${decide(when.result, type).sql}`).join("");
  const tail = otherwise === undefined ? "" : ` ELSE ${decide(otherwise, type).sql}`;
  return { sql: `CASE${parts}${tail} END`, type };
}

/** COALESCE, GREATEST, LEAST. */
export function renderList(name: string, nodes: readonly Node[] | undefined, env: Env, render: Render): Bound {
  const items = (nodes ?? []).map((node) => render(node, env));
  const type = commonType(items);
  return { sql: `${name}(${items.map((item) => decide(item, type).sql).join(", ")})`, type };
}
