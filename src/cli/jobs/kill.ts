import { ServerError } from "../../client/index.ts";
import { reportError } from "../error-report.ts";
import { EXIT } from "../exit-codes.ts";
import { unitOf } from "../script/request-unit.ts";
import type { Session } from "../session.ts";
import { quoteText } from "../sql-names.ts";

/** Ends jobs; one that cannot be ended does not save the others. @returns the exit status */
export async function killJobs(
  session: Session,
  ids: readonly string[],
  signal: AbortSignal,
  note: (text: string) => void,
): Promise<number> {
  let status: number = EXIT.ok;
  for (const id of ids) {
    try {
      await session.run(unitOf({ text: `KILL JOB ${quoteText(id)}`, line: 1 }), signal);
    } catch (error) {
      if (!(error instanceof ServerError)) throw error;
      note(reportError(error));
      status = EXIT.statement;
    }
  }
  return status;
}
