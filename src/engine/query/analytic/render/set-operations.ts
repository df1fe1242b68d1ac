import type { SelectStmt } from "libpg-query";
import { KalamError } from "../../../../errors/index.ts";
import type { AnalyticalContext } from "../context.ts";
import { meet } from "./conditions.ts";
import { type BoundColumn, type BoundQuery, type StatementRenderer, unsupported } from "./env.ts";
import type { Scope } from "./scope.ts";

/**
 * UNION, INTERSECT, EXCEPT.
 *
 * @param afterLeft sees the columns of the left arm before the right one is rendered: a recursive CTE refers to them.
 */
export function setOperation(
  select: SelectStmt,
  scope: Scope,
  context: AnalyticalContext,
  statement: StatementRenderer,
  afterLeft?: (columns: readonly BoundColumn[]) => void,
): BoundQuery {
  if (select.larg === undefined || select.rarg === undefined) throw unsupported("this set operation");
  const left = statement.query(select.larg, scope, context);
  afterLeft?.(left.columns);
  const right = statement.query(select.rarg, scope, context);
  const word = operation(select);
  if (left.columns.length !== right.columns.length) {
    const message = `each ${word.replace(" ALL", "")} query must have the same number of columns`;
    throw new KalamError("syntax_error", { message });
  }
  const columns = left.columns.map((column, index) => {
    const other = right.columns[index]?.type;
    const type = column.type === undefined || other === undefined ? undefined : meet(column.type, other);
    return { ...column, type, primaryKey: false };
  });
  return { sql: `(${left.sql}) ${word} (${right.sql})`, columns };
}

function operation(select: SelectStmt): string {
  const all = select.all ? " ALL" : "";
  switch (select.op) {
    case "SETOP_UNION":
      return `UNION${all}`;
    case "SETOP_INTERSECT":
      return `INTERSECT${all}`;
    case "SETOP_EXCEPT":
      return `EXCEPT${all}`;
    default:
      throw unsupported("this set operation");
  }
}
