import { realpath } from "node:fs/promises";
import { resolve } from "node:path";
import { KalamError } from "../../errors/index.ts";
import type { StorageDefinition } from "../catalog/definitions.ts";
import type { Database } from "../database.ts";
import type { Execution } from "../execution.ts";
import type { ResultColumn } from "../query/relation.ts";
import type { StatementResult } from "../request.ts";
import type { AlterStorage, CreateStorage, DropStorage, StorageCheck, StorageSetting } from "../sql/statement.ts";
import { checkBaseDirectory } from "../storages/base-directory.ts";
import { LOCAL, localStorage } from "../storages/local-storage.ts";
import { alteredWith, checkStorageId, definedWith } from "../storages/storage-settings.ts";
import { usesOf } from "../storages/storage-uses.ts";

/** Types that a server of a later version will know. */
const LATER_TYPES = new Set(["s3", "gcs", "azure"]);

export async function createStorage(
  database: Database,
  execution: Execution,
  statement: CreateStorage,
): Promise<StatementResult> {
  const { storage: id, position, settings, ifNotExists } = statement;
  checkStorageId(id, position);
  const location = filesystemLocation(statement);
  const exists = (): boolean => {
    if (database.catalog.storage(id) === undefined) return false;
    if (ifNotExists) return true;
    throw new KalamError("storage_exists", { storage: id }, { position });
  };
  if (exists()) return said(execution, `Storage '${id}' already exists`);
  const now = execution.now.toString();
  const blank = { ...localStorage(""), id, name: id, description: null, createdAt: now, updatedAt: now };
  const defined = definedWith(blank, settings);
  const baseDirectory = await claimBase(database, id, location);
  const health = await database.storages.openStore(id, baseDirectory).check(false);
  if (health.status !== "healthy") {
    throw new KalamError("storage_unavailable", { storage: id, reason: health.error ?? health.status });
  }
  const message = await database.catalog.change(database.pipeline, (changes, batch) => {
    if (exists()) return `Storage '${id}' already exists`;
    checkBaseDirectory(baseDirectory, database.catalog.storages(), undefined);
    changes.putStorage({ ...defined, baseDirectory });
    batch.onApplied(() => database.storages.changed());
    return `Storage '${id}' created successfully`;
  });
  return said(execution, message);
}

function filesystemLocation({ type: written, settings }: CreateStorage): string {
  const type = written.toLowerCase();
  if (LATER_TYPES.has(type)) {
    const hint = "It is not supported yet; use TYPE filesystem.";
    throw new KalamError("feature_not_supported", { feature: `Storage type '${type}'` }, { hint });
  }
  if (type !== "filesystem") throw invalid(`Invalid storage type '${written}'. Valid types: filesystem`);
  const location = settings.get("location");
  if (location === undefined || location === "") throw invalid("A filesystem storage needs PATH '…'");
  if (settings.has("region")) throw invalid("A filesystem storage has no REGION");
  return location;
}

/** Makes the folder, and makes sure that nobody else has it: before, and again when symbolic links are out of the way. */
async function claimBase(database: Database, id: string, location: string): Promise<string> {
  const dataFolder = database.options.driver === "memory" ? undefined : await realpath(database.options.dataDir);
  const storages = database.catalog.storages();
  checkBaseDirectory(resolve(location), storages, dataFolder);
  const base = await database.storages.makeBase(id, location);
  checkBaseDirectory(base, storages, dataFolder);
  return base;
}

export async function alterStorage(
  database: Database,
  execution: Execution,
  statement: AlterStorage,
): Promise<StatementResult> {
  const fixed: readonly StorageSetting[] = ["location", "region"];
  if (fixed.some((setting) => statement.settings.has(setting))) {
    throw invalid("Where a storage is cannot be changed; make another one");
  }
  const message = await database.catalog.change(database.pipeline, (changes) => {
    const storage = requireStorage(database, statement);
    changes.putStorage({ ...alteredWith(storage, statement.settings), updatedAt: execution.now.toString() });
    return `Storage '${storage.id}' altered successfully`;
  });
  return said(execution, message);
}

/** The files of a storage stay where they are; there are none of any table. */
export async function dropStorage(
  database: Database,
  execution: Execution,
  statement: DropStorage,
): Promise<StatementResult> {
  const message = await database.catalog.change(database.pipeline, async (changes, batch) => {
    if (statement.ifExists && database.catalog.storage(statement.storage) === undefined) {
      return `Storage '${statement.storage}' does not exist (skipped)`;
    }
    const storage = requireStorage(database, statement);
    if (storage.id === LOCAL) throw invalid(`Cannot drop storage '${LOCAL}': it is always there`);
    const users = await usesOf(database, storage);
    if (users !== undefined) throw new KalamError("storage_in_use", { storage: storage.id, users });
    changes.dropStorage(storage.id);
    batch.onApplied(() => database.storages.changed());
    return `Storage '${storage.id}' dropped successfully`;
  });
  return said(execution, message);
}

const CHECK_COLUMNS: readonly ResultColumn[] = (
  [
    ["storage_id", "text"],
    ["status", "text"],
    ["readable", "boolean"],
    ["writable", "boolean"],
    ["listable", "boolean"],
    ["deletable", "boolean"],
    ["latency_ms", "bigint"],
    ["total_bytes", "bigint"],
    ["used_bytes", "bigint"],
    ["error", "text"],
    ["tested_at", "timestamp"],
  ] as const
).map(([name, kind]) => ({ name, type: { kind } }));

/** Writes, reads, lists and deletes something in the storage. */
export async function checkStorage(
  database: Database,
  execution: Execution,
  statement: StorageCheck,
): Promise<StatementResult> {
  const { id } = requireStorage(database, statement);
  const health = await database.storages.store(id).check(statement.extended);
  const row = [
    id,
    health.status,
    health.readable,
    health.writable,
    health.listable,
    health.deletable,
    BigInt(health.latencyMillis),
    health.totalBytes === null ? null : BigInt(health.totalBytes),
    health.usedBytes === null ? null : BigInt(health.usedBytes),
    health.error,
    database.runtime.clock.nowMicros(),
  ];
  return { columns: CHECK_COLUMNS, rows: [row], asUser: execution.principal.userId };
}

function requireStorage(
  database: Database,
  { storage, position }: Pick<AlterStorage, "storage" | "position">,
): StorageDefinition {
  const definition = database.catalog.storage(storage);
  if (definition === undefined) throw new KalamError("storage_not_found", { storage }, { position });
  return definition;
}

function said(execution: Execution, message: string): StatementResult {
  return { message, rowCount: 0, asUser: execution.principal.userId };
}

function invalid(reason: string): KalamError {
  return new KalamError("invalid_option", { reason });
}
