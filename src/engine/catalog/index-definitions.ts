import type { IndexDefinition, TableDefinition } from "./definitions.ts";

/** The table with one index more. @param columns ids */
export function withIndex(
  table: TableDefinition,
  name: string,
  columns: readonly number[],
  state: IndexDefinition["state"],
): { readonly definition: TableDefinition; readonly index: IndexDefinition } {
  const id = table.nextIndexId ?? 1;
  const index: IndexDefinition = { id, name, columns, state };
  return { definition: { ...table, indexes: [...(table.indexes ?? []), index], nextIndexId: id + 1 }, index };
}

export function withoutIndexes(table: TableDefinition, ids: readonly number[]): TableDefinition {
  return { ...table, indexes: (table.indexes ?? []).filter(({ id }) => !ids.includes(id)) };
}

/** The table with an index that has all rows. */
export function withReadyIndex(table: TableDefinition, id: number): TableDefinition {
  const indexes = (table.indexes ?? []).map((index) =>
    index.id === id ? { ...index, state: "ready" as const } : index,
  );
  return { ...table, indexes };
}

/** Names of the indexed columns, in the order of the index. */
export function indexedNames(table: TableDefinition, index: IndexDefinition): readonly string[] {
  return index.columns.map((id) => table.columns.find((column) => column.id === id)?.name ?? "");
}
