import type { DeleteStmt, Node, RangeVar } from "libpg-query";
import { KalamError } from "../../../errors/index.ts";
import type { TableSchema } from "../../catalog/table-schema.ts";
import type { Database } from "../../database.ts";
import type { Execution } from "../../execution.ts";
import { type Frame, InputBinder, NotSimple } from "../../query/expression/index.ts";
import { visibility } from "../../query/resolve.ts";
import { frameOrNone } from "../../query/select.ts";
import type { StatementResult } from "../../request.ts";
import type { DeleteStatement, StatementTemplate } from "../../sql/statement.ts";
import type { Row } from "../../types/column-type.ts";
import type { Partition } from "../partition.ts";
import type { WriteTarget } from "../write-target.ts";
import { findRows, requireSameVersion } from "./analytical-rows.ts";
import { writableTable } from "./insert.ts";
import { Returning } from "./returning.ts";
import { candidateKeys, matches, type RowFilter, rowFilter } from "./row-filter.ts";
import { ROWS_PER_TURN, submitWrite } from "./submit.ts";

/** How a DELETE will be done; good for as long as the catalog stays as it is. */
export interface DeletePlan {
  readonly node: DeleteStmt;
  readonly schema: TableSchema;
  readonly binder: InputBinder;
  /** Undefined when DuckDB has to find the rows. */
  readonly filter: RowFilter | undefined;
  readonly returning: Returning | undefined;
}

export function planDelete(
  database: Database,
  execution: Execution,
  { node }: DeleteStatement,
  template: StatementTemplate,
): DeletePlan {
  const target = node.relation as RangeVar;
  const schema = writableTable(database, execution, target);
  if (node.whereClause === undefined) throw new KalamError("where_required", { verb: "DELETE" });
  const binder = new InputBinder(template);
  return {
    node,
    schema,
    binder,
    filter: simpleFilter(node, node.whereClause, schema, target, binder),
    returning:
      node.returningClause?.exprs === undefined
        ? undefined
        : new Returning(node.returningClause.exprs, schema, target, binder),
  };
}

function simpleFilter(
  node: DeleteStmt,
  where: Node,
  schema: TableSchema,
  target: RangeVar,
  binder: InputBinder,
): RowFilter | undefined {
  if (node.usingClause !== undefined || node.withClause !== undefined) return undefined;
  try {
    return rowFilter(where, schema, target, binder);
  } catch (error) {
    if (error instanceof NotSimple) return undefined;
    throw error;
  }
}

export async function runDelete(database: Database, execution: Execution, plan: DeletePlan): Promise<StatementResult> {
  const { frame, simple } = frameOrNone(database, execution, plan.binder);
  const { keys, isMeant } = await deletion(database, execution, plan, simple ? plan.filter : undefined, frame);
  const stage = async (target: WriteTarget, partition: Partition): Promise<Row[]> => {
    const counts = visibility(database, partition);
    const gone: Row[] = [];
    let looked = 0;
    for (const key of keys) {
      const current = target.get(partition, key);
      if (current !== undefined && (counts === undefined || counts(current)) && isMeant(key, current)) {
        target.remove(partition, key, current);
        gone.push(current);
      }
      if (++looked % ROWS_PER_TURN === 0) await database.runtime.timers.yield();
    }
    return gone;
  };
  const gone = await submitWrite(database, execution, plan.schema, keys, stage);
  const changed: StatementResult = {
    rowCount: gone.length,
    message: `Deleted ${gone.length} row(s)`,
    asUser: execution.principal.userId,
  };
  if (plan.returning === undefined) return changed;
  return { ...changed, ...(await plan.returning.run(database, execution, gone, frame, simple)) };
}

interface Deletion {
  readonly keys: readonly string[];
  isMeant(key: string, current: Row): boolean;
}

async function deletion(
  database: Database,
  execution: Execution,
  { node, schema }: DeletePlan,
  filter: RowFilter | undefined,
  frame: Frame,
): Promise<Deletion> {
  if (filter !== undefined) {
    return {
      keys: await candidateKeys(database, execution, schema, filter, frame),
      isMeant: (_key, current) => matches(filter, current, frame),
    };
  }
  const found = await findRows(database, execution, schema, {
    target: node.relation as RangeVar,
    others: node.usingClause ?? [],
    where: node.whereClause as Node,
    expressions: [],
    withClause: node.withClause,
  });
  return {
    keys: [...found.rows.keys()],
    isMeant: (key, current) => {
      const row = found.rows.get(key);
      if (row === undefined) return false;
      requireSameVersion(schema, current, row);
      return true;
    },
  };
}
