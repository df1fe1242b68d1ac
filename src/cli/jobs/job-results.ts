import type { NamedRow, QueryResult } from "../../client/index.ts";
import { CliError } from "../cli-error.ts";
import { EXIT } from "../exit-codes.ts";
import { withColumns } from "../result-columns.ts";
import type { Session } from "../session.ts";
import { quoteText } from "../sql-names.ts";

/** `FL-0123456789ab`. */
const JOB_ID = /\b[A-Z]{2}-[0-9a-f]{12}\b/g;
const ENDED = new Set(["completed", "failed", "cancelled", "skipped"]);
const SHORT = ["job_id", "job_type", "status", "message", "created_at"];
const WENT_WELL = new Set(["completed", "skipped"]);

/** The jobs that a statement's message names. */
export function jobIdsIn(message: string): readonly string[] {
  return [...new Set(message.match(JOB_ID))];
}

export function hasEnded(job: NamedRow): boolean {
  return ENDED.has(String(job.status));
}

export function wentWell(job: NamedRow): boolean {
  return WENT_WELL.has(String(job.status));
}

/** Jobs as the server shows them, newest first; all of them when no ids are given. */
export async function readJobs(
  session: Session,
  ids: readonly string[],
  signal: AbortSignal | undefined,
): Promise<{ readonly result: QueryResult; readonly took: number }> {
  const sql = `SHOW JOBS${ids.length === 0 ? "" : ` ${ids.map(quoteText).join(", ")}`}`;
  const { results, took } = await session.query(sql, signal);
  const [result] = results;
  if (result === undefined) throw new CliError("The server did not say which jobs there are", EXIT.statement);
  return { result, took };
}

/** Writes jobs; on a terminal, in a table, only the columns that it most likely has room for. */
export async function writeJobs(session: Session, result: QueryResult, took: number): Promise<void> {
  const { format, expanded } = session.presentation;
  const short = session.output.isTerminal && format === "table" && expanded === "auto";
  await session.show(short ? withColumns(result, SHORT) : result, took);
}

/** The same result with some of its rows. */
export function withRows(result: QueryResult, keep: (job: NamedRow) => boolean): QueryResult {
  const kept = result.named_rows.map(keep);
  const rows = result.rows.filter((_, index) => kept[index]);
  return {
    ...result,
    rows,
    named_rows: result.named_rows.filter((_, index) => kept[index]),
    row_count: rows.length,
  };
}
