import { constants } from "node:fs";
import { type FileHandle, open, rename, unlink } from "node:fs/promises";
import type { BoundedCalls } from "./bounded-calls.ts";
import { isMissing } from "./failures.ts";

const FILE_MODE = 0o600;
const CHUNK = 1024 * 1024;

/** Whole files, read and written in pieces, so that no single call has much to do in its limited time. */
export class Files {
  readonly #calls: BoundedCalls;

  constructor(calls: BoundedCalls) {
    this.#calls = calls;
  }

  /** Undefined when there is no such file. */
  async read(path: string): Promise<Buffer | undefined> {
    try {
      return await this.#with(path, constants.O_RDONLY, async (file) => {
        const { size } = await this.#calls.run(() => file.stat());
        const bytes = Buffer.allocUnsafe(size);
        let length = 0;
        while (length < size) {
          const { bytesRead } = await this.#calls.run(() =>
            file.read(bytes, length, Math.min(CHUNK, size - length), length),
          );
          if (bytesRead === 0) throw new Error("the file ends too early");
          length += bytesRead;
        }
        return bytes;
      });
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
  }

  /** Writes a file that is on the disk when this resolves; what was there before is lost. A file that fails is removed. */
  write(path: string, bytes: Uint8Array): Promise<void> {
    return this.#create(path, async (file) => {
      for (let at = 0; at < bytes.length; at += CHUNK) await this.#append(file, bytes.subarray(at, at + CHUNK));
    });
  }

  /** As `write`, with the content of another file. */
  copy(from: string, path: string): Promise<void> {
    return this.#create(path, (file) =>
      this.#with(from, constants.O_RDONLY, async (source) => {
        const buffer = Buffer.allocUnsafe(CHUNK);
        for (;;) {
          const { bytesRead } = await this.#calls.run(() => source.read(buffer, 0, CHUNK));
          if (bytesRead === 0) return;
          await this.#append(file, buffer.subarray(0, bytesRead));
        }
      }),
    );
  }

  async sync(path: string): Promise<void> {
    await this.#with(path, constants.O_RDWR, (file) => this.#calls.run(() => file.sync()));
  }

  rename(from: string, to: string): Promise<void> {
    return this.#calls.run(() => rename(from, to));
  }

  /** A file that is not there is no error. */
  async remove(path: string): Promise<void> {
    try {
      await this.#calls.run(() => unlink(path));
    } catch (error) {
      if (!isMissing(error)) throw error;
    }
  }

  async #create(path: string, fill: (file: FileHandle) => Promise<void>): Promise<void> {
    const { O_CREAT, O_TRUNC, O_WRONLY } = constants;
    try {
      await this.#with(path, O_CREAT | O_TRUNC | O_WRONLY, async (file) => {
        await fill(file);
        await this.#calls.run(() => file.sync());
      });
    } catch (error) {
      // What failed first says more than why its remains cannot be removed; they are no object either way.
      await this.remove(path).catch(() => undefined);
      throw error;
    }
  }

  async #append(file: FileHandle, bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length; ) {
      const { bytesWritten } = await this.#calls.run(() => file.write(bytes, at));
      at += bytesWritten;
    }
  }

  /** A symbolic link is not followed. */
  async #with<T>(path: string, flags: number, work: (file: FileHandle) => Promise<T>): Promise<T> {
    const file = await this.#calls.run(
      () => open(path, flags | constants.O_NOFOLLOW, FILE_MODE),
      (opened) => opened.close(),
    );
    try {
      return await work(file);
    } finally {
      await this.#calls.run(() => file.close());
    }
  }
}
