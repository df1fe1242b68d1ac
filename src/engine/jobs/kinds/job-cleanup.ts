import * as v from "valibot";
import type { JobKind } from "../job-kind.ts";

const DAY_MS = 86_400_000;

interface JobCleanup {
  readonly retention_days: number;
}

/** Removes the documents of jobs that finished long ago. */
export const jobCleanup: JobKind<JobCleanup> = {
  type: "job_cleanup",
  prefix: "JC",
  parameters: v.strictObject({ retention_days: v.pipe(v.number(), v.integer(), v.minValue(0)) }),
  mayRunAgain: true,
  precheck({ jobs, runtime }, { retention_days: days }) {
    const oldest = runtime.clock.now() - days * DAY_MS;
    return jobs.list().some(({ finishedAt }) => finishedAt !== null && finishedAt < oldest)
      ? undefined
      : `no job finished more than ${days} day(s) ago`;
  },
  async run({ database: { jobs, runtime }, parameters, signal }) {
    const removed = await jobs.removeFinished(runtime.clock.now() - parameters.retention_days * DAY_MS, signal);
    return `Removed ${removed} finished job(s)`;
  },
};
