import type { NamedRow, QueryResult } from "../../client/index.ts";
import { systemTimers } from "../../runtime/timers.ts";
import { CliError } from "../cli-error.ts";
import { EXIT } from "../exit-codes.ts";
import type { Session } from "../session.ts";
import { hasEnded, readJobs } from "./job-results.ts";

const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 2_000;

/**
 * Waits until jobs have ended, looking less and less often. Jobs always end: the server sees to those that hang.
 *
 * @param progress is told what a job says, when it says something new
 * @returns the jobs as they ended
 * @throws the signal's reason; CliError when the server does not know a job
 */
export async function waitForJobs(
  session: Session,
  ids: readonly string[],
  signal: AbortSignal,
  progress: (line: string) => void,
): Promise<QueryResult> {
  const told = new Map<string, string>();
  for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(pause * 1.5, LONGEST_PAUSE_MS)) {
    const { result } = await readJobs(session, ids, signal);
    const jobs = result.named_rows;
    const missing = ids.find((id) => !jobs.some(({ job_id }) => job_id === id));
    if (missing !== undefined) throw new CliError(`The server knows no job ${missing}`, EXIT.statement);
    for (const job of jobs) {
      const line = lineOf(job);
      if (told.get(String(job.job_id)) !== line) progress(line);
      told.set(String(job.job_id), line);
    }
    if (jobs.every(hasEnded)) return result;
    await pauseFor(pause, signal);
  }
}

/** @throws the signal's reason */
export async function pauseFor(millis: number, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  await systemTimers.sleep(millis, signal);
  signal.throwIfAborted();
}

function lineOf({ job_id, status, message }: NamedRow): string {
  return `${job_id} ${status}${message === null || message === undefined ? "" : `: ${message}`}`;
}
