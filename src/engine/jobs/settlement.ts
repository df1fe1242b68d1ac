import type { Job } from "./job.ts";
import { isFinished } from "./job.ts";
import type { JobKinds } from "./job-kinds.ts";

/**
 * What becomes, at a start, of a job that the last run left unfinished. One that had not begun is queued again. One that was running
 * is queued again where its kind can begin from the start, but not without end: a job that brings the server down must not do so at
 * every start.
 *
 * @returns undefined for a job that is finished
 */
export function settle(job: Job, kinds: JobKinds, now: number): Job | undefined {
  if (isFinished(job)) return undefined;
  const failed = (message: string): Job => ({ ...job, status: "failed", message, updatedAt: now, finishedAt: now });
  const kind = kinds.find(job.type);
  if (kind === undefined) return failed(`this server does not know jobs of the type ${job.type}`);
  try {
    kind.bind(job.parameters);
  } catch (error) {
    return failed(error instanceof Error ? error.message : String(error));
  }
  if (job.status !== "running") return { ...job, status: "queued", updatedAt: now };
  if (!kind.mayRunAgain) return failed("the server stopped while the job ran");
  if (job.retries >= job.maxRetries)
    return failed(`the server stopped while the job ran (begun ${job.retries + 1} times)`);
  return { ...job, status: "queued", retries: job.retries + 1, updatedAt: now };
}
