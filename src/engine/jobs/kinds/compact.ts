import * as v from "valibot";
import { compactionOf, compactTable } from "../../cold/compaction/table-compaction.ts";
import type { JobKind } from "../job-kind.ts";
import { tableIsGone, tableOfJob, tableParameters } from "./table-parameters.ts";

const parameters = v.strictObject({ ...tableParameters, all: v.boolean() });

/** Merges the segments of a table: all of them, or small ones where there are many. */
export const compact: JobKind<v.InferOutput<typeof parameters>> = {
  type: "compact",
  prefix: "CO",
  parameters,
  mayRunAgain: true,
  table: ({ table_id }) => table_id,
  async precheck(database, { table_id, all }) {
    const schema = tableOfJob(database, table_id);
    if (schema === undefined) return tableIsGone(table_id);
    return (await compactionOf(database, schema, all)) ? undefined : `nothing to merge in table '${table_id}'`;
  },
  async run({ database, parameters: { table_id, all }, signal, progress }) {
    const schema = tableOfJob(database, table_id);
    if (schema === undefined) return `Nothing done: ${tableIsGone(table_id)}`;
    const { before, after } = await compactTable(database, schema, all, signal, progress);
    return `Compaction completed for ${table_id} (${before} segments became ${after})`;
  },
};
