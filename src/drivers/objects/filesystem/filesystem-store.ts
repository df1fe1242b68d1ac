import type { Dir, Dirent } from "node:fs";
import { lstat, opendir, realpath, rmdir } from "node:fs/promises";
import { resolve } from "node:path";
import { KeyedQueue } from "../../../runtime/keyed-queue.ts";
import type { Runtime } from "../../../runtime/runtime.ts";
import {
  checkFolder,
  checkObjectPath,
  isPart,
  type ObjectStore,
  type StorageHealth,
  type StoredObject,
  UNFINISHED,
} from "../object-store.ts";
import { BaseFolder, parentOf } from "./base-folder.ts";
import { BoundedCalls } from "./bounded-calls.ts";
import { explainFailure, isMissing, systemCode } from "./failures.ts";
import { Files } from "./files.ts";
import { checkHealth } from "./health.ts";

export interface FilesystemStoreOptions {
  /** What messages call the storage. */
  readonly name: string;
  /** Made with the first object that is put in. */
  readonly base: string;
  /** How long one call of the file system may take. */
  readonly timeoutMillis: number;
  readonly runtime: Pick<Runtime, "clock" | "random" | "timers" | "milestones">;
}

/** Two of the four threads of the process's pool: the others are there for commits, also when this storage hangs. */
const CALLS_AT_ONCE = 2;

/**
 * Makes the base folder of a store.
 *
 * @returns its absolute path, without symbolic links
 * @throws KalamError `storage_full`, `storage_unavailable`
 */
export async function makeBase(options: FilesystemStoreOptions): Promise<string> {
  const { name, base, timeoutMillis, runtime } = options;
  const calls = new BoundedCalls({ timeoutMillis, atOnce: CALLS_AT_ONCE, timers: runtime.timers });
  try {
    const path = resolve(base);
    await new BaseFolder(path, calls).within("", async () => undefined);
    return await calls.run(() => realpath(path));
  } catch (error) {
    throw explainFailure(error, name, "make its folder");
  }
}

/**
 * Objects as files below a base folder. A new object is written beside its place (`x` as `x.tmp`), brought to the disk, and
 * renamed.
 */
export class FilesystemStore implements ObjectStore {
  readonly kind = "filesystem";
  readonly #options: FilesystemStoreOptions;
  readonly #calls: BoundedCalls;
  readonly #folders: BaseFolder;
  readonly #files: Files;
  /** Writers of one object, one after another: they would write the same unfinished file. */
  readonly #writers = new KeyedQueue();

  constructor(options: FilesystemStoreOptions) {
    const { timeoutMillis, runtime } = options;
    this.#options = options;
    this.#calls = new BoundedCalls({ timeoutMillis, atOnce: CALLS_AT_ONCE, timers: runtime.timers });
    this.#folders = new BaseFolder(resolve(options.base), this.#calls);
    this.#files = new Files(this.#calls);
  }

