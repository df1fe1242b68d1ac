import type { Node, RangeVar, UpdateStmt } from "libpg-query";
import { KalamError } from "../../../errors/index.ts";
import type { TableSchema } from "../../catalog/table-schema.ts";
import type { Database } from "../../database.ts";
import type { Execution } from "../../execution.ts";
import { type Frame, InputBinder, NotSimple } from "../../query/expression/index.ts";
import { frameOrNone } from "../../query/select.ts";
import type { StatementResult } from "../../request.ts";
import type { StatementTemplate, UpdateStatement } from "../../sql/statement.ts";
import type { Row, Value } from "../../types/column-type.ts";
import { castValue, compareValues } from "../../types/index.ts";
import type { Partition } from "../partition.ts";
import type { WriteTarget } from "../write-target.ts";
import { findRows, requireSameVersion } from "./analytical-rows.ts";
import { type Assignment, assign, assignmentsOf, setTargets } from "./assignment.ts";
import { defaultSource } from "./column-default.ts";
import { writableTable } from "./insert.ts";
import { Returning } from "./returning.ts";
import { candidateKeys, matches, type RowFilter, rowFilter } from "./row-filter.ts";
import { ROWS_PER_TURN, submitWrite } from "./submit.ts";
import { WriteAllowance } from "./write-allowance.ts";

/** How an UPDATE will be done; good for as long as the catalog stays as it is. */
export interface UpdatePlan {
  readonly node: UpdateStmt;
  readonly schema: TableSchema;
  readonly binder: InputBinder;
  /** Undefined when DuckDB has to find the rows. */
  readonly simple: { readonly filter: RowFilter; readonly assignments: readonly Assignment[] } | undefined;
  readonly returning: Returning | undefined;
}

export function planUpdate(
  database: Database,
  execution: Execution,
  { node }: UpdateStatement,
  template: StatementTemplate,
): UpdatePlan {
  const target = node.relation as RangeVar;
  const schema = writableTable(database, execution, target);
  if (schema.definition.kind === "stream") throw new KalamError("stream_update", { verb: "UPDATE" });
  if (node.whereClause === undefined) throw new KalamError("where_required", { verb: "UPDATE" });
  const binder = new InputBinder(template);
  return {
    node,
    schema,
    binder,
    simple: simplePlan(node, node.whereClause, schema, target, binder),
    returning:
      node.returningClause?.exprs === undefined
        ? undefined
        : new Returning(node.returningClause.exprs, schema, target, binder),
  };
}

function simplePlan(
  node: UpdateStmt,
  where: Node,
  schema: TableSchema,
  target: RangeVar,
  binder: InputBinder,
): UpdatePlan["simple"] {
  if (node.fromClause !== undefined || node.withClause !== undefined) return undefined;
  try {
    const filter = rowFilter(where, schema, target, binder);
    return { filter, assignments: assignmentsOf(node.targetList ?? [], schema, filter.scope) };
  } catch (error) {
    if (error instanceof NotSimple) return undefined;
    throw error;
  }
}

/** Rows as they are after the statement; those that it did not really change are counted, but get no new version. */
export async function runUpdate(database: Database, execution: Execution, plan: UpdatePlan): Promise<StatementResult> {
  const { frame, simple } = frameOrNone(database, execution, plan.binder);
  const { keys, next } =
    plan.simple !== undefined && simple
      ? await simpleUpdate(database, execution, plan, plan.simple, frame)
      : await analyticalUpdate(database, execution, plan, frame);
  const stage = async (target: WriteTarget, partition: Partition): Promise<Row[]> => {
    const touched: Row[] = [];
    const allowance = new WriteAllowance(database.options.maxTransactionBytes);
    let looked = 0;
    for (const key of keys) {
      const current = target.get(partition, key);
      const row = current === undefined ? undefined : next(key, current);
      if (current !== undefined && row !== undefined) {
        allowance.take(row);
        touched.push(replace(target, partition, key, current, row));
      }
      if (++looked % ROWS_PER_TURN === 0) await database.runtime.timers.yield();
    }
    return touched;
  };
  const touched = await submitWrite(database, execution, plan.schema, keys, stage);
  const changed: StatementResult = {
    rowCount: touched.length,
    message: `Updated ${touched.length} row(s)`,
    asUser: execution.principal.userId,
  };
  if (plan.returning === undefined) return changed;
  return { ...changed, ...(await plan.returning.run(database, execution, touched, frame, simple)) };
}

interface UpdateWork {
  readonly keys: readonly string[];
  /** The next version of a row, or undefined when the statement does not mean it (any more). */
  next(key: string, current: Row): Value[] | undefined;
}

async function simpleUpdate(
  database: Database,
  execution: Execution,
  plan: UpdatePlan,
  { filter, assignments }: NonNullable<UpdatePlan["simple"]>,
  frame: Frame,
): Promise<UpdateWork> {
  return {
    keys: await candidateKeys(database, execution, plan.schema, filter, frame),
    next: (_key, current) =>
      matches(filter, current, frame) ? assign(assignments, plan.schema, current, current, frame) : undefined,
  };
}

async function analyticalUpdate(
  database: Database,
  execution: Execution,
  plan: UpdatePlan,
  frame: Frame,
): Promise<UpdateWork> {
  const { node, schema } = plan;
  const targets = setTargets(node.targetList ?? [], schema);
  const computed = targets.filter(({ expression }) => !("SetToDefault" in expression));
  const found = await findRows(database, execution, schema, {
    target: node.relation as RangeVar,
    others: node.fromClause ?? [],
    where: node.whereClause as Node,
    expressions: computed.map(({ expression }) => expression),
    withClause: node.withClause,
  });
  const assignments = targets.map(({ column, expression }): Assignment => {
    const slot = schema.slotCount + computed.findIndex((target) => target.column === column);
    const type = found.types[slot - schema.slotCount];
    const source =
      "SetToDefault" in expression || type === undefined ? (defaultSource(column) ?? (() => null)) : undefined;
    return {
      column,
      slot: schema.shape.columns.find((shapeColumn) => shapeColumn.name === column.name)?.slot ?? 0,
      evaluate: (row, evaluationFrame) =>
        source === undefined && type !== undefined
          ? castValue(row[slot] ?? null, type, column.type, "assignment", column.name)
          : (source?.(evaluationFrame) ?? null),
    };
  });
  return {
    keys: [...found.rows.keys()],
    next: (key, current) => {
      const row = found.rows.get(key);
      if (row === undefined) return undefined;
      requireSameVersion(schema, current, row);
      return assign(assignments, schema, current, [...current, ...row.values], frame);
    },
  };
}

/** A row without a primary key is keyed by its version: its new version is a new row in the place of the old one. */
function replace(target: WriteTarget, partition: Partition, key: string, current: Row, next: Value[]): Row {
  const { schema } = partition;
  if (isSame(schema, current, next)) return current;
  if (schema.definition.primaryKey.length > 0) {
    target.put(partition, key, next);
  } else {
    target.remove(partition, key, current);
    target.append(partition, next);
  }
  return next;
}

function isSame(schema: TableSchema, current: Row, next: Row): boolean {
  return schema.shape.columns.every(({ slot, type, hidden }) => {
    if (hidden) return true;
    const a = current[slot] ?? null;
    const b = next[slot] ?? null;
    return a === b || (a !== null && b !== null && compareValues(type)(a, b) === 0);
  });
}
