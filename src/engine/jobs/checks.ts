import type { RetiredTable } from "../catalog/definitions.ts";
import { FlushCheck } from "../cold/flush/flush-check.ts";
import { publishStale } from "../cold/publish.ts";
import type { Database } from "../database.ts";
import { isFinished } from "./job.ts";
import { cleanupOf } from "./kinds/cleanup.ts";
import { buildOf } from "./kinds/index-build.ts";
import type { Check } from "./scheduler.ts";

/** What an open database looks after by itself. */
export function checksOf(database: Database): readonly Check[] {
  const { jobs, options } = database;
  const flushes = new FlushCheck(database);
  return [
    { name: "flush", everySeconds: options.flushCheckSeconds, run: () => flushes.run() },
    {
      name: "cold_files",
      everySeconds: 60,
      run: async () => {
        const { ledger, work } = database.cold;
        const [failed] = [...(await ledger.sweep()), ...(await publishStale(database, work))];
        if (failed !== undefined) throw failed.error;
      },
    },
    {
      name: "job_cleanup",
      everySeconds: 600,
      run: async () => {
        const parameters = { retention_days: options.jobRetentionDays };
        await jobs.create("job_cleanup", parameters, { idempotencyKey: "job_cleanup" });
      },
    },
    {
      name: "cleanup",
      everySeconds: 600,
      run: async () => {
        const tables = neglected(database);
        if (tables.length > 0) await jobs.create("cleanup", cleanupOf(tables), { idempotencyKey: "cleanup" });
      },
    },
    { name: "index_build", everySeconds: 600, run: () => resumeBuilds(database) },
  ];
}

/** Indexes that are not complete and that no job builds: the job has failed or was killed. */
async function resumeBuilds({ catalog, jobs }: Database): Promise<void> {
  for (const { definition } of catalog.tables()) {
    for (const index of definition.indexes ?? []) {
      if (index.state === "ready") continue;
      const busy = jobs.list().some((job) => job.type === "index_build" && !isFinished(job));
      if (!busy) await jobs.create("index_build", buildOf(definition, index));
    }
  }
}

/** Dropped tables whose files no job is about to delete: one has tried in vain. */
function neglected({ catalog, jobs }: Database): readonly RetiredTable[] {
  const busy = jobs.list().some((job) => job.type === "cleanup" && !isFinished(job));
  return busy ? [] : catalog.retired();
}
