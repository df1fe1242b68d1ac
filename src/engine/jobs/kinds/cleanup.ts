import * as v from "valibot";
import type { RetiredTable } from "../../catalog/definitions.ts";
import { lastReaders } from "../../cold/last-readers.ts";
import type { JobParameters } from "../job.ts";
import type { JobKind } from "../job-kind.ts";

interface Cleanup {
  readonly tables: readonly { readonly table_id: string; readonly number: number }[];
}

/** The parameters of a job that deletes the files of these tables. */
export function cleanupOf(retired: readonly RetiredTable[]): JobParameters {
  const tables = retired.map(({ tableId, namespace, name }) => ({ table_id: `${namespace}.${name}`, number: tableId }));
  return { tables };
}

/** Deletes the files of dropped tables. One storage that fails does not keep the others from being cleaned up. */
export const cleanup: JobKind<Cleanup> = {
  type: "cleanup",
  prefix: "CL",
  parameters: v.strictObject({
    tables: v.array(v.strictObject({ table_id: v.string(), number: v.pipe(v.number(), v.integer()) })),
  }),
  mayRunAgain: true,
  async run({ database, parameters: { tables }, signal, progress }) {
    const { catalog, pipeline, storages, runtime } = database;
    const failures: unknown[] = [];
    for (const { table_id: name, number } of tables) {
      const retired = catalog.retired().find(({ tableId }) => tableId === number);
      if (retired === undefined) continue;
      try {
        await runtime.milestones.reach("cleanup.begun");
        await lastReaders(database, retired, signal);
        await storages.clear(retired, signal);
        await runtime.milestones.reach("cleanup.cleared");
        await catalog.change(pipeline, (changes) => changes.unretire(number));
        progress(`Deleted the files of ${name}`);
      } catch (error) {
        signal.throwIfAborted();
        failures.push(error);
      }
    }
    if (failures.length > 0) throw failures[0];
    return `Deleted the files of ${tables.map((table) => table.table_id).join(", ")}`;
  },
};
