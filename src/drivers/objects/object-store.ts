import { KalamError } from "../../errors/index.ts";

/**
 * Where files are kept that are written once and read often: cold segments, exports. A driver is a file system, or a service
 * that keeps objects.
 *
 * Paths are relative, with parts joined by "/", each of letters, digits and `. _ ~ % @ = + -`, never "." or "..". The last part
 * does not end in ".tmp": such files are what a crash left of an object that was being written.
 */
export interface ObjectStore {
  readonly kind: "filesystem";

  /**
   * Writes a whole object: whoever reads meanwhile sees the former or the new one. Durable when it resolves.
   *
   * @throws KalamError `storage_full`, `storage_unavailable`: the former object is still there
   */
  put(path: string, bytes: Uint8Array): Promise<void>;

  /** As `put`, of a complete local file, which is gone afterwards: moved where that is possible, else copied. */
  take(localFile: string, path: string): Promise<void>;

  /** The object's bytes; undefined when it is not there. */
  get(path: string): Promise<Buffer | undefined>;

  /** The absolute name of a local file with the object's content, for whoever reads files itself. */
  localFile(path: string): string;

  /** All objects below a folder ("" is the base), in no particular order. What is added or deleted meanwhile may be in it or not. */
  list(folder: string): AsyncIterable<StoredObject>;

  /** Deletes objects and what a crash left of them; those that are not there are no error. Folders that become empty go too. */
  delete(paths: readonly string[]): Promise<void>;

  /** Makes a folder, where the driver has such a thing. */
  createFolder(folder: string): Promise<void>;

  /** Deletes everything below a folder, and the folder. Stops in the middle when `signal` is aborted; may be called again. */
  clear(folder: string, signal?: AbortSignal): Promise<void>;

  /** Tries everything once. Never rejects: what does not work is what it reports. `extended` asks for sizes too. */
  check(extended: boolean): Promise<StorageHealth>;
}

export interface StoredObject {
  readonly path: string;
  readonly sizeBytes: number;
  /** Milliseconds since 1970. */
  readonly modifiedAt: number;
}

export interface StorageHealth {
  /** `degraded`: it can be reached, but not everything works. */
  readonly status: "healthy" | "degraded" | "unreachable";
  readonly readable: boolean;
  readonly writable: boolean;
  readonly listable: boolean;
  readonly deletable: boolean;
  readonly latencyMillis: number;
  /** Of the volume; null when they were not asked for or cannot be told. */
  readonly totalBytes: number | null;
  readonly usedBytes: number | null;
  /** The first thing that did not work. */
  readonly error: string | null;
}

/** What the name of an unfinished object ends in. */
export const UNFINISHED = ".tmp";

const PART = /^[A-Za-z0-9._~%@=+-]+$/;
const MAX_PART = 255;

/** @throws KalamError `internal`: whoever makes paths of user text must have encoded it */
export function checkObjectPath(path: string): void {
  if (!isFolder(path) || path.endsWith(UNFINISHED)) throw new KalamError("internal", { reason: refusal(path) });
}

/** @param folder "" means the base itself. @throws KalamError `internal` */
export function checkFolder(folder: string): void {
  if (folder !== "" && !isFolder(folder)) throw new KalamError("internal", { reason: refusal(folder) });
}

function isFolder(path: string): boolean {
  return path.split("/").every(isPart);
}

/** Whether a name can be a part of a path. */
export function isPart(name: string): boolean {
  return PART.test(name) && name.length <= MAX_PART && name !== "." && name !== "..";
}

function refusal(path: string): string {
  return `${JSON.stringify(path.slice(0, 200))} is not a path in a storage`;
}
