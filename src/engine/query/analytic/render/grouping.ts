import type { Node, SelectStmt } from "libpg-query";
import { KalamError } from "../../../../errors/index.ts";
import { type Env, positionOf, strings, unsupported } from "./env.ts";
import { renderExpression } from "./expressions.ts";
import { named, type Target, wholeNumber } from "./select-list.ts";

/** GROUP BY. Grouping by the key of a table lets its other columns be used, as in PostgreSQL. */
export function renderGroups(select: SelectStmt, targets: readonly Target[], env: Env): string {
  const nodes = select.groupClause ?? [];
  if (nodes.length === 0) return "";
  const keys = nodes.map((node) => item(node, targets, env));
  const plain = nodes.every((node) => !("GroupingSet" in node));
  const all = plain ? [...keys, ...dependents(keys, env)] : keys;
  return ` GROUP BY ${all.join(", ")}`;
}

function item(node: Node, targets: readonly Target[], env: Env): string {
  if ("GroupingSet" in node) {
    const inner = (node.GroupingSet.content ?? []).map((part) => item(part, targets, env));
    switch (node.GroupingSet.kind) {
      case "GROUPING_SET_EMPTY":
        return "()";
      case "GROUPING_SET_ROLLUP":
        return `ROLLUP (${inner.join(", ")})`;
      case "GROUPING_SET_CUBE":
        return `CUBE (${inner.join(", ")})`;
      case "GROUPING_SET_SETS":
        return `GROUPING SETS (${inner.join(", ")})`;
      default:
        throw unsupported("this grouping set", node.GroupingSet.location ?? 0);
    }
  }
  if ("RowExpr" in node) {
    return `(${(node.RowExpr.args ?? []).map((part) => item(part, targets, env)).join(", ")})`;
  }
  return key(node, targets, env);
}

/** A number is a column of the select list; a bare name is an input column first, then an output column. */
function key(node: Node, targets: readonly Target[], env: Env): string {
  const position = wholeNumber(node);
  if (position !== undefined) {
    const target = targets[position - 1];
    if (target === undefined) {
      const message = `GROUP BY position ${position} is not in select list`;
      throw new KalamError("grouping_error", { message }, { position: positionOf(node) });
    }
    return target.expression;
  }
  if ("ColumnRef" in node && node.ColumnRef.fields?.length === 1) {
    const [name = ""] = strings(node.ColumnRef.fields);
    const output = env.scope.local(name) === undefined ? named(node, targets) : undefined;
    if (output !== undefined) return output.expression;
  }
  const of = renderExpression(node, env);
  return of.input === undefined ? of.sql : `(${of.sql} IS NULL)`;
}

function dependents(keys: readonly string[], env: Env): string[] {
  const grouped = new Set(keys);
  const owners = new Set(
    env.scope.items.filter(
      (owner) => owner.keyColumns.length > 0 && owner.keyColumns.every((column) => grouped.has(column.sql)),
    ),
  );
  const found = new Set<string>();
  for (const column of env.scope.references) {
    if (column.item !== undefined && owners.has(column.item) && !grouped.has(column.sql)) found.add(column.sql);
  }
  return [...found];
}
