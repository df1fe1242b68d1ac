import type { Row } from "../../types/column-type.ts";
import { indexPrefix } from "../store-keys.ts";
import type { SecondaryIndex } from "./secondary-index.ts";

/** What a new version of a row changes in the entries of its indexes. */
export interface EntryChanges {
  put(entry: string): void;
  delete(entry: string): void;
}

/**
 * @param prefix of the rows of the partition
 * @param former the live version before; undefined when there was none
 * @param next the live version now; undefined after a deletion
 */
export function changeEntries(
  indexes: readonly SecondaryIndex[],
  prefix: string,
  key: string,
  former: Row | undefined,
  next: Row | undefined,
  changes: EntryChanges,
): void {
  for (const index of indexes) {
    const entries = indexPrefix(prefix, index.id);
    const before = former === undefined ? undefined : index.entryOf(former, key);
    const after = next === undefined ? undefined : index.entryOf(next, key);
    if (before !== undefined && before !== after) changes.delete(entries + before);
    // While the index is built, an entry that stays the same may not be there yet.
    if (after !== undefined && (before !== after || !index.ready)) changes.put(entries + after);
  }
}
