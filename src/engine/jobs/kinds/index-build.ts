import * as v from "valibot";
import type { IndexDefinition, TableDefinition } from "../../catalog/definitions.ts";
import { buildIndex } from "../../rows/indexes/build.ts";
import type { JobParameters } from "../job.ts";
import type { JobKind } from "../job-kind.ts";
import { tableParameters } from "./table-parameters.ts";

const whole = v.pipe(v.number(), v.integer());
const parameters = v.strictObject({
  ...tableParameters,
  index: v.string(),
  /** Numbers, because table and index can be renamed meanwhile. */
  table_number: whole,
  index_number: whole,
});

/** The parameters of a job that builds an index. */
export function buildOf({ id, namespace, name, kind }: TableDefinition, index: IndexDefinition): JobParameters {
  return {
    table_id: `${namespace}.${name}`,
    table_type: kind === "user" ? "User" : "Shared",
    index: index.name,
    table_number: id,
    index_number: index.id,
  };
}

/** Brings the rows that were there before an index into it. */
export const indexBuild: JobKind<v.InferOutput<typeof parameters>> = {
  type: "index_build",
  prefix: "IX",
  parameters,
  mayRunAgain: true,
  table: ({ table_id }) => table_id,
  precheck({ catalog }, { index, table_number: table, index_number: id }) {
    const found = catalog.tableById(table)?.definition.indexes?.find((candidate) => candidate.id === id);
    if (found === undefined) return `index '${index}' was dropped`;
    return found.state === "ready" ? `index '${index}' is complete` : undefined;
  },
  async run({ database, parameters: { index, table_number: table, index_number: id }, signal, progress }) {
    const rows = await buildIndex(database, table, id, signal, progress);
    return `Index ${index} is complete (${rows} rows)`;
  },
};
