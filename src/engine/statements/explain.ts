import type { Database } from "../database.ts";
import type { Execution } from "../execution.ts";
import { explainSelect, frameOrNone, planSelect } from "../query/select.ts";
import type { StatementResult } from "../request.ts";
import { planDelete } from "../rows/dml/delete.ts";
import { planInsert } from "../rows/dml/insert.ts";
import { type RowFilter, reachesSegments } from "../rows/dml/row-filter.ts";
import { planUpdate, type UpdatePlan } from "../rows/dml/update.ts";
import type { ExplainStatement } from "../sql/statement.ts";

/**
 * EXPLAIN: the way a statement would be answered, a line a step, as `QUERY PLAN`. With ANALYZE the statement is run, a write
 * writes, and the first line tells how many rows there were in fact.
 */
export async function explain(
  database: Database,
  execution: Execution,
  statement: ExplainStatement,
  run: () => Promise<StatementResult>,
): Promise<StatementResult> {
  const { clock } = database.runtime;
  const started = clock.monotonic();
  const lines = [...(await planLines(database, execution, statement))];
  if (statement.analyze) {
    const planned = clock.monotonic();
    const rows = await countRows(await run());
    const took = (clock.monotonic() - planned).toFixed(3);
    lines[0] = `${lines[0]} (actual time=${took} rows=${rows})`;
    lines.push(`Planning Time: ${(planned - started).toFixed(3)} ms`, `Execution Time: ${took} ms`);
  }
  return {
    columns: [{ name: "QUERY PLAN", type: { kind: "text" } }],
    rows: lines.map((line) => [line]),
    asUser: execution.principal.userId,
  };
}

/** Reads what a statement answers to its end; a write counts the rows it changed. */
async function countRows({ rows = [], rowCount }: StatementResult): Promise<number> {
  let read = 0;
  if (Symbol.asyncIterator in rows) for await (const chunk of rows) read += chunk.length;
  else read = rows.length;
  return rowCount ?? read;
}

async function planLines(
  database: Database,
  execution: Execution,
  { inner }: ExplainStatement,
): Promise<readonly string[]> {
  const { template } = execution.statement;
  switch (inner.kind) {
    case "select": {
      return explainSelect(database, execution, planSelect(database, execution, inner.node, template));
    }
    case "insert": {
      const plan = planInsert(database, execution, inner, template);
      const conflict = plan.conflict.kind === "fail" ? [] : [`  On conflict: ${plan.conflict.kind}`];
      return [`Insert on ${plan.schema.fullName}`, ...conflict];
    }
    case "update": {
      const plan = planUpdate(database, execution, inner, template);
      return [
        `Update on ${plan.schema.fullName}`,
        `  ${await rowSearch(database, execution, plan, plan.simple?.filter)}`,
      ];
    }
    case "delete": {
      const plan = planDelete(database, execution, inner, template);
      return [`Delete on ${plan.schema.fullName}`, `  ${await rowSearch(database, execution, plan, plan.filter)}`];
    }
  }
}

/** How the rows of an UPDATE or DELETE are found. */
async function rowSearch(
  database: Database,
  execution: Execution,
  { schema, binder }: Pick<UpdatePlan, "schema" | "binder">,
  filter: RowFilter | undefined,
): Promise<string> {
  const { frame, simple } = frameOrNone(database, execution, binder);
  if (filter === undefined || !simple || (await reachesSegments(database, execution, schema, filter, frame))) {
    return "Rows found by an analytical query (DuckDB)";
  }
  if (filter.index !== undefined) return `Index Scan using ${filter.index.access.index.name} with filter`;
  return filter.access === undefined ? "Scan with filter" : "Key access with filter";
}
