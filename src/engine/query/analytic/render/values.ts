import type { Node } from "libpg-query";
import { KalamError } from "../../../../errors/index.ts";
import { decide } from "./bound.ts";
import { commonType } from "./conditions.ts";
import type { BoundQuery, Env } from "./env.ts";
import { renderExpression } from "./expressions.ts";

/** `VALUES (…), (…)`: its columns are column1, column2 … */
export function renderValues(lists: readonly Node[], env: Env): BoundQuery {
  const rows = lists.map((list) =>
    ("List" in list ? (list.List.items ?? []) : []).map((node) => renderExpression(node, { ...env, clause: "VALUES" })),
  );
  const width = rows[0]?.length ?? 0;
  if (rows.some((row) => row.length !== width)) {
    throw new KalamError("syntax_error", { message: "VALUES lists must all be the same length" });
  }
  const columns = Array.from({ length: width }, (_, index) => {
    const name = `column${index + 1}`;
    const type = commonType(rows.flatMap((row) => row[index] ?? []));
    return { name, sql: env.statement.names.make(name), type, primaryKey: false };
  });
  const tuples = rows.map((row) => `(${row.map((item, index) => decide(item, columns[index]?.type).sql).join(", ")})`);
  const alias = env.statement.names.make("VALUES");
  const names = columns.map((column) => column.sql).join(", ");
  return { sql: `SELECT ${names} FROM (VALUES ${tuples.join(", ")}) AS ${alias}(${names})`, columns };
}
