import type { WriteBatch } from "../hot-store.ts";
import { SerialQueue } from "../serial-queue.ts";
import type { Applier } from "./applier.ts";
import type { CommitLog } from "./commit-log.ts";
import { type PackedBatch, packBatch } from "./packed-batch.ts";
import type { Writer } from "./writer.ts";

/**
 * The order of commits, and the way that each of them takes:
 *
 *     small, no conditions    ─▶ commit log, durable ─▶ answered          later ─▶ SQLite, with others
 *     large, or conditional   ─▶ what is in the log ─▶ SQLite ─▶ itself ─▶ SQLite, durable ─▶ answered
 *
 * A record whose write or sync failed may or may not be on the disk. Its commit is refused, so before that the log gets a new
 * generation, by a commit of SQLite, which makes all records in it worthless. While that fails too, nothing is committed.
 */
export class Committer {
  readonly #writer: Writer;
  readonly #log: CommitLog;
  readonly #applier: Applier;
  readonly #queue = new SerialQueue();
  /** There may be a record in the log whose commit was refused. */
  #suspect = false;

  constructor(writer: Writer, log: CommitLog, applier: Applier) {
    this.#writer = writer;
    this.#log = log;
    this.#applier = applier;
  }

  commit(batch: WriteBatch): Promise<void> {
    const pieces = packBatch(batch);
    const [only] = pieces;
    if (only === undefined) return this.#queue.idle();
    if (pieces.length > 1 || !this.#log.takes(only)) return this.#queue.run(() => this.#direct(pieces));
    if (this.#queue.waiting > 0 || !this.#ready(only)) return this.#queue.run(() => this.#append(only));
    try {
      if (!this.#log.appendNow(only)) return this.#queue.run(() => this.#append(only));
      this.#applier.logged();
      return DONE;
    } catch (error) {
      return this.#queue.run(() => this.#refuse(error));
    }
  }

  /** Resolves when every commit that was begun has ended. */
  idle(): Promise<void> {
    return this.#queue.idle();
  }

  #ready(batch: PackedBatch): boolean {
    return !this.#suspect && !this.#applier.failed && this.#log.hasRoom(batch);
  }

  async #append(batch: PackedBatch): Promise<void> {
    if (this.#suspect) await this.#renew();
    if (this.#applier.failed) await this.#applier.settle();
    if (!this.#log.hasRoom(batch)) await this.#applier.turn();
    try {
      await this.#log.append(batch);
    } catch (error) {
      await this.#refuse(error);
    }
    this.#applier.logged();
  }

  async #direct(pieces: readonly PackedBatch[]): Promise<void> {
    if (this.#suspect) await this.#renew();
    await this.#applier.settle();
    await this.#writer.commit(pieces);
  }

  async #refuse(error: unknown): Promise<never> {
    this.#suspect = true;
    // The first error is the one to tell; a failure here is told to the next commit, which begins with another attempt.
    await this.#renew().catch(() => undefined);
    throw error;
  }

  async #renew(): Promise<void> {
    await this.#applier.settle();
    this.#log.restart(await this.#writer.renewLog());
    this.#suspect = false;
  }
}

const DONE = Promise.resolve();
