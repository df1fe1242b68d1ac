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

/** What a line of the child says. Before a statement is sent, and after it was acknowledged. */
export type Line =
  | { readonly sent: number; readonly table: number; readonly rows: readonly (readonly [number, string | null])[] }
  | { readonly sent: number; readonly extra: number | null }
  | { readonly sent: number; readonly transient: boolean }
  | { readonly done: number };
