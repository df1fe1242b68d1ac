import type { Node, SQLValueFunctionOp } from "libpg-query";

/** How sure a name is: a cast gives way to the name of what it casts, and that to nothing. */
const NONE = 0;
const WEAK = 1;
const STRONG = 2;

interface OutputName {
  readonly name: string;
  readonly strength: typeof NONE | typeof WEAK | typeof STRONG;
}

const UNNAMED: OutputName = { name: "?column?", strength: NONE };

const WORDS: Readonly<Partial<Record<SQLValueFunctionOp, string>>> = {
  SVFOP_CURRENT_DATE: "current_date",
  SVFOP_CURRENT_TIMESTAMP: "current_timestamp",
  SVFOP_CURRENT_TIMESTAMP_N: "current_timestamp",
  SVFOP_LOCALTIMESTAMP: "localtimestamp",
  SVFOP_LOCALTIMESTAMP_N: "localtimestamp",
  SVFOP_CURRENT_ROLE: "current_role",
  SVFOP_CURRENT_USER: "current_user",
  SVFOP_USER: "user",
  SVFOP_SESSION_USER: "session_user",
  SVFOP_CURRENT_CATALOG: "current_catalog",
  SVFOP_CURRENT_SCHEMA: "current_schema",
};

/** The name that PostgreSQL gives to a column of a result that has no alias. */
export function outputName(node: Node): string {
  return nameOf(node).name;
}

function nameOf(node: Node | undefined): OutputName {
  if (node === undefined) return UNNAMED;
  if ("ColumnRef" in node) return lastName(node.ColumnRef.fields);
  if ("FuncCall" in node) return lastName(node.FuncCall.funcname);
  if ("CoalesceExpr" in node) return { name: "coalesce", strength: STRONG };
  if ("MinMaxExpr" in node) return { name: node.MinMaxExpr.op === "IS_LEAST" ? "least" : "greatest", strength: STRONG };
  if ("A_Expr" in node) return node.A_Expr.kind === "AEXPR_NULLIF" ? { name: "nullif", strength: STRONG } : UNNAMED;
  if ("SQLValueFunction" in node) {
    const name = WORDS[node.SQLValueFunction.op ?? "SVFOP_CURRENT_DATE"];
    return name === undefined ? UNNAMED : { name, strength: STRONG };
  }
  if ("CaseExpr" in node) {
    const inner = nameOf(node.CaseExpr.defresult);
    return inner.strength === STRONG ? inner : { name: "case", strength: WEAK };
  }
  if ("TypeCast" in node) {
    const inner = nameOf(node.TypeCast.arg);
    return inner.strength === STRONG ? inner : { ...lastName(node.TypeCast.typeName?.names), strength: WEAK };
  }
  return UNNAMED;
}

function lastName(parts: readonly Node[] | undefined): OutputName {
  const last = parts?.at(-1);
  return last !== undefined && "String" in last ? { name: last.String.sval ?? "", strength: STRONG } : UNNAMED;
}
