import type { IndexDefinition, TableDefinition } from "../catalog/definitions.ts";
import type { Database } from "../database.ts";
import { buildOf } from "../jobs/kinds/index-build.ts";
import { keySuccessor } from "../rows/key-codec.ts";
import { wholeIndexPrefix } from "../rows/store-keys.ts";
import type { WriteBatch } from "../rows/write-batch.ts";
import type { ColumnType } from "../types/column-type.ts";

/** What the store has of indexes that are gone when the batch is durable. */
export function eraseEntries(batch: WriteBatch, tableId: number, indexIds: readonly number[]): void {
  for (const id of indexIds) {
    const range = wholeIndexPrefix(tableId, id);
    batch.deleteRange(range, keySuccessor(range) as string);
  }
}

/**
 * The indexes of a table that is altered: those with a dropped column have gone with it, and those with a column that was widened so
 * that its values look otherwise in an entry are built anew, under the same name.
 */
export function keepIndexes(
  { jobs }: Database,
  batch: WriteBatch,
  before: TableDefinition,
  after: TableDefinition,
): TableDefinition {
  if (before.indexes === undefined) return after;
  let nextIndexId = after.nextIndexId ?? 1;
  const anew: IndexDefinition[] = [];
  const indexes = (after.indexes ?? []).map((index): IndexDefinition => {
    if (index.columns.every((id) => looksTheSame(typeOf(before, id), typeOf(after, id)))) return index;
    const made = { ...index, id: nextIndexId++, state: "building" as const };
    anew.push(made);
    return made;
  });
  const left = new Set(indexes.map(({ id }) => id));
  eraseEntries(
    batch,
    before.id,
    before.indexes.map(({ id }) => id).filter((id) => !left.has(id)),
  );
  const kept = { ...after, indexes, nextIndexId };
  for (const index of anew) jobs.createWith(batch, "index_build", buildOf(kept, index));
  return kept;
}

function typeOf(table: TableDefinition, columnId: number): ColumnType | undefined {
  return table.columns.find(({ id }) => id === columnId)?.type;
}

const WHOLE = new Set<string | undefined>(["smallint", "integer", "bigint"]);

function looksTheSame(a: ColumnType | undefined, b: ColumnType | undefined): boolean {
  if (WHOLE.has(a?.kind) && WHOLE.has(b?.kind)) return true;
  return a?.kind === b?.kind && a?.scale === b?.scale;
}
