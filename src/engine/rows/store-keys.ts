import type { ColumnType } from "../types/column-type.ts";
import { encodeKey } from "./key-codec.ts";

/**
 * Where things stand in the hot store. Keys are handled as latin-1 strings, one character a byte.
 *
 *     c <kind> <name>                        catalog documents
 *     j <job id>                             job documents
 *     m <name>                               the engine's own notes
 *     r <table id, 4 bytes> <user> <key>     rows: a partition is everything that begins with r, table and user
 *     i <table id, 4 bytes> <index id, 4 bytes> <user> <entry>   entries of an index: `SecondaryIndex`; no value
 *     s <table id, 4 bytes> <user>           the manifest of a partition: what of it is cold
 *     k <table id, 4 bytes> <user> <file>    the key filter of a segment
 *     x <table id, 4 bytes> <user>           the manifest has changed and `manifest.json` has not yet
 *     f <storage> 00 <path>                  files that are being written or have to be deleted
 *
 * The user is encoded like a key part, so no user's prefix is a prefix of another's; shared tables have the empty user.
 */
const TEXT: readonly ColumnType[] = [{ kind: "text" }];

export function tablePrefix(tableId: number): string {
  return `r${word(tableId)}`;
}

function word(id: number): string {
  return String.fromCharCode((id >>> 24) & 0xff, (id >>> 16) & 0xff, (id >>> 8) & 0xff, id & 0xff);
}

/** @param user empty for a shared table. */
export function partitionPrefix(tableId: number, user: string): string {
  return tablePrefix(tableId) + encodeKey(TEXT, [user]);
}

/** The entries of all indexes of a table. */
export function tableIndexesPrefix(tableId: number): string {
  return `i${word(tableId)}`;
}

/** The entries of an index, of all partitions. @param tableId of its table */
export function wholeIndexPrefix(tableId: number, indexId: number): string {
  return tableIndexesPrefix(tableId) + word(indexId);
}

/** The entries of an index for one partition. @param prefix of the partition's rows */
export function indexPrefix(prefix: string, indexId: number): string {
  return `i${prefix.slice(1, 5)}${word(indexId)}${prefix.slice(5)}`;
}

/** @param prefix of the partition's rows; the same for `filterKey` and `staleManifestKey` */
export function manifestKey(prefix: string): string {
  return `s${prefix.slice(1)}`;
}

export function filterKey(prefix: string, path: string): string {
  return `k${prefix.slice(1)}${path}`;
}

export const STALE_MANIFEST_PREFIX = "x";

export function staleManifestKey(prefix: string): string {
  return STALE_MANIFEST_PREFIX + prefix.slice(1);
}

export const FILE_LEDGER_PREFIX = "f";

export function fileLedgerKey(storageId: string, path: string): string {
  return `${FILE_LEDGER_PREFIX}${storageId}\0${path}`;
}

export function catalogKey(kind: "n" | "t" | "v" | "s" | "r", name: string): string {
  return `c${kind}${name}`;
}

export const CATALOG_PREFIX = "c";

export const JOB_PREFIX = "j";

export function jobKey(id: string): string {
  return JOB_PREFIX + id;
}

export function noteKey(name: string): string {
  return `m${name}`;
}

export function toBuffer(key: string): Buffer {
  return Buffer.from(key, "latin1");
}

export function fromBuffer(key: Buffer): string {
  return key.toString("latin1");
}
