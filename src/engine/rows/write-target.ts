import type { Row, Value } from "../types/column-type.ts";
import type { Partition } from "./partition.ts";

/**
 * Where DML stages its changes: the batch on its way to the store, or a transaction that keeps them until COMMIT. Both show the
 * changes made so far over the committed rows.
 */
export interface WriteTarget {
  /** The live row with this key. The key must have been announced. */
  get(partition: Partition, key: string): Row | undefined;
  /** Stages a new version of a row and gives it its `_seq`. */
  put(partition: Partition, key: string, row: Value[]): void;
  /** Stages a new row of a table without a primary key: its key is its `_seq`. Returns the key. */
  append(partition: Partition, row: Value[]): string;
  /** Stages the deletion of `row`. */
  remove(partition: Partition, key: string, row: Row): void;
  /** Stages the deletion of a row of a STREAM table that makes room for others. */
  expire(partition: Partition, key: string, row: Row): void;
  mark(): number;
  rollback(mark: number): void;
}
