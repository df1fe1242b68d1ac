import { KalamError } from "../../errors/index.ts";
import type { Database } from "../database.ts";
import type { Execution } from "../execution.ts";
import type { StatementResult } from "../request.ts";
import type { KillJob } from "../sql/statement.ts";

export async function killJob(database: Database, execution: Execution, statement: KillJob): Promise<StatementResult> {
  const asUser = execution.principal.userId;
  try {
    const { id, status } = await database.jobs.cancel(statement.job);
    return { message: `Job ${id} killed: ${status}`, rowCount: 0, asUser };
  } catch (error) {
    throw error instanceof KalamError ? error.at(statement.position) : error;
  }
}
