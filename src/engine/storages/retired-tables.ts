import { toKalamError } from "../../errors/index.ts";
import type { RetiredTable } from "../catalog/definitions.ts";
import type { Database } from "../database.ts";

type Parts = Pick<Database, "catalog" | "pipeline" | "storages">;

/**
 * Deletes the files of dropped tables. What a storage does not let go of now is tried again at the next start; until then no
 * other table gets the folder.
 *
 * @returns why some are still there
 */
export async function deleteRetired(database: Parts, tables: readonly RetiredTable[]): Promise<readonly string[]> {
  const failures: string[] = [];
  for (const table of tables) {
    try {
      await database.storages.clear(table);
      await database.catalog.change(database.pipeline, (changes) => changes.unretire(table.tableId));
    } catch (error) {
      failures.push(toKalamError(error).message);
    }
  }
  return failures;
}

/** Deletes, beside everything else, what the last run could not. */
export class RetiredTables {
  readonly #database: Parts;
  #stopped = false;
  #running: Promise<void> | undefined;

  constructor(database: Parts) {
    this.#database = database;
  }

  start(): void {
    this.#running = this.#run(this.#database.catalog.retired());
  }

  async #run(tables: readonly RetiredTable[]): Promise<void> {
    for (const table of tables) {
      if (this.#stopped) return;
      await deleteRetired(this.#database, [table]);
    }
  }

  /** Resolves when the table that is worked on is done; the others wait for the next start. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#running;
  }
}
