import type { Node, RangeVar, ResTarget, SelectStmt, WithClause } from "libpg-query";
import { SEQ_SLOT, type TableSchema } from "../../catalog/table-schema.ts";
import type { Database } from "../../database.ts";
import type { Execution } from "../../execution.ts";
import { runAnalytical } from "../../query/select.ts";
import { StalePlan } from "../../stale-plan.ts";
import type { ResultType, Row, Value } from "../../types/column-type.ts";
import { encodeKey } from "../key-codec.ts";

/** A row that a joined or nested UPDATE or DELETE means, and the values computed for it. */
export interface FoundRow {
  readonly seq: bigint;
  readonly values: readonly Value[];
}

export interface FoundRows {
  /** By key; a row that the join meets more than once counts once. */
  readonly rows: ReadonlyMap<string, FoundRow>;
  readonly types: readonly ResultType[];
}

/**
 * Lets DuckDB find the rows of an UPDATE or DELETE that is more than a filter over one table, with the values to set:
 *
 *     UPDATE t SET a = e FROM s WHERE c   →   SELECT t._seq, t.key…, e FROM t, s WHERE c
 */
export async function findRows(
  database: Database,
  execution: Execution,
  schema: TableSchema,
  query: {
    readonly target: RangeVar;
    readonly others: readonly Node[];
    readonly where: Node;
    readonly expressions: readonly Node[];
    readonly withClause: WithClause | undefined;
  },
): Promise<FoundRows> {
  const alias = query.target.alias?.aliasname ?? query.target.relname ?? "";
  const column = (name: string): Node => ({
    ColumnRef: { fields: [{ String: { sval: alias } }, { String: { sval: name } }] },
  });
  const keyNames = schema.definition.primaryKey;
  const select: SelectStmt = {
    targetList: [column("_seq"), ...keyNames.map(column), ...query.expressions].map((val) => ({
      ResTarget: named(val),
    })),
    fromClause: [{ RangeVar: query.target }, ...query.others],
    whereClause: query.where,
    ...(query.withClause === undefined ? {} : { withClause: query.withClause }),
  };
  const result = await runAnalytical(database, execution, select);
  const rows = new Map<string, FoundRow>();
  const width = 1 + keyNames.length;
  const take = (row: Row): void => {
    const seq = row[0] as bigint;
    const key = encodeKey(schema.keyTypes, keyNames.length === 0 ? [seq] : row.slice(1, width));
    if (!rows.has(key)) rows.set(key, { seq, values: row.slice(width) });
  };
  if (Symbol.asyncIterator in result.rows) for await (const chunk of result.rows) chunk.forEach(take);
  else result.rows.forEach(take);
  return { rows, types: result.columns.slice(width).map((resultColumn) => resultColumn.type) };
}

function named(val: Node): ResTarget {
  return { val };
}

/** The values were computed for one version; another one must be computed anew. */
export function requireSameVersion(schema: TableSchema, current: Row, found: FoundRow): void {
  if (current[SEQ_SLOT] !== found.seq) throw new StalePlan(schema.fullName);
}
