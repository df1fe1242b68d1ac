import type { Database } from "../database.ts";
import type { Execution } from "../execution.ts";
import { ArrayRelation } from "../query/array-relation.ts";
import type { Relation, RelationShape } from "../query/relation.ts";
import type { ColumnType, Row } from "../types/column-type.ts";

/** A table of the server: its columns, and where its rows come from. */
export interface SystemRelationSource {
  readonly shape: RelationShape;
  /** The rows that the execution's caller may see. */
  open(database: Database, execution: Execution): Relation | Promise<Relation>;
}

export type SystemColumn = readonly [name: string, type: ColumnType["kind"], nullable?: "null"];

/**
 * A table of the server that is computed when it is read.
 *
 * @param fullName `system.tables`
 * @param rows one array per row, in the order of the columns; sorted as they should be shown
 */
export function computedRelation(
  fullName: string,
  columns: readonly SystemColumn[],
  rows: (database: Database, execution: Execution) => readonly Row[] | Promise<readonly Row[]>,
): SystemRelationSource {
  const shape: RelationShape = {
    name: fullName,
    columns: columns.map(([name, kind, nullable], slot) => ({
      name,
      type: { kind },
      slot,
      hidden: false,
      notNull: nullable === undefined,
    })),
    keySlots: [],
  };
  return {
    shape,
    open: (database, execution) => {
      const found = rows(database, execution);
      return found instanceof Promise
        ? found.then((complete) => new ArrayRelation(shape, complete))
        : new ArrayRelation(shape, found);
    },
  };
}
