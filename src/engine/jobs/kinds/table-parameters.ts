import * as v from "valibot";
import type { TableSchema } from "../../catalog/table-schema.ts";
import type { Database } from "../../database.ts";

/** What every job on the rows of a table is told: `namespace.table`, and the table's kind. */
export const tableParameters = {
  table_id: v.pipe(v.string(), v.regex(/^[^.]+\.[^.]+$/)),
  table_type: v.picklist(["User", "Shared"]),
};

/** Undefined when it was dropped or renamed since the job was made: that is no failure of the job. */
export function tableOfJob(database: Database, fullName: string): TableSchema | undefined {
  const [namespace = "", name = ""] = fullName.split(".");
  return database.catalog.table(namespace, name);
}

/** What a job says that has lost its table. */
export function tableIsGone(fullName: string): string {
  return `table '${fullName}' does not exist any more`;
}
