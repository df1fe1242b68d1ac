import type { Node } from "libpg-query";
import { type Env, positionOf, type Render, unsupported } from "./env.ts";

/** An item of ORDER BY inside an aggregate or a window, where names mean input columns and numbers are constants. */
export function renderOrder(node: Node, env: Env, render: Render): string {
  if (!("SortBy" in node) || node.SortBy.node === undefined) throw unsupported("this ORDER BY", positionOf(node));
  const of = render(node.SortBy.node, env);
  const sql = of.input === undefined ? of.sql : `(${of.sql})`;
  return sql + direction(node);
}

/** Direction and place of NULLs, always said: PostgreSQL's NULLs are greater than everything. */
export function direction(node: Node): string {
  if (!("SortBy" in node)) return "";
  const { sortby_dir: order, sortby_nulls: nulls } = node.SortBy;
  if (order === "SORTBY_USING") throw unsupported("ORDER BY … USING", positionOf(node));
  const descending = order === "SORTBY_DESC";
  const first = nulls === "SORTBY_NULLS_FIRST" || (descending && nulls !== "SORTBY_NULLS_LAST");
  return `${descending ? " DESC" : " ASC"}${first ? " NULLS FIRST" : " NULLS LAST"}`;
}
