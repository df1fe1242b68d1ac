import { lstat, mkdir, open, realpath, rmdir } from "node:fs/promises";
import { dirname, join, sep } from "node:path";
import type { BoundedCalls } from "./bounded-calls.ts";
import { isMissing, systemCode } from "./failures.ts";

const FOLDER_MODE = 0o700;

/**
 * The folders below the base of a storage. A path is followed only where it stays below the base: a symbolic link that leads out
 * is refused.
 */
export class BaseFolder {
  /** Absolute. */
  readonly base: string;
  readonly #calls: BoundedCalls;
  /** Who writes into a folder now: it is not removed. */
  readonly #writers = new Set<{ readonly folder: string }>();
  /** While empty folders are removed, nobody begins to write. Never rejects. */
  #pruning: Promise<void> | undefined;

  constructor(base: string, calls: BoundedCalls) {
    this.base = base;
    this.#calls = calls;
  }

  /** @param path checked before; "" is the base */
  at(path: string): string {
    return path === "" ? this.base : join(this.base, path);
  }

  /** @throws Error when a folder on the way to `path` leads out of the base */
  async require(path: string): Promise<void> {
    const base = await this.#real(this.base);
    if (base === undefined) return;
    for (let folder = this.at(path); folder !== this.base; folder = dirname(folder)) {
      const real = await this.#real(folder);
      if (real === undefined) continue;
      if (!real.startsWith(base + sep)) throw new Error("a symbolic link leads out of the storage");
      return;
    }
  }

  async #real(folder: string): Promise<string | undefined> {
    try {
      return await this.#calls.run(() => realpath(folder));
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
  }

  /** Makes a folder with its parents; what was made will survive a crash of the machine. */
  async #make(folder: string): Promise<void> {
    await this.require(folder);
    await this.#makePath(this.at(folder));
  }

  /** Not `mkdir` with `recursive`: that reports a file system that may not be written as a folder that is not there. */
  async #makePath(path: string): Promise<void> {
    try {
      await this.#calls.run(() => mkdir(path, { mode: FOLDER_MODE }));
    } catch (error) {
      const code = systemCode(error);
      if (code === "EEXIST") return;
      if (code !== "ENOENT" || dirname(path) === path) throw error;
      await this.#makePath(dirname(path));
      return this.#makePath(path);
    }
    await this.#syncPath(dirname(path));
  }

  /** Runs work that puts something into a folder, which is made when it is not there and stays meanwhile. */
  async within<T>(folder: string, work: () => Promise<T>): Promise<T> {
    while (this.#pruning !== undefined) await this.#pruning;
    const writer = { folder };
    this.#writers.add(writer);
    try {
      await this.#make(folder);
      return await work();
    } finally {
      this.#writers.delete(writer);
    }
  }

  sync(folder: string): Promise<void> {
    return this.#syncPath(this.at(folder));
  }

  async #syncPath(path: string): Promise<void> {
    const handle = await this.#calls.run(
      () => open(path, "r"),
      (opened) => opened.close(),
    );
    try {
      await this.#calls.run(() => handle.sync());
    } finally {
      await this.#calls.run(() => handle.close());
    }
  }

  /** Removes folders and those above them, as far as they are empty, and makes durable what is gone. */
  async prune(folders: Iterable<string>): Promise<void> {
    while (this.#pruning !== undefined) await this.#pruning;
    const pruning = this.#pruneAll(folders);
    this.#pruning = pruning
      .catch(() => undefined)
      .finally(() => {
        this.#pruning = undefined;
      });
    await pruning;
  }

  async #pruneAll(folders: Iterable<string>): Promise<void> {
    for (const folder of folders) {
      let left = folder;
      while (left !== "" && !this.#isWrittenTo(left) && (await this.#removeIfEmpty(left))) left = parentOf(left);
      if (await this.#isThere(left)) await this.sync(left);
    }
  }

  #isWrittenTo(folder: string): boolean {
    return [...this.#writers].some((writer) => writer.folder === folder || writer.folder.startsWith(`${folder}/`));
  }

  async #removeIfEmpty(folder: string): Promise<boolean> {
    try {
      await this.#calls.run(() => rmdir(this.at(folder)));
      return true;
    } catch (error) {
      if (isMissing(error)) return true;
      const code = systemCode(error);
      if (code === "ENOTEMPTY" || code === "EEXIST" || code === "EBUSY") return false;
      throw error;
    }
  }

  async #isThere(folder: string): Promise<boolean> {
    try {
      return (await this.#calls.run(() => lstat(this.at(folder)))).isDirectory();
    } catch (error) {
      if (isMissing(error)) return false;
      throw error;
    }
  }
}

/** The folder that a path is in; "" is the base. */
export function parentOf(path: string): string {
  const end = path.lastIndexOf("/");
  return end < 0 ? "" : path.slice(0, end);
}
