import diffModule from "sorted-btree/extended/diffAgainst.js";
import type { Timers } from "../../../runtime/timers.ts";
import type { Row } from "../../types/column-type.ts";
import { newRowTree, type RowTree } from "../row-tree.ts";
import type { SecondaryIndex } from "./secondary-index.ts";

// The package is CommonJS: under Node's ESM rules its function is the `default` of its exports.
const differences = diffModule.default;

/** Rows that are indexed before the event loop gets a turn. */
const ROWS_PER_TURN = 2000;
/** Memory of an entry besides its own bytes: the string and the tree's slot. */
const ENTRY_OVERHEAD_BYTES = 60;

/**
 * An index over the rows in memory of one partition. Writers do not know of it: it remembers the tree that it was made from, and
 * before it is read it takes over what is different in the tree of now. Trees share what has not changed, so that costs as much
 * as the changes.
 *
 *     tree A ──made from── index        commit: tree B        read: index takes over B − A
 */
export class MemoryIndex {
  readonly #index: SecondaryIndex;
  #rows: RowTree;
  #entries = newRowTree();
  #entryBytes = 0;

  private constructor(index: SecondaryIndex, rows: RowTree) {
    this.#index = index;
    this.#rows = rows;
  }

  /** @param rows are not changed any more */
  static async build(index: SecondaryIndex, rows: RowTree, timers: Timers): Promise<MemoryIndex> {
    const made = new MemoryIndex(index, rows);
    let indexed = 0;
    for (const [key, row] of rows.entries(undefined, [])) {
      made.#add(key as string, row as Row);
      if (++indexed % ROWS_PER_TURN === 0) await timers.yield();
    }
    return made;
  }

  get bytes(): number {
    return this.#entryBytes;
  }

  /** Rows by entry, in the order of the index, for as long as the caller wants. @param rows as they are now */
  entriesOf(rows: RowTree): RowTree {
    if (rows !== this.#rows) {
      // Whoever got the entries before keeps them as they were.
      this.#entries = this.#entries.clone();
      const { added, removed } = changesBetween(this.#rows, rows);
      for (const [key, row] of removed) this.#remove(key, row);
      for (const [key, row] of added) this.#add(key, row);
      this.#rows = rows;
    }
    return this.#entries;
  }

  #add(key: string, row: Row): void {
    const entry = this.#index.entryOf(row, key);
    if (this.#entries.set(entry, row)) this.#entryBytes += entry.length + ENTRY_OVERHEAD_BYTES;
  }

  #remove(key: string, row: Row): void {
    const entry = this.#index.entryOf(row, key);
    if (this.#entries.delete(entry)) this.#entryBytes -= entry.length + ENTRY_OVERHEAD_BYTES;
  }
}

function changesBetween(before: RowTree, after: RowTree): { added: [string, Row][]; removed: [string, Row][] } {
  const added: [string, Row][] = [];
  const removed: [string, Row][] = [];
  differences(
    before,
    after,
    (key, row) => void removed.push([key, row]),
    (key, row) => void added.push([key, row]),
    (key, former, row) => {
      removed.push([key, former]);
      added.push([key, row]);
    },
  );
  return { added, removed };
}
