import { KalamError } from "../../errors/index.ts";
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
  return said(execution, await database.accounts.alter(execution.actor, withKnownStorage(database, statement)));
}

/** @throws KalamError `storage_not_found` */
function withKnownStorage(database: Database, statement: AlterUser): AlterUser {
  const { change } = statement;
  if (change.type !== "storage_id" || change.storageId === null) return statement;
  const storage = database.catalog.storage(change.storageId);
  if (storage === undefined) throw new KalamError("storage_not_found", { storage: change.storageId });
  return { ...statement, change: { ...change, storageId: storage.id } };
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
