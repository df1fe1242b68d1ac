import type { Job } from "../engine/jobs/job.ts";

/** `Waiting for 2 jobs: FL-0123456789ab flush (12 s): 3 of 5 users; CO-ba9876543210 compact (1 s)`. Empty without jobs. */
export function waitingLine(jobs: readonly Job[], now: number): string {
  if (jobs.length === 0) return "";
  const described = jobs.map(({ id, type, startedAt, message }) => {
    const seconds = Math.max(0, Math.round((now - (startedAt ?? now)) / 1000));
    return `${id} ${type} (${seconds} s)${message === null ? "" : `: ${message}`}`;
  });
  return `Waiting for ${jobs.length} ${jobs.length === 1 ? "job" : "jobs"}: ${described.join("; ")}`;
}
