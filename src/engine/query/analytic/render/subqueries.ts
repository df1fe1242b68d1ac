import type { SubLink } from "libpg-query";
import { KalamError } from "../../../../errors/index.ts";
import { BOOLEAN, type Bound, decide, isUnknown } from "./bound.ts";
import { type BoundQuery, type Env, type Render, strings, unsupported } from "./env.ts";
import { isComparison } from "./operators.ts";

/** A query inside an expression. Names that it does not know itself belong to the queries around it. */
export function renderSubLink(node: SubLink, env: Env, render: Render): Bound {
  const position = node.location ?? 0;
  if (node.subselect === undefined || !("SelectStmt" in node.subselect)) throw unsupported("this subquery", position);
  const query = env.statement.query(node.subselect.SelectStmt, env.scope, env.context);
  switch (node.subLinkType) {
    case "EXISTS_SUBLINK":
      return { sql: `EXISTS (${query.sql})`, type: BOOLEAN };
    case "EXPR_SUBLINK":
      return { sql: `(${query.sql})`, type: single(query, position).type };
    case "ARRAY_SUBLINK": {
      const column = single(query, position);
      const type = column.type === undefined ? undefined : ({ kind: "list", element: column.type } as const);
      return { sql: `ARRAY(${query.sql})`, type };
    }
    case "ANY_SUBLINK":
    case "ALL_SUBLINK":
      return quantified(node, query, env, render);
    default:
      throw unsupported("this subquery", position);
  }
}

function quantified(node: SubLink, query: BoundQuery, env: Env, render: Render): Bound {
  const position = node.location ?? 0;
  if (node.testexpr === undefined) throw unsupported("this subquery", position);
  const [operator = "="] = strings(node.operName);
  const isIn = node.operName === undefined;
  if ("RowExpr" in node.testexpr) {
    const parts = (node.testexpr.RowExpr.args ?? []).map((arg) => render(arg, env));
    if (parts.length !== query.columns.length) throw columnCount(parts.length < query.columns.length, position);
    if (!isIn && operator !== "=") throw unsupported("a row compared with ANY or ALL", position);
    const row = parts.map((part, index) => decide(part, query.columns[index]?.type).sql).join(", ");
    return { sql: `((${row}) IN (${query.sql}))`, type: BOOLEAN };
  }
  const column = single(query, position);
  const left = render(node.testexpr, env);
  const test = isUnknown(left) ? decide(left, column.type) : left;
  if (isIn) return { sql: `(${test.sql} IN (${query.sql}))`, type: BOOLEAN };
  if (!isComparison(operator)) throw unsupported(`${operator} with ANY or ALL`, position);
  const word = node.subLinkType === "ALL_SUBLINK" ? "ALL" : "ANY";
  return { sql: `(${test.sql} ${operator === "!=" ? "<>" : operator} ${word}(${query.sql}))`, type: BOOLEAN };
}

function single(query: BoundQuery, position: number): BoundQuery["columns"][number] {
  const [column] = query.columns;
  if (column === undefined || query.columns.length !== 1) {
    throw new KalamError("syntax_error", { message: "subquery must return only one column" }, { position });
  }
  return column;
}

function columnCount(tooMany: boolean, position: number): KalamError {
  const message = tooMany ? "subquery has too many columns" : "subquery has too few columns";
  return new KalamError("syntax_error", { message }, { position });
}