  put(path: string, bytes: Uint8Array): Promise<void> {
    return this.#write(path, (unfinished, place) =>
      this.#folders.within(parentOf(path), async () => {
        await this.#files.write(unfinished, bytes);
        await this.#reach("storage.unfinished");
        await this.#files.rename(unfinished, place);
      }),
    );
  }

  take(localFile: string, path: string): Promise<void> {
    return this.#write(path, async (unfinished, place) => {
      await this.#files.sync(localFile);
      await this.#folders.within(parentOf(path), async () => {
        try {
          await this.#files.rename(localFile, place);
        } catch (error) {
          if (systemCode(error) !== "EXDEV") throw error;
          await this.#files.copy(localFile, unfinished);
          await this.#reach("storage.copied");
          await this.#files.rename(unfinished, place);
        }
      });
      await this.#files.remove(localFile);
    });
  }

  #write(path: string, work: (unfinished: string, place: string) => Promise<void>): Promise<void> {
    return this.#attempt(`write ${path}`, async () => {
      checkObjectPath(path);
      await this.#writers.run(path, async () => {
        const place = this.#folders.at(path);
        await work(place + UNFINISHED, place);
        await this.#reach("storage.renamed");
        await this.#folders.sync(parentOf(path));
      });
    });
  }

  get(path: string): Promise<Buffer | undefined> {
    return this.#attempt(`read ${path}`, async () => {
      checkObjectPath(path);
      await this.#folders.require(parentOf(path));
      return this.#files.read(this.#folders.at(path));
    });
  }

  localFile(path: string): string {
    checkObjectPath(path);
    return this.#folders.at(path);
  }

  async *list(folder: string): AsyncIterable<StoredObject> {
    const waiting = [folder];
    try {
      checkFolder(folder);
      await this.#folders.require(folder);
      for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
        for await (const entry of this.#entries(next)) {
          if (!isPart(entry.name)) continue;
          const path = next === "" ? entry.name : `${next}/${entry.name}`;
          if (entry.isDirectory()) waiting.push(path);
          else if (entry.isFile() && !path.endsWith(UNFINISHED)) {
            const object = await this.#describe(path);
            if (object !== undefined) yield object;
          }
        }
      }
    } catch (error) {
      throw explainFailure(error, this.#options.name, `list ${folder === "" ? "it" : folder}`);
    }
  }

  async #describe(path: string): Promise<StoredObject | undefined> {
    try {
      const { size, mtimeMs } = await this.#calls.run(() => lstat(this.#folders.at(path)));
      return { path, sizeBytes: size, modifiedAt: mtimeMs };
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
  }

  /** What stands directly in a folder; nothing when it is not there. Symbolic links are not followed. */
  async *#entries(folder: string): AsyncIterable<Dirent> {
    const directory = await this.#open(folder);
    if (directory === undefined) return;
    try {
      for (;;) {
        const entry = await this.#calls.run(() => directory.read());
        if (entry === null) return;
        yield entry;
      }
    } finally {
      await this.#calls.run(() => directory.close());
    }
  }

  async #open(folder: string): Promise<Dir | undefined> {
    try {
      return await this.#calls.run(
        () => opendir(this.#folders.at(folder), { bufferSize: 256 }),
        (opened) => opened.close(),
      );
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
  }

  delete(paths: readonly string[]): Promise<void> {
    return this.#attempt(`delete ${paths[0] ?? ""}`, async () => {
      for (const path of paths) checkObjectPath(path);
      const folders = new Set(paths.map(parentOf));
      for (const folder of folders) await this.#folders.require(folder);
      for (const path of paths) {
        await this.#writers.run(path, async () => {
          await this.#files.remove(this.#folders.at(path));
          await this.#files.remove(this.#folders.at(path) + UNFINISHED);
        });
      }
      await this.#folders.prune(folders);
    });
  }

  createFolder(folder: string): Promise<void> {
    return this.#attempt(`make ${folder}`, () => {
      checkFolder(folder);
      return this.#folders.within(folder, async () => undefined);
    });
  }

  clear(folder: string, signal?: AbortSignal): Promise<void> {
    return this.#attempt(`delete ${folder}`, async () => {
      checkFolder(folder);
      await this.#folders.require(folder);
      await this.#empty(folder, signal);
      await this.#folders.prune([folder]);
    });
  }

  async #empty(folder: string, signal: AbortSignal | undefined): Promise<void> {
    for await (const entry of this.#entries(folder)) {
      signal?.throwIfAborted();
      const path = folder === "" ? entry.name : `${folder}/${entry.name}`;
      if (!entry.isDirectory()) {
        await this.#files.remove(this.#folders.at(path));
        await this.#reach("storage.clearing");
        continue;
      }
      await this.#empty(path, signal);
      await this.#calls.run(() => rmdir(this.#folders.at(path)));
    }
  }

  check(extended: boolean): Promise<StorageHealth> {
    return checkHealth(this, this.#folders.base, this.#calls, this.#options.runtime, extended);
  }

  async #reach(name: string): Promise<void> {
    await this.#options.runtime.milestones.reach(name);
  }

  async #attempt<T>(action: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw explainFailure(error, this.#options.name, action);
    }
  }
}
