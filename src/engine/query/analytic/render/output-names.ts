import type { Node, SelectStmt } from "libpg-query";
import { strings } from "./env.ts";

const VALUE_FUNCTIONS: Readonly<Record<string, string>> = {
  SVFOP_CURRENT_DATE: "current_date",
  SVFOP_CURRENT_TIME: "current_time",
  SVFOP_CURRENT_TIME_N: "current_time",
  SVFOP_CURRENT_TIMESTAMP: "current_timestamp",
  SVFOP_CURRENT_TIMESTAMP_N: "current_timestamp",
  SVFOP_LOCALTIME: "localtime",
  SVFOP_LOCALTIME_N: "localtime",
  SVFOP_LOCALTIMESTAMP: "localtimestamp",
  SVFOP_LOCALTIMESTAMP_N: "localtimestamp",
  SVFOP_CURRENT_ROLE: "current_role",
  SVFOP_CURRENT_USER: "current_user",
  SVFOP_USER: "user",
  SVFOP_SESSION_USER: "session_user",
  SVFOP_CURRENT_CATALOG: "current_catalog",
  SVFOP_CURRENT_SCHEMA: "current_schema",
};

/** The name that PostgreSQL gives a column without AS. */
export function outputName(node: Node | undefined): string {
  return candidate(node)?.name ?? "?column?";
}

/** A weak name gives way to a better one further in: `count(*)::int` is `count`, `'1'::int` is `int4`. */
function candidate(node: Node | undefined): { name: string; weak: boolean } | undefined {
  if (node === undefined) return undefined;
  const strong = (name: string | undefined) => (name === undefined ? undefined : { name, weak: false });
  if ("ColumnRef" in node) return strong(strings(node.ColumnRef.fields).findLast((field) => field !== ""));
  if ("FuncCall" in node) return strong(strings(node.FuncCall.funcname).at(-1));
  if ("A_Indirection" in node) return candidate(node.A_Indirection.arg);
  if ("A_Expr" in node) return node.A_Expr.kind === "AEXPR_NULLIF" ? strong("nullif") : undefined;
  if ("TypeCast" in node) {
    const inner = candidate(node.TypeCast.arg);
    if (inner !== undefined && !inner.weak) return inner;
    const name = strings(node.TypeCast.typeName?.names).at(-1);
    return name === undefined ? inner : { name, weak: true };
  }
  if ("CollateClause" in node) return candidate(node.CollateClause.arg);
  if ("CaseExpr" in node) {
    const inner = candidate(node.CaseExpr.defresult);
    return inner !== undefined && !inner.weak ? inner : { name: "case", weak: true };
  }
  if ("SubLink" in node) return ofSubquery(node.SubLink.subLinkType, node.SubLink.subselect);
  if ("A_ArrayExpr" in node) return strong("array");
  if ("CoalesceExpr" in node) return strong("coalesce");
  if ("MinMaxExpr" in node) return strong(node.MinMaxExpr.op === "IS_LEAST" ? "least" : "greatest");
  if ("SQLValueFunction" in node) return strong(VALUE_FUNCTIONS[node.SQLValueFunction.op ?? ""]);
  if ("GroupingFunc" in node) return strong("grouping");
  if ("RowExpr" in node) return strong("row");
  return undefined;
}

function ofSubquery(type: string | undefined, node: Node | undefined): { name: string; weak: boolean } | undefined {
  if (type === "EXISTS_SUBLINK") return { name: "exists", weak: false };
  if (type === "ARRAY_SUBLINK") return { name: "array", weak: false };
  if (type !== "EXPR_SUBLINK" || node === undefined || !("SelectStmt" in node)) return undefined;
  let select: SelectStmt = node.SelectStmt;
  while (select.larg !== undefined) select = select.larg;
  if (select.valuesLists !== undefined) return { name: "column1", weak: false };
  const [target] = select.targetList ?? [];
  if (target === undefined || !("ResTarget" in target)) return undefined;
  if (target.ResTarget.name !== undefined) return { name: target.ResTarget.name, weak: false };
  return candidate(target.ResTarget.val);
}
