import type { Node, RangeVar } from "libpg-query";
import type { TableSchema } from "../../catalog/table-schema.ts";
import type { Database } from "../../database.ts";
import type { Execution } from "../../execution.ts";
import {
  compileCondition,
  compileKeyAccess,
  type Expression,
  type Frame,
  type KeyAccess,
  keyFormOf,
  type Scope,
} from "../../query/expression/index.ts";
import { openTable } from "../../query/resolve.ts";
import { chooseIndex, type IndexChoice, readByIndex } from "../../query/row/index.ts";
import { isForRowsOnly } from "../../query/select.ts";
import type { Row } from "../../types/column-type.ts";
import { findRows } from "./analytical-rows.ts";

/** Chunks that a scan reads before it gives the event loop back. */
const CHUNKS_PER_TURN = 8;

/** The WHERE of an UPDATE or DELETE, with the way to the rows that it can mean. */
export interface RowFilter {
  readonly scope: Scope;
  readonly access: KeyAccess | undefined;
  readonly index: IndexChoice | undefined;
  readonly where: Expression;
  /** The same as the text has it. */
  readonly source: { readonly target: RangeVar; readonly where: Node };
}

export function rowFilter(where: Node, schema: TableSchema, target: RangeVar, binder: Scope["binder"]): RowFilter {
  const scope = { shape: schema.shape, alias: target.alias?.aliasname ?? target.relname, binder };
  const access = compileKeyAccess(where, scope, keyFormOf(schema.shape, schema.keyTypes));
  return {
    scope,
    where: compileCondition(where, scope),
    access,
    index: chooseIndex(schema.indexes, access, scope, { where, order: [], hasLimit: false }),
    source: { target, where },
  };
}

export function matches(filter: RowFilter, row: Row, frame: Frame): boolean {
  return filter.where.evaluate(row, frame) === true;
}

/**
 * Keys of the rows that the filter can mean, as they are now. They are looked at again when the write has its turn, so a row that
 * somebody changed meanwhile is judged by its new version, and one that came too late is not touched: PostgreSQL's READ
 * COMMITTED.
 */
export async function candidateKeys(
  database: Database,
  execution: Execution,
  schema: TableSchema,
  filter: RowFilter,
  frame: Frame,
): Promise<readonly string[]> {
  const access = filter.access?.resolve(frame);
  if (access !== undefined && "keys" in access) return access.keys;
  const relation = await openTable(database, execution, schema);
  const indexed =
    filter.index && (await readByIndex(relation, filter.index, filter.where, Number.POSITIVE_INFINITY, frame));
  if (indexed !== undefined)
    return indexed.filter((row) => matches(filter, row, frame)).map((row) => schema.keyOf(row));
  if (await reachesSegments(database, execution, schema, filter, frame)) {
    const found = await keysInSegments(database, execution, schema, filter);
    if (found !== undefined) return found;
  }
  const keys: string[] = [];
  let chunks = 0;
  for await (const chunk of relation.scan(access?.range ?? {}, false)) {
    for (const row of chunk) if (matches(filter, row, frame)) keys.push(schema.keyOf(row));
    if (++chunks % CHUNKS_PER_TURN === 0) await database.runtime.timers.yield();
  }
  return keys;
}

function byBytes(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Whether the filter reads more than a few keys, and some of that is in segments. */
export async function reachesSegments(
  database: Database,
  execution: Execution,
  schema: TableSchema,
  { access }: RowFilter,
  frame: Frame,
): Promise<boolean> {
  const target = access?.resolve(frame);
  if (target !== undefined && "keys" in target) return false;
  const relation = await openTable(database, execution, schema);
  return relation.reachesCold?.(target?.range ?? {}) === true;
}

/** Lets DuckDB look through rows in segments, which it does many times faster; undefined when it does not know the filter. */
async function keysInSegments(
  database: Database,
  execution: Execution,
  schema: TableSchema,
  { source }: RowFilter,
): Promise<readonly string[] | undefined> {
  const query = { ...source, others: [], expressions: [], withClause: undefined };
  try {
    const { rows } = await findRows(database, execution, schema, query);
    return [...rows.keys()].sort(byBytes);
  } catch (error) {
    if (!isForRowsOnly(error)) throw error;
    return undefined;
  }
}
