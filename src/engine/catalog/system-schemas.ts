import type { ColumnType } from "../types/column-type.ts";
import type { TableDefinition } from "./definitions.ts";
import { TableSchema } from "./table-schema.ts";

/** Ids below this belong to tables of the server itself. */
export const FIRST_USER_TABLE_ID = 1024;

const TEXT: ColumnType = { kind: "text" };
const INTEGER: ColumnType = { kind: "integer" };
const TIMESTAMP: ColumnType = { kind: "timestamp" };
const JSON_TEXT: ColumnType = { kind: "json" };

const USER_COLUMNS: readonly (readonly [name: string, type: ColumnType, notNull: boolean])[] = [
  ["user_id", TEXT, true],
  ["password_hash", TEXT, true],
  ["role", TEXT, true],
  ["email", TEXT, false],
  ["auth_type", TEXT, true],
  ["auth_data", JSON_TEXT, false],
  ["storage_mode", TEXT, true],
  ["storage_id", TEXT, false],
  ["failed_login_attempts", INTEGER, true],
  ["locked_until", TIMESTAMP, false],
  ["last_login_at", TIMESTAMP, false],
  ["created_at", TIMESTAMP, true],
  ["updated_at", TIMESTAMP, true],
  ["last_seen", TIMESTAMP, false],
  ["deleted_at", TIMESTAMP, false],
];

const usersDefinition: TableDefinition = {
  id: 1,
  namespace: "system",
  name: "users",
  kind: "shared",
  columns: USER_COLUMNS.map(([name, type, notNull], index) => ({ id: index + 1, name, type, notNull })),
  nextColumnId: USER_COLUMNS.length + 1,
  primaryKey: ["user_id"],
  accessLevel: "dba",
  storageId: "local",
  useUserStorage: false,
  schemaVersion: 1,
  createdAt: "0",
  updatedAt: "0",
};

/** Accounts are ordinary rows: durable through the commit pipeline, cached like any partition. */
export const usersSchema = new TableSchema(usersDefinition);
