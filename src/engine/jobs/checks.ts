import type { Database } from "../database.ts";
import type { Check } from "./scheduler.ts";

/** What an open database looks after by itself. */
export function checksOf(database: Database): readonly Check[] {
  const { jobs, options } = database;
  return [
    {
      name: "job_cleanup",
      everySeconds: 600,
      run: async () => {
        const parameters = { retention_days: options.jobRetentionDays };
        await jobs.create("job_cleanup", parameters, { idempotencyKey: "job_cleanup" });
      },
    },
  ];
}
