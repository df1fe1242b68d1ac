import { KalamError } from "../../errors/index.ts";
import type { AccessLevel, FlushPolicy, TableDefinition } from "../catalog/definitions.ts";
import type { Database } from "../database.ts";
import type { TableKind } from "../sql/statement.ts";

/** What `WITH (…)` of a table can say. */
export type TableOptions = Pick<
  TableDefinition,
  "accessLevel" | "storageId" | "useUserStorage" | "flushPolicy" | "ttlSeconds" | "deletedRetentionHours"
>;

const KINDS: ReadonlyMap<string, TableKind> = new Map([
  ["USER", "user"],
  ["SHARED", "shared"],
  ["STREAM", "stream"],
]);
const LEVELS: ReadonlyMap<string, AccessLevel> = new Map([
  ["PUBLIC", "public"],
  ["PRIVATE", "private"],
  ["RESTRICTED", "restricted"],
  ["DBA", "dba"],
]);
const KNOWN = new Set([
  "TYPE",
  "STORAGE_ID",
  "USE_USER_STORAGE",
  "FLUSH_POLICY",
  "DELETED_RETENTION_HOURS",
  "TTL_SECONDS",
  "ACCESS_LEVEL",
]);
const MAX_FLUSH_ROWS = 999_999;
const MAX_FLUSH_SECONDS = 86_399;
/** A hundred years: longer than any server runs, and far inside what a timestamp can hold. */
const MAX_TTL_SECONDS = 3_153_600_000;

/** The kind of a new table: from the words before TABLE, or from the option TYPE, which must not contradict each other. */
export function tableKind(written: TableKind | undefined, options: ReadonlyMap<string, string>): TableKind {
  const type = options.get("TYPE");
  if (type === undefined) return written ?? "shared";
  const kind = KINDS.get(type.toUpperCase());
  if (kind === undefined) throw invalid(`Invalid table type '${type}'. Valid types: USER, SHARED, STREAM`);
  if (written !== undefined && written !== kind) {
    throw invalid(
      `Conflicting table type definitions: CREATE ${written.toUpperCase()} TABLE and TYPE='${type.toUpperCase()}'`,
    );
  }
  return kind;
}

/**
 * Reads and checks the options that a statement gives.
 *
 * @param former values of the options that are not given
 * @throws KalamError `invalid_option`, `storage_not_found`
 */
export function tableOptions(
  database: Database,
  kind: TableKind,
  options: ReadonlyMap<string, string>,
  former: TableOptions,
): TableOptions {
  for (const name of options.keys()) if (!KNOWN.has(name)) throw invalid(`Unknown table option '${name}'`);
  const only = (name: string, allowed: TableKind): void => {
    if (options.has(name) && kind !== allowed) {
      throw invalid(`${name} can only be set on ${allowed.toUpperCase()} tables`);
    }
  };
  only("USE_USER_STORAGE", "user");
  only("TTL_SECONDS", "stream");
  only("ACCESS_LEVEL", "shared");
  if (kind === "stream" && options.has("FLUSH_POLICY")) throw invalid("FLUSH_POLICY cannot be set on STREAM tables");

  const ttlSeconds = wholeNumber(options, "TTL_SECONDS", 1, MAX_TTL_SECONDS) ?? former.ttlSeconds;
  if (kind === "stream" && ttlSeconds === undefined) throw invalid("STREAM tables must specify 'TTL_SECONDS'");
  const flushPolicy = options.has("FLUSH_POLICY")
    ? flushPolicyOf(options.get("FLUSH_POLICY") ?? "")
    : former.flushPolicy;
  const deletedRetentionHours =
    wholeNumber(options, "DELETED_RETENTION_HOURS", 0, 4_294_967_295) ?? former.deletedRetentionHours;
  return {
    storageId: storageOf(database, options) ?? former.storageId,
    useUserStorage: flag(options, "USE_USER_STORAGE") ?? former.useUserStorage,
    accessLevel: accessLevelOf(options) ?? former.accessLevel,
    ...(flushPolicy === undefined ? {} : { flushPolicy }),
    ...(ttlSeconds === undefined ? {} : { ttlSeconds }),
    ...(deletedRetentionHours === undefined ? {} : { deletedRetentionHours }),
  };
}

