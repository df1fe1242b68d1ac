import type { QueryResult } from "../../client/index.ts";
import type { Session } from "../session.ts";
import { readJobs, withRows, writeJobs } from "./job-results.ts";
import { pauseFor } from "./wait.ts";

const CLEAR_SCREEN = "\x1b[H\x1b[2J\x1b[3J";

export interface JobFilter {
  /** Lower case; empty means any. */
  readonly statuses: readonly string[];
  readonly type: string | undefined;
  /** The newest so many; undefined means all. */
  readonly limit: number | undefined;
}

/** Shows jobs, newest first. */
export async function showJobs(session: Session, filter: JobFilter, signal: AbortSignal): Promise<void> {
  const { result, took } = await readJobs(session, [], signal);
  await writeJobs(session, filtered(result, filter), took);
}

/**
 * Shows jobs again and again until it is cancelled: on a terminal in place, elsewhere when something has changed.
 *
 * @throws the signal's reason
 */
export async function watchJobs(
  session: Session,
  filter: JobFilter,
  everyMs: number,
  signal: AbortSignal,
): Promise<never> {
  let shown = "";
  for (;;) {
    const { result, took } = await readJobs(session, [], signal);
    const jobs = filtered(result, filter);
    const text = JSON.stringify(jobs.rows);
    if (text !== shown) {
      if (session.output.isTerminal) session.output.write(CLEAR_SCREEN);
      await writeJobs(session, jobs, took);
      shown = text;
    }
    await pauseFor(everyMs, signal);
  }
}

function filtered(result: QueryResult, { statuses, type, limit }: JobFilter): QueryResult {
  let kept = 0;
  return withRows(result, (job) => {
    const wanted =
      (statuses.length === 0 || statuses.includes(String(job.status))) && (type === undefined || job.job_type === type);
    return wanted && (limit === undefined || kept++ < limit);
  });
}
