import type { Node, SelectStmt } from "libpg-query";
import { SEQ_SLOT } from "../catalog/table-schema.ts";
import type { Database } from "../database.ts";
import type { Relation } from "../query/relation.ts";
import { relationOf } from "../query/resolve.ts";
import { planRowQuery } from "../query/row/index.ts";
import { runSelect } from "../query/select.ts";
import type { Partition } from "../rows/partition.ts";
import type { Row, Value } from "../types/column-type.ts";
import type { LiveQuery } from "./live-query.ts";
import { USER_SLOT } from "./plan.ts";
import { bySeq, type SnapshotEntry } from "./snapshot.ts";

const ROWS_PER_TURN = 4096;
const OUTSIDE_TRANSACTIONS = { transaction: undefined };

/** `above < _seq <= upTo` */
export interface SeqRange {
  readonly above: bigint;
  readonly upTo: bigint;
}

/** Rows of a partition in memory that are in the result, ascending by `_seq`: those of the moment of the call. */
export function rowsInMemory(
  database: Database,
  partition: Partition,
  query: LiveQuery,
  range: SeqRange,
): Promise<SnapshotEntry[]> {
  const relation = relationOf(database, OUTSIDE_TRANSACTIONS, partition);
  return matching(database, relation.scan({}, false), query, partition.user, range);
}

async function matching(
  { runtime }: Database,
  rows: ReturnType<Relation["scan"]>,
  query: LiveQuery,
  user: string,
  { above, upTo }: SeqRange,
): Promise<SnapshotEntry[]> {
  const found: SnapshotEntry[] = [];
  let read = 0;
  for await (const chunk of rows) {
    for (const row of chunk) {
      const seq = row[SEQ_SLOT] as bigint;
      if (seq > above && seq <= upTo && query.matches(row)) found.push({ seq, row, gone: false, user });
    }
    read += chunk.length;
    if (read < ROWS_PER_TURN) continue;
    read = 0;
    await runtime.timers.yield();
  }
  return found.sort(bySeq);
}

/** Whether all rows are in memory, where they are chosen faster than by a query. */
export function isAllInMemory(partition: Partition): boolean {
  return partition.inMemory && !partition.hasCold;
}

/**
 * The first rows of a range in a partition that need not be in memory, or the last ones; ascending by `_seq`, as they are now.
 * @param partition ready
 */
export async function queryRows(
  database: Database,
  partition: Partition,
  query: LiveQuery,
  { above, upTo }: SeqRange,
  limit: number,
  newest = false,
): Promise<SnapshotEntry[]> {
  const { schema } = partition;
  const { execution, plan } = query;
  const { table, binder, alias } = plan;
  const slots = [...new Set([...plan.slots.filter((slot) => slot !== USER_SLOT), SEQ_SLOT])];
  const nameOf = new Map(schema.shape.columns.map(({ slot, name }) => [slot, name]));
  const column = (slot: number): Node => ({
    ColumnRef: { fields: [{ String: { sval: alias } }, { String: { sval: nameOf.get(slot) ?? "" } }] },
  });
  const conditions: Node[] = [
    ...(plan.node.whereClause === undefined ? [] : [plan.node.whereClause]),
    comparison(column(SEQ_SLOT), ">", above),
    comparison(column(SEQ_SLOT), "<=", upTo),
  ];
  const node: SelectStmt = {
    targetList: slots.map((slot) => ({ ResTarget: { val: column(slot) } })),
    fromClause: [{ RangeVar: table }],
    whereClause: { BoolExpr: { boolop: "AND_EXPR", args: conditions } },
    sortClause: [
      {
        SortBy: {
          node: column(SEQ_SLOT),
          sortby_dir: newest ? "SORTBY_DESC" : "SORTBY_ASC",
          sortby_nulls: "SORTBY_NULLS_DEFAULT",
        },
      },
    ],
    limitCount: { A_Const: { ival: { ival: limit } } },
    limitOption: "LIMIT_OPTION_COUNT",
    op: "SETOP_NONE",
  };
  const row = planRowQuery(node, { shape: schema.shape, alias, binder }, schema.keyTypes);
  const relation = relationOf(database, OUTSIDE_TRANSACTIONS, partition);
  const { rows } = await runSelect(database, execution, { node, binder, table, row }, relation);
  const found: SnapshotEntry[] = [];
  const take = (values: Row): void => {
    const whole = new Array<Value>(schema.slotCount).fill(null);
    for (const [at, slot] of slots.entries()) whole[slot] = values[at] ?? null;
    found.push({ seq: whole[SEQ_SLOT] as bigint, row: whole, gone: false, user: partition.user });
  };
  if (Symbol.asyncIterator in rows) for await (const chunk of rows) chunk.forEach(take);
  else rows.forEach(take);
  return newest ? found.reverse() : found;
}

function comparison(column: Node, operator: string, seq: bigint): Node {
  return {
    A_Expr: {
      kind: "AEXPR_OP",
      name: [{ String: { sval: operator } }],
      lexpr: column,
      rexpr: { A_Const: { fval: { fval: String(seq) } } },
    },
  };
}
