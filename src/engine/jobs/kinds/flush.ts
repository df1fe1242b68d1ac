import * as v from "valibot";
import { compactionOf } from "../../cold/compaction/table-compaction.ts";
import { flushTable, hasHotRows } from "../../cold/flush/table-flush.ts";
import type { JobKind } from "../job-kind.ts";
import { tableIsGone, tableOfJob, tableParameters } from "./table-parameters.ts";

const parameters = v.strictObject(tableParameters);

/** Moves the hot rows of a table to segments. */
export const flush: JobKind<v.InferOutput<typeof parameters>> = {
  type: "flush",
  prefix: "FL",
  parameters,
  mayRunAgain: true,
  table: ({ table_id }) => table_id,
  async precheck(database, { table_id }) {
    const schema = tableOfJob(database, table_id);
    if (schema === undefined) return tableIsGone(table_id);
    return (await hasHotRows(database, schema)) ? undefined : `no pending writes for table '${table_id}'`;
  },
  async run({ database, parameters: { table_id, table_type }, signal, progress }) {
    const schema = tableOfJob(database, table_id);
    if (schema === undefined) return `Nothing done: ${tableIsGone(table_id)}`;
    const { rows, files } = await flushTable(database, schema, signal, progress);
    if (await compactionOf(database, schema, false)) {
      await database.jobs.create(
        "compact",
        { table_id, table_type, all: false },
        { idempotencyKey: `compact-${table_id}` },
      );
    }
    return `Flushed ${table_id} successfully (${rows} rows, ${files} files)`;
  },
};
