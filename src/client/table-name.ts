import { ClientError } from "./errors.ts";

const PLAIN = /^[A-Za-z_][A-Za-z0-9_$]*$/;

/** `namespace.table` or `table` for a statement; parts that are no plain names are quoted, so that nothing else gets in. */
export function tableName(table: string): string {
  const parts = table.split(".");
  if (parts.length > 2 || parts.some((part) => part === "")) throw new ClientError(`Not the name of a table: ${table}`);
  return parts.map((part) => (PLAIN.test(part) ? part : `"${part.replaceAll('"', '""')}"`)).join(".");
}
