import type { ColumnRef, Node } from "libpg-query";
import { KalamError } from "../../../../errors/index.ts";
import { type Env, positionOf, strings, unsupported } from "./env.ts";
import { renderExpression } from "./expressions.ts";
import { outputName } from "./output-names.ts";
import type { ScopeColumn } from "./scope.ts";
import type { Target } from "./select-list.ts";

/** The select list, stars written out: hidden columns come only when they are named. */
export function renderTargets(nodes: readonly Node[], env: Env): Target[] {
  const targets = nodes.flatMap((node) => {
    if (!("ResTarget" in node) || node.ResTarget.val === undefined)
      throw unsupported("this select list", positionOf(node));
    const { val: value, name } = node.ResTarget;
    if ("ColumnRef" in value && (value.ColumnRef.fields ?? []).some((field) => "A_Star" in field)) {
      return star(value.ColumnRef, env);
    }
    const shown = name ?? outputName(value);
    const of = renderExpression(value, env);
    const target: Target = {
      name: shown,
      sql: env.statement.names.make(shown),
      type: of.type,
      primaryKey: of.primaryKey ?? false,
      expression: of.sql,
    };
    return [target];
  });
  if (targets.length === 0) throw unsupported("SELECT without columns");
  return targets;
}

function star(ref: ColumnRef, env: Env): Target[] {
  const position = ref.location ?? 0;
  const path = strings(ref.fields?.slice(0, -1));
  if (path.length === 0 && env.scope.items.length === 0) {
    throw new KalamError("syntax_error", { message: "SELECT * with no tables specified is not valid" }, { position });
  }
  const columns: readonly ScopeColumn[] =
    path.length === 0 ? env.scope.visible : env.scope.item(path, position).columns;
  return columns
    .filter((column) => !column.hidden)
    .map((column) => {
      env.scope.refer(column);
      return {
        name: column.name,
        sql: env.statement.names.make(column.name),
        type: column.type,
        primaryKey: column.primaryKey,
        expression: column.sql,
      };
    });
}
