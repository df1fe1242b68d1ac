import type { OpenOptions } from "../../src/embedded/options.ts";
import { type EmbeddedDatabase, type EmbeddedRow, open, type Session } from "../../src/index.ts";
import { withFolder } from "./folder.ts";

/** Runs a test on a fresh database of each driver. */
export function onEveryDriver(
  title: string,
  test: (db: EmbeddedDatabase) => Promise<void>,
  options: OpenOptions = {},
): void {
  for (const driver of ["sqlite", "memory"] as const) {
    it(`${title} (${driver})`, () =>
      withFolder(async (dataDir) => {
        const db = await open({ ...options, driver, dataDir });
        try {
          await test(db);
        } finally {
          await db.close();
        }
      }));
  }
}

/** Rows as arrays of their values, in the order of the columns. */
export async function values(session: Session, sql: string, params: readonly (string | number | bigint | null)[] = []) {
  const { rows } = await session.query(sql, params);
  return rows.map((row: EmbeddedRow) => Object.values(row));
}
