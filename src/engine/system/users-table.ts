import { usersSchema } from "../catalog/system-schemas.ts";
import { columnSlot } from "../catalog/table-schema.ts";
import type { Database } from "../database.ts";
import { TableRelation } from "../rows/table-relation.ts";
import type { Row } from "../types/column-type.ts";
import { computedRelation, type SystemColumn, type SystemRelationSource } from "./system-relation.ts";

const COLUMNS: readonly SystemColumn[] = usersSchema.definition.columns.map((column) =>
  column.notNull ? [column.name, column.type.kind] : [column.name, column.type.kind, "null"],
);

/** `system.users`: the accounts, without their password hashes. */
export const users: SystemRelationSource = computedRelation("system.users", COLUMNS, userRows);

async function userRows(database: Database): Promise<readonly Row[]> {
  const rows: Row[] = [];
  for await (const row of storedUsers(database)) {
    rows.push(usersSchema.definition.columns.map((column) => shown(column.name, row[columnSlot(column)] ?? null)));
  }
  return rows;
}

/** The rows as they are kept, deleted accounts included. */
export async function* storedUsers(database: Database): AsyncIterable<Row> {
  const partition = database.cache.partition(usersSchema, "");
  await database.cache.ready(partition);
  const relation = new TableRelation(partition, database.store, undefined, undefined, undefined);
  for await (const chunk of relation.scan({}, false)) yield* chunk;
}

function shown(column: string, value: Row[number]): Row[number] {
  return column === "password_hash" && value !== "" ? "***" : value;
}
