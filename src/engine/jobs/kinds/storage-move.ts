import * as v from "valibot";
import { isMisplaced, moveTable } from "../../cold/move/table-move.ts";
import type { JobParameters } from "../job.ts";
import type { JobKind } from "../job-kind.ts";
import { tableIsGone, tableOfJob, tableParameters } from "./table-parameters.ts";

const parameters = v.strictObject(tableParameters);

/** The type and the parameters of a job that moves the cold rows of this table. */
export function storageMoveOf(fullName: string, kind: "user" | "shared"): [type: string, parameters: JobParameters] {
  return ["storage_move", { table_id: fullName, table_type: kind === "shared" ? "Shared" : "User" }];
}

/** Brings the segments of a table to where it belongs: another storage, or the storages of its users. */
export const storageMove: JobKind<v.InferOutput<typeof parameters>> = {
  type: "storage_move",
  prefix: "SM",
  parameters,
  mayRunAgain: true,
  table: ({ table_id }) => table_id,
  async precheck(database, { table_id }) {
    const schema = tableOfJob(database, table_id);
    if (schema === undefined) return tableIsGone(table_id);
    return (await isMisplaced(database, schema)) ? undefined : `all of table '${table_id}' is where it belongs`;
  },
  async run({ database, parameters: { table_id }, signal, progress }) {
    const schema = tableOfJob(database, table_id);
    if (schema === undefined) return `Nothing done: ${tableIsGone(table_id)}`;
    const { partitions, files } = await moveTable(database, schema, signal, progress);
    return `Moved ${table_id} (${partitions} partitions, ${files} files)`;
  },
};
