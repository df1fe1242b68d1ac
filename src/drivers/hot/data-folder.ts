import { mkdir, open, readFile, rename } from "node:fs/promises";
import { join, resolve } from "node:path";
import { KalamError, toKalamError } from "../../errors/index.ts";
import { FolderLock } from "./folder-lock.ts";

/** Layout of the data folder that this code writes. */
const FORMAT_VERSION = 1;

/** Names of what the parts of a server keep in the data folder. */
const OWN_PARTS = /^(storage|tmp|logs|exports|backups|snapshots|streams)$|^(format|hot|lock|jwt)/;

/** Whether a name in the data folder is not free for others. */
export function isOwnPart(name: string): boolean {
  return OWN_PARTS.test(name.toLowerCase());
}

/**
 * A data folder that this process alone uses, from `open` until `close`.
 *
 *     lock-7       which process uses the folder
 *     format       "kalamdb 1": the layout's version
 *     hot.sqlite…  the hot store, as its driver keeps it
 *
 * @example
 * const folder = await DataFolder.open("./data");
 * const store = await openHotStore({ driver: "sqlite", dataDir: folder.path });
 * …
 * await store.close();
 * await folder.close();
 */
export class DataFolder {
  /** Absolute. */
  readonly path: string;
  readonly #lock: FolderLock;

  private constructor(path: string, lock: FolderLock) {
    this.path = path;
    this.#lock = lock;
  }

  /**
   * Makes the folder (mode 0700) when it is not there, and takes it.
   *
   * @throws KalamError `data_locked` another process uses it; `data_corrupt` a newer KalamDB wrote it, or what is there is
   * no data folder; `config_invalid` it cannot be made or written.
   */
  static async open(path: string): Promise<DataFolder> {
    const folder = resolve(path);
    try {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      await checkFormat(folder);
      const lock = await FolderLock.take(folder);
      try {
        if ((await checkFormat(folder)) === undefined) await writeFormat(folder);
      } catch (error) {
        await lock.release();
        throw error;
      }
      return new DataFolder(folder, lock);
    } catch (error) {
      throw explain(error, folder);
    }
  }

  /** Lets others have the folder. Idempotent. */
  close(): Promise<void> {
    return this.#lock.release();
  }
}

async function checkFormat(folder: string): Promise<number | undefined> {
  const text = await readFile(join(folder, "format"), "utf8").catch((error: unknown) => {
    if (systemCode(error) === "ENOENT") return undefined;
    throw error;
  });
  if (text === undefined) return undefined;
  const version = Number(/^kalamdb (\d+)\n?$/.exec(text)?.[1]);
  if (Number.isNaN(version)) {
    throw new KalamError("data_corrupt", { path: folder, reason: "its file 'format' is not one of KalamDB" });
  }
  if (version > FORMAT_VERSION) {
    const reason = `a newer KalamDB wrote it (format ${version}; this one knows up to ${FORMAT_VERSION})`;
    throw new KalamError("data_corrupt", { path: folder, reason }, { hint: "Start the newer KalamDB." });
  }
  return version;
}

async function writeFormat(folder: string): Promise<void> {
  const path = join(folder, "format");
  const file = await open(`${path}.new`, "w", 0o600);
  try {
    await file.writeFile(`kalamdb ${FORMAT_VERSION}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(`${path}.new`, path);
}

function explain(error: unknown, folder: string): KalamError {
  const code = systemCode(error);
  if (code === undefined) return toKalamError(error);
  if (code === "ENOSPC" || code === "EDQUOT")
    return new KalamError("storage_full", { what: "The data folder" }, { cause: error });
  const reason = `the data folder ${folder} cannot be used (${code})`;
  return new KalamError("config_invalid", { reason }, { cause: error });
}

function systemCode(error: unknown): string | undefined {
  if (error instanceof KalamError) return undefined;
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
}
