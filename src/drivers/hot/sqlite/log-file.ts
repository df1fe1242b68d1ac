import { fdatasyncSync, writeSync } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { dirname } from "node:path";

/** Written at once while the file gets its length. */
const PIECE_BYTES = 256 * 1024;

/**
 * A file of fixed length whose bytes were all written once, so that bringing a record to the disk is the record alone and no
 * change of the file's length or blocks.
 */
export class LogFile {
  readonly #handle: FileHandle;
  readonly #bytes: number;

  private constructor(handle: FileHandle, bytes: number) {
    this.#handle = handle;
    this.#bytes = bytes;
  }

  static async open(path: string, bytes: number): Promise<LogFile> {
    const handle = await open(path, "a+", 0o600).then(async (made) => {
      await made.close();
      return open(path, "r+");
    });
    try {
      const { size } = await handle.stat();
      if (size < bytes) {
        const zeros = Buffer.alloc(PIECE_BYTES);
        for (let at = size; at < bytes; at += PIECE_BYTES) {
          await handle.write(zeros, 0, Math.min(PIECE_BYTES, bytes - at), at);
        }
        await handle.sync();
        await syncFolder(dirname(path));
      }
      return new LogFile(handle, bytes);
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  async read(): Promise<Buffer> {
    const bytes = Buffer.alloc(this.#bytes);
    let at = 0;
    while (at < bytes.length) {
      const { bytesRead } = await this.#handle.read(bytes, at, bytes.length - at, at);
      if (bytesRead === 0) break;
      at += bytesRead;
    }
    return bytes;
  }

  /** Durable when it returns; the thread waits for the disk. */
  writeAndWait(bytes: Buffer, position: number): void {
    this.#write(bytes, position);
    fdatasyncSync(this.#handle.fd);
  }

  /** Durable when it resolves. The bytes go to the system's cache at once, only the disk is waited for elsewhere. */
  async write(bytes: Buffer, position: number): Promise<void> {
    this.#write(bytes, position);
    await this.#handle.datasync();
  }

  #write(bytes: Buffer, position: number): void {
    let written = 0;
    while (written < bytes.length) {
      written += writeSync(this.#handle.fd, bytes, written, bytes.length - written, position + written);
    }
  }

  close(): Promise<void> {
    return this.#handle.close();
  }
}

/** Makes a new file's name durable. Windows has no such call and does so by itself. */
async function syncFolder(path: string): Promise<void> {
  if (process.platform === "win32") return;
  const folder = await open(path, "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
