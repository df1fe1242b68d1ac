import type { SelectStmt } from "libpg-query";
import type { TableSchema } from "../catalog/table-schema.ts";
import type { Database } from "../database.ts";
import type { Execution } from "../execution.ts";
import type { Relation, RelationParts } from "./relation.ts";
import { openTable } from "./resolve.ts";
import { analyticalContext } from "./select.ts";

/** How many rows of a table somebody sees, and where they are. */
export interface RowCounts {
  readonly hot: bigint;
  readonly cold: bigint;
  readonly segments: number;
}

/** Counts the caller's rows. No row in a segment is read here: most counts stand in the manifest, and DuckDB makes the others. */
export async function rowCounts(database: Database, execution: Execution, schema: TableSchema): Promise<RowCounts> {
  const relation = await openTable(database, execution, schema);
  const everything = { range: {}, comparisons: [] };
  const parts = relation.parts?.(everything);
  if (parts === undefined) return { hot: await count(relation.scan({}, false)), cold: 0n, segments: 0 };
  try {
    const cold = await coldRows(database, execution, relation, parts);
    return { hot: await count(parts.hot), cold, segments: parts.segmentCount };
  } finally {
    parts.hold.release();
  }
}

async function coldRows(
  database: Database,
  execution: Execution,
  relation: Relation,
  parts: RelationParts,
): Promise<bigint> {
  const { segments, hiding, shadows } = parts;
  if (hiding.length === 0 && shadows === undefined) {
    return segments.reduce((sum, { segment }) => sum + BigInt(segment.rowCount - segment.deletedCount), 0n);
  }
  const onlyCold: Relation = {
    shape: relation.shape,
    rowEstimate: undefined,
    lookup: (keys) => relation.lookup(keys),
    scan: (range, reverse) => relation.scan(range, reverse),
    parts: () => ({ ...parts, hot: [] }),
  };
  const context = analyticalContext(database, execution, () => onlyCold);
  const { rows } = await database.analytics.query(COUNT, context);
  let counted = 0n;
  for await (const [row] of rows) counted += BigInt(row?.[0] as bigint);
  return counted;
}

const COUNT: SelectStmt = {
  targetList: [{ ResTarget: { val: { FuncCall: { funcname: [{ String: { sval: "count" } }], agg_star: true } } } }],
  fromClause: [{ RangeVar: { relname: "rows" } }],
};

async function count(chunks: RelationParts["hot"]): Promise<bigint> {
  let rows = 0;
  for await (const chunk of chunks) rows += chunk.length;
  return BigInt(rows);
}
