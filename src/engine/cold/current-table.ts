import { KalamError } from "../../errors/index.ts";
import type { TableSchema } from "../catalog/table-schema.ts";
import type { Database } from "../database.ts";
import { StalePlan } from "../stale-plan.ts";

/** How often work on a partition is begun again because its table was altered meanwhile. */
const MAX_PLANS = 10;

/** The table as it is now. @throws KalamError `table_not_found` when it was dropped */
export function currentTable({ catalog }: Pick<Database, "catalog">, table: TableSchema): TableSchema {
  const current = catalog.isCurrent(table) ? table : catalog.tableById(table.definition.id);
  if (current === undefined) throw new KalamError("table_not_found", { table: table.fullName });
  return current;
}

/** Does work on a table as it is now, and again when it was altered meanwhile. */
export async function onCurrentTable(
  database: Pick<Database, "catalog">,
  table: TableSchema,
  work: (schema: TableSchema) => Promise<void>,
): Promise<void> {
  for (let plans = 1; ; plans++) {
    try {
      return await work(currentTable(database, table));
    } catch (error) {
      if (!(error instanceof StalePlan) || plans === MAX_PLANS) throw error;
    }
  }
}
