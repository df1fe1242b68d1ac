import * as v from "valibot";
import { KalamError } from "../../../errors/index.ts";
import type { TableSchema } from "../../catalog/table-schema.ts";
import type { Database } from "../../database.ts";

/** What every job on the rows of a table is told: `namespace.table`, and the table's kind. */
export const tableParameters = {
  table_id: v.pipe(v.string(), v.regex(/^[^.]+\.[^.]+$/)),
  table_type: v.picklist(["User", "Shared"]),
};

/** @throws KalamError `table_not_found` when it was dropped or renamed since the job was made */
export function tableOfJob(database: Database, fullName: string): TableSchema {
  const [namespace = "", name = ""] = fullName.split(".");
  const schema = database.catalog.table(namespace, name);
  if (schema === undefined) throw new KalamError("table_not_found", { table: fullName });
  return schema;
}
