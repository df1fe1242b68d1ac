import type { Database } from "../database.ts";
import type { Execution } from "../execution.ts";
import type { StatementResult } from "../request.ts";
import type { AlterUser, CreateUser, DropUser } from "../sql/statement.ts";

export async function createUser(
  database: Database,
  execution: Execution,
  statement: CreateUser,
): Promise<StatementResult> {
  return said(execution, await database.accounts.create(execution.actor, statement));
}

export async function alterUser(
  database: Database,
  execution: Execution,
  statement: AlterUser,
): Promise<StatementResult> {
  return said(execution, await database.accounts.alter(execution.actor, statement));
}

export async function dropUser(
  database: Database,
  execution: Execution,
  statement: DropUser,
): Promise<StatementResult> {
  return said(execution, await database.accounts.drop(execution.actor, statement));
}

function said(execution: Execution, message: string): StatementResult {
  return { message, rowCount: 0, asUser: execution.principal.userId };
}
