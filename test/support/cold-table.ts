import type { TableDefinition } from "../../src/engine/catalog/definitions.ts";
import { TableSchema } from "../../src/engine/catalog/table-schema.ts";
import type { ColumnType, Row, Value } from "../../src/engine/types/index.ts";

/** A table for tests of cold storage, with columns `name: type`. */
export function coldTable(
  columns: Readonly<Record<string, ColumnType | ColumnType["kind"]>>,
  primaryKey: readonly string[],
  more: Partial<TableDefinition> = {},
): TableSchema {
  const specs = Object.entries(columns).map(([name, type], index) => ({
    id: index + 1,
    name,
    type: typeof type === "string" ? { kind: type } : type,
    notNull: primaryKey.includes(name),
  }));
  return new TableSchema({
    id: 7,
    namespace: "app",
    name: "cold",
    kind: "user",
    columns: specs,
    nextColumnId: specs.length + 1,
    primaryKey,
    accessLevel: "private",
    storageId: "local",
    useUserStorage: false,
    schemaVersion: 1,
    createdAt: "0",
    updatedAt: "0",
    ...more,
  });
}

/** Rows of the table with `_seq` from `seq` on, sorted by key. */
export function coldRows(schema: TableSchema, values: readonly (readonly Value[])[], seq = 1n): Row[] {
  return values
    .map((row, index): Row => [seq + BigInt(index), false, ...row])
    .sort((a, b) => (schema.keyOf(a) < schema.keyOf(b) ? -1 : 1));
}

/** The deletion of a row: what is left of it is its key. */
export function tombstone(schema: TableSchema, row: Row, seq: bigint): Row {
  return row.map((value, slot) =>
    slot === 0 ? seq : slot === 1 ? true : schema.keySlots.includes(slot) ? value : null,
  );
}
