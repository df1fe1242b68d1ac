import type { TableDefinition } from "../catalog/definitions.ts";
import type { TableSchema } from "../catalog/table-schema.ts";
import type { Database } from "../database.ts";
import type { Execution } from "../execution.ts";
import { storageMoveOf } from "../jobs/kinds/storage-move.ts";
import type { WriteBatch } from "../rows/write-batch.ts";
import { storagesOf } from "../storages/table-places.ts";
import type { TableOptions } from "./table-options.ts";

/** Until the job that moves them has ended, files are also where they would have gone until now. */
export function formerStorages(
  database: Database,
  definition: TableDefinition,
  options: TableOptions,
): Pick<TableDefinition, "formerStorageIds"> {
  const present = storagesOf(database.catalog, { ...definition, ...options });
  const left = storagesOf(database.catalog, definition).filter((id) => !present.includes(id));
  const former = new Set([...(definition.formerStorageIds ?? []), ...left]);
  return former.size === 0 ? {} : { formerStorageIds: [...former] };
}

export function isMoved(before: TableDefinition, { storageId, useUserStorage }: TableDefinition): boolean {
  return before.storageId !== storageId || before.useUserStorage !== useUserStorage;
}

/** Makes the job that brings the table's files to where they belong now, in the same batch. @returns what the message says of it */
export function scheduleMove(
  database: Database,
  execution: Execution,
  batch: WriteBatch,
  { namespace, name, kind }: TableDefinition,
): string {
  if (kind === "stream") return "";
  const createdBy = execution.actor.userId;
  const { id } = database.jobs.createWith(batch, ...storageMoveOf(`${namespace}.${name}`, kind), { createdBy });
  return `. Storage move job: ${id}`;
}

/** Moves what has come to lie elsewhere since a user has got another storage. @returns what the message says of it */
export async function moveAgain(
  database: Database,
  execution: Execution,
  { fullName, definition }: TableSchema,
): Promise<string> {
  if (definition.kind === "stream") return "";
  const options = { createdBy: execution.actor.userId, idempotencyKey: `storage_move-${fullName}` };
  const { id } = await database.jobs.create(...storageMoveOf(fullName, definition.kind), options);
  return id === undefined ? "" : `. Storage move job: ${id}`;
}
