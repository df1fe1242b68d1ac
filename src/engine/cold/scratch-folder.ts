import { mkdir, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemRandom } from "../../runtime/random.ts";

const PREFIX = "segment-";
const SPILL = "spill";

/**
 * Where files are written before a storage takes them. What a crash leaves here is removed by the next start.
 */
export class ScratchFolder {
  readonly directory: string;
  readonly #keep: boolean;
  #next = 0;

  /** @param dataDir undefined for a database that leaves nothing behind: then it is a folder of the system, removed at the end */
  constructor(dataDir: string | undefined) {
    this.#keep = dataDir !== undefined;
    // By real chance, also where the runtime's is seeded: two databases must not meet here.
    const name = `kalamdb-tmp-${Buffer.from(systemRandom.bytes(16)).toString("hex")}`;
    this.directory = dataDir === undefined ? join(tmpdir(), name) : join(dataDir, "tmp");
  }

  /** Where DuckDB puts what does not fit into its memory while segments are written. */
  get spill(): string {
    return join(this.directory, SPILL);
  }

  /** The name of a file that does not exist; its folder does. */
  async file(): Promise<string> {
    await mkdir(this.directory, { recursive: true, mode: 0o700 });
    return join(this.directory, `${PREFIX}${++this.#next}.parquet`);
  }

  /** Runs work with such a file. What the work leaves there is removed. */
  async use<T>(work: (file: string) => Promise<T>): Promise<T> {
    const file = await this.file();
    try {
      return await work(file);
    } finally {
      await rm(file, { force: true });
    }
  }

  /** Removes what an earlier run left. */
  async clear(): Promise<void> {
    const names = await readdir(this.directory).catch((error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") return [];
      throw error;
    });
    for (const name of names) {
      if (name.startsWith(PREFIX) || name === SPILL)
        await rm(join(this.directory, name), { recursive: true, force: true });
    }
  }

  async close(): Promise<void> {
    if (!this.#keep) await rm(this.directory, { recursive: true, force: true });
  }
}
