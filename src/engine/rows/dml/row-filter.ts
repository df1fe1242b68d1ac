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
  type Scope,
} from "../../query/expression/index.ts";
import { openTable } from "../../query/resolve.ts";
import type { Row } from "../../types/column-type.ts";

/** Chunks that a scan reads before it gives the event loop back. */
const CHUNKS_PER_TURN = 8;

/** The WHERE of an UPDATE or DELETE, with the way to the rows that it can mean. */
export interface RowFilter {
  readonly scope: Scope;
  readonly access: KeyAccess | undefined;
  readonly where: Expression;
}

export function rowFilter(where: Node, schema: TableSchema, target: RangeVar, binder: Scope["binder"]): RowFilter {
  const scope = { shape: schema.shape, alias: target.alias?.aliasname ?? target.relname, binder };
  return {
    scope,
    where: compileCondition(where, scope),
    access: compileKeyAccess(where, scope, schema.keyTypes),
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
  const keys: string[] = [];
  let chunks = 0;
  for await (const chunk of relation.scan(access?.range ?? {}, false)) {
    for (const row of chunk) if (matches(filter, row, frame)) keys.push(schema.keyOf(row));
    if (++chunks % CHUNKS_PER_TURN === 0) await database.runtime.timers.yield();
  }
  return keys;
}
