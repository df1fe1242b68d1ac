import type { EmbeddedDatabase, Session } from "../../../src/index.ts";

/** The tables that the child writes to while it flushes, compacts, alters and drops, and what their rows are. */
export interface CrashTable {
  readonly name: string;
  readonly user: string;
}

/** A user table in a storage of its own, a shared one, and one without a primary key. */
export const TABLES: readonly CrashTable[] = [
  { name: "crash.notes", user: "alice" },
  { name: "crash.notes", user: "bob" },
  { name: "crash.shared", user: "root" },
  { name: "crash.log", user: "root" },
];

/** A table that comes and goes. */
export const TRANSIENT = "crash.gone";

export function tablesSql(otherStorage: string): readonly string[] {
  const columns = "id INT, body TEXT";
  return [
    "CREATE NAMESPACE IF NOT EXISTS crash",
    `CREATE STORAGE IF NOT EXISTS other TYPE filesystem PATH '${otherStorage}'`,
    "CREATE USER TABLE IF NOT EXISTS crash.notes (id INT PRIMARY KEY, body TEXT) WITH (STORAGE_ID = 'other')",
    "CREATE SHARED TABLE IF NOT EXISTS crash.shared (id INT PRIMARY KEY, body TEXT)",
    `CREATE SHARED TABLE IF NOT EXISTS crash.log (${columns})`,
  ];
}

/** What a line of the child says: what it finds when it begins, and of each statement what it will do and that it was acknowledged. */
export type Line = Change | Found | { readonly done: number };

export type Found =
  | { readonly found: number; readonly rows: readonly (readonly [number, string])[] }
  | { readonly foundExtra: number | null }
  | { readonly foundTransient: boolean };

export type Change =
  | { readonly sent: number; readonly table: number; readonly rows: readonly (readonly [number, string | null])[] }
  | { readonly sent: number; readonly extra: number | null }
  | { readonly sent: number; readonly transient: boolean };

export function sessionOf(db: EmbeddedDatabase, { user }: CrashTable): Session {
  return user === "root" ? db : db.as(user);
}

export async function rowsOf(db: EmbeddedDatabase, table: CrashTable): Promise<[number, string][]> {
  const { rows } = await sessionOf(db, table).query(`SELECT id, body FROM ${table.name} ORDER BY id`);
  return rows.map(({ id, body }) => [Number(id), String(body)]);
}

/** The default of the column that comes and goes, which all rows have; null: it is not there. */
export async function extraOf(db: EmbeddedDatabase): Promise<number | null> {
  const { rows } = await db.query("SELECT * FROM crash.shared");
  const found = new Set(rows.map(({ extra }) => extra ?? null));
  if (found.size > 1) throw new Error(`a column has ${found.size} values for one default`);
  const [value = null] = found;
  return value === null ? null : Number(value);
}

export async function hasTransient(db: EmbeddedDatabase): Promise<boolean> {
  const { rows } = await db.query("SELECT table_name FROM information_schema.tables WHERE table_schema = 'crash'");
  return rows.some(({ table_name }) => `crash.${table_name}` === TRANSIENT);
}
