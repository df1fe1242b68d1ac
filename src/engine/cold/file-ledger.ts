import type { HotStore } from "../../drivers/hot/hot-store.ts";
import { KalamError } from "../../errors/index.ts";
import { KeyedQueue } from "../../runtime/keyed-queue.ts";
import type { Milestones } from "../../runtime/milestones.ts";
import type { CommitPipeline } from "../rows/commit-pipeline.ts";
import { keySuccessor } from "../rows/key-codec.ts";
import { FILE_LEDGER_PREFIX, fileLedgerKey, fromBuffer, toBuffer } from "../rows/store-keys.ts";
import type { WriteBatch } from "../rows/write-batch.ts";
import type { Storages } from "../storages/storages.ts";
import type { SegmentFiles } from "./segment-files.ts";

const EMPTY = Buffer.alloc(0);
const CHUNK = 500;

interface Listed {
  readonly key: string;
  readonly storageId: string;
  readonly path: string;
}

/**
 * Files that no manifest lists: those that are being written, and those that have been replaced. An entry is made before the
 * file is, and goes in the same batch that puts the file into a manifest; so whatever the crash, the next start knows what has
 * to be deleted without looking through the storage.
 *
 *     entry ── file written ── manifest + entry gone        a flush
 *     manifest without the file + entry ── file deleted ── entry gone        a compaction
 *
 * A file is deleted only when the store says at that moment that it is listed here: what was listed a while ago may have been put
 * into a manifest since, and whether a commit was done of which nobody heard, only the store knows.
 */
export class FileLedger {
  readonly #store: HotStore;
  readonly #pipeline: CommitPipeline;
  readonly #storages: Storages;
  readonly #files: SegmentFiles;
  readonly #milestones: Milestones;
  /** Announced by this run of the server, and neither adopted nor abandoned yet. */
  readonly #writing = new Set<string>();
  /** Nobody begins to write a file that is being deleted. */
  readonly #turns = new KeyedQueue();

  constructor(
    store: HotStore,
    pipeline: CommitPipeline,
    storages: Storages,
    files: SegmentFiles,
    milestones: Milestones,
  ) {
    this.#store = store;
    this.#pipeline = pipeline;
    this.#storages = storages;
    this.#files = files;
    this.#milestones = milestones;
  }

  /**
   * Notes a file before it is written.
   * @param check runs when nothing else can be committed; throws when the file is not to be written after all
   */
  async announce(storageId: string, path: string, check: () => void): Promise<void> {
    const key = fileLedgerKey(storageId, path);
    await this.#turns.run(key, async () => {
      this.#writing.add(key);
    });
    try {
      await this.#change((batch) => {
        check();
        // A storage that is named here is not dropped.
        this.#storages.store(storageId);
        this.replaced(batch, storageId, path);
      });
    } catch (error) {
      this.#writing.delete(key);
      throw error;
    }
  }

  /** Whether a file is listed here, so that it is in no manifest. */
  async has(storageId: string, path: string): Promise<boolean> {
    const [entry] = await this.#store.get([toBuffer(fileLedgerKey(storageId, path))]);
    return entry !== undefined;
  }

  /** The file is in a manifest from this batch on. */
  adopt(batch: WriteBatch, storageId: string, path: string): void {
    const key = fileLedgerKey(storageId, path);
    batch.deleteRaw(key);
    batch.onApplied(() => this.#writing.delete(key));
  }

  /** The file is in no manifest any more. */
  replaced(batch: WriteBatch, storageId: string, path: string): void {
    batch.putRaw(fileLedgerKey(storageId, path), EMPTY);
  }

  /** Deletes files that were announced and are not wanted after all. */
  async abandon(storageId: string, paths: readonly string[]): Promise<void> {
    for (const path of paths) {
      const key = fileLedgerKey(storageId, path);
      this.#writing.delete(key);
      await this.#delete({ key, storageId, path });
    }
  }

  /** As `abandon`, for work that has failed already: what cannot be deleted now stays listed for the next sweep. */
  async abandonLater(storageId: string, paths: readonly string[]): Promise<void> {
    try {
      await this.abandon(storageId, paths);
    } catch (error) {
      if (!(error instanceof KalamError)) throw error;
    } finally {
      for (const path of paths) this.#writing.delete(fileLedgerKey(storageId, path));
    }
  }

  /**
   * Deletes what is listed, except what somebody still reads and what is being written.
   * @returns what could not be deleted, and why
   */
  async sweep(): Promise<readonly { path: string; error: unknown }[]> {
    const failed: { path: string; error: unknown }[] = [];
    for await (const chunk of this.#listed()) {
      for (const listed of chunk) {
        try {
          if (this.#files.isHeld(this.#storages.store(listed.storageId).localFile(listed.path))) continue;
          await this.#delete(listed);
        } catch (error) {
          failed.push({ path: listed.path, error });
        }
      }
    }
    return failed;
  }

  /** Whether files in the storage are listed. */
  async names(storageId: string): Promise<boolean> {
    const prefix = fileLedgerKey(storageId, "");
    const end = toBuffer(keySuccessor(prefix) as string);
    return (await this.#store.scan({ start: toBuffer(prefix), end, limit: 1 })).length > 0;
  }

  async #delete({ key, storageId, path }: Listed): Promise<void> {
    await this.#turns.run(key, async () => {
      if (this.#writing.has(key)) return;
      const [entry] = await this.#store.get([toBuffer(key)]);
      if (entry === undefined) return;
      await this.#storages.store(storageId).delete([path]);
      await this.#milestones.reach("sweep.deleted");
      await this.#change((batch) => batch.deleteRaw(key));
    });
  }

  async #change(work: (batch: WriteBatch) => void): Promise<void> {
    await this.#pipeline.submit({ reads: [], exclusive: true, prepare: work });
  }

  async *#listed(): AsyncGenerator<readonly Listed[], void, undefined> {
    const end = toBuffer(keySuccessor(FILE_LEDGER_PREFIX) as string);
    let start = toBuffer(FILE_LEDGER_PREFIX);
    for (;;) {
      const entries = await this.#store.scan({ start, end, limit: CHUNK });
      yield entries.map(({ key }) => {
        const text = fromBuffer(key);
        const middle = text.indexOf("\0");
        return {
          key: text,
          storageId: text.slice(FILE_LEDGER_PREFIX.length, middle),
          path: Buffer.from(text.slice(middle + 1), "latin1").toString("utf8"),
        };
      });
      const last = entries.at(-1);
      if (last === undefined || entries.length < CHUNK) return;
      start = Buffer.concat([last.key, Buffer.from([0])]);
    }
  }
}
