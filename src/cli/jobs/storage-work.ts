import { CliError } from "../cli-error.ts";
import { EXIT } from "../exit-codes.ts";
import type { Session } from "../session.ts";
import { quoteName } from "../sql-names.ts";
import { jobIdsIn, wentWell, writeJobs } from "./job-results.ts";
import { waitForJobs } from "./wait.ts";

export type StorageVerb = "FLUSH" | "COMPACT";

export interface StorageTarget {
  /** As a person writes it: `messages`, `chat.messages`, `"My Table"`. */
  readonly table?: string | undefined;
  /** All tables of a namespace; of every namespace when none is named. */
  readonly namespace?: string | undefined;
}

/** `STORAGE FLUSH TABLE chat.messages`, `STORAGE FLUSH ALL IN chat`. */
export function storageStatement(verb: StorageVerb, { table, namespace }: StorageTarget): string {
  if (table !== undefined) return `STORAGE ${verb} TABLE ${table}`;
  return `STORAGE ${verb} ALL${namespace === undefined ? "" : ` IN ${quoteName(namespace)}`}`;
}

/**
 * Begins the work and, if it is waited for, shows how its jobs ended.
 *
 * @param note says something to a person
 * @returns the exit status
 */
export async function runStorageWork(
  session: Session,
  statement: string,
  wait: boolean,
  signal: AbortSignal,
  note: (line: string) => void,
): Promise<number> {
  const { results, took } = await session.query(statement, signal);
  const [result] = results;
  if (result === undefined) throw new CliError("The server did not answer the statement", EXIT.statement);
  const ids = jobIdsIn(result.message ?? "");
  if (!wait || ids.length === 0) {
    await session.show(result, took);
    return EXIT.ok;
  }
  note(result.message ?? "");
  const ended = await waitForJobs(session, ids, signal, note);
  await writeJobs(session, ended, took);
  return ended.named_rows.every(wentWell) ? EXIT.ok : EXIT.statement;
}