function storageOf(database: Database, options: ReadonlyMap<string, string>): string | undefined {
  const id = options.get("STORAGE_ID");
  if (id === undefined) return undefined;
  if (!/^[A-Za-z0-9_-]+$/.test(id)) throw invalid(`Invalid storage id '${id}'`);
  const storage = database.catalog.storage(id);
  if (storage === undefined) throw new KalamError("storage_not_found", { storage: id });
  return storage.id;
}

function accessLevelOf(options: ReadonlyMap<string, string>): AccessLevel | undefined {
  const text = options.get("ACCESS_LEVEL");
  if (text === undefined) return undefined;
  const level = LEVELS.get(text.toUpperCase());
  if (level === undefined) {
    throw invalid(`Invalid ACCESS_LEVEL '${text}'. Valid levels: PUBLIC, PRIVATE, RESTRICTED, DBA`);
  }
  return level;
}

function flag(options: ReadonlyMap<string, string>, name: string): boolean | undefined {
  const text = options.get(name)?.toLowerCase();
  if (text === undefined) return undefined;
  if (text === "true" || text === "1" || text === "on") return true;
  if (text === "false" || text === "0" || text === "off") return false;
  throw invalid(`${name} must be TRUE or FALSE, not '${text}'`);
}

function wholeNumber(
  options: ReadonlyMap<string, string>,
  name: string,
  minimum: number,
  maximum: number,
): number | undefined {
  const text = options.get(name);
  if (text === undefined) return undefined;
  const value = /^\d{1,12}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= minimum && value <= maximum) return value;
  throw invalid(`${name} must be a whole number from ${minimum} to ${maximum}, not '${text}'`);
}

/** `rows:1000`, `interval:60`, or both with a comma between. */
function flushPolicyOf(text: string): FlushPolicy {
  const parts = new Map<string, number>();
  for (const part of text.split(",")) {
    const match = /^\s*(rows|interval)\s*:\s*(\d{1,9})\s*$/i.exec(part);
    const name = match?.[1]?.toLowerCase();
    if (match === null || name === undefined || parts.has(name)) {
      throw invalid(`Invalid FLUSH_POLICY '${text}'. Write 'rows:N', 'interval:S' or 'rows:N,interval:S'`);
    }
    parts.set(name, Number(match[2]));
  }
  const rows = parts.get("rows");
  const intervalSeconds = parts.get("interval");
  if (rows !== undefined && (rows < 1 || rows > MAX_FLUSH_ROWS)) {
    throw invalid(`FLUSH_POLICY rows must be from 1 to ${MAX_FLUSH_ROWS}`);
  }
  if (intervalSeconds !== undefined && (intervalSeconds < 1 || intervalSeconds > MAX_FLUSH_SECONDS)) {
    throw invalid(`FLUSH_POLICY interval must be from 1 to ${MAX_FLUSH_SECONDS} seconds`);
  }
  return { ...(rows === undefined ? {} : { rows }), ...(intervalSeconds === undefined ? {} : { intervalSeconds }) };
}

/** The policy as FLUSH_POLICY has it; undefined when there is none. */
export function flushPolicyText({ rows, intervalSeconds }: FlushPolicy = {}): string | undefined {
  const parts = [
    ...(rows === undefined ? [] : [`rows:${rows}`]),
    ...(intervalSeconds === undefined ? [] : [`interval:${intervalSeconds}`]),
  ];
  return parts.length === 0 ? undefined : parts.join(",");
}

function invalid(reason: string): KalamError {
  return new KalamError("invalid_option", { reason });
}
