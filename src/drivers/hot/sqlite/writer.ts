import { SerialQueue } from "../serial-queue.ts";
import type { LoggedBatch, LogPosition } from "./commit-log.ts";
import type { Connection, PreparedStatement } from "./connection.ts";
import { isWriteFailure } from "./failures.ts";
import { LogSpace } from "./log-space.ts";
import { type PackedBatch, startsText } from "./packed-batch.ts";
import { joinPacked } from "./packed-view.ts";
import { CHANGE_PACKED, CREATE_CHANGES, NOTE_APPLIED, PUT_PACKED, READ_POSITION, RENEW_LOG } from "./schema.ts";

/**
 * The connection that writes. A batch is one autocommit statement: SQLite begins, applies, syncs and ends within one hop
 * to the thread pool, and undoes all of it when anything fails. Only a batch of more than 64 MB, and what comes from the
 * commit log, takes several statements within an explicit transaction.
 */
export class Writer {
  readonly #connection: Connection;
  readonly #putPacked: PreparedStatement;
  readonly #changePacked: PreparedStatement;
  readonly #noteApplied: PreparedStatement;
  readonly #queue = new SerialQueue();
  readonly #logSpace: LogSpace;

  private constructor(
    connection: Connection,
    statements: readonly [PreparedStatement, PreparedStatement, PreparedStatement],
    path: string,
  ) {
    this.#connection = connection;
    this.#logSpace = new LogSpace(connection, path);
    [this.#putPacked, this.#changePacked, this.#noteApplied] = statements;
  }

  /** @param connection open on a store that has its schema. */
  static async prepare(connection: Connection, path: string): Promise<Writer> {
    await connection.execute(CREATE_CHANGES);
    const statements = [
      await connection.prepare(PUT_PACKED),
      await connection.prepare(CHANGE_PACKED),
      await connection.prepare(NOTE_APPLIED),
    ] as const;
    return new Writer(connection, statements, path);
  }

  /** Commits the pieces of one batch. */
  commit(pieces: readonly PackedBatch[]): Promise<void> {
    const [piece] = pieces;
    const work =
      pieces.length === 1 && piece !== undefined
        ? () => this.#run(piece)
        : () =>
            this.#transaction(async () => {
              for (const each of pieces) await this.#run(each);
            });
    return this.#queue.run(() => this.#withRelief(work, 1));
  }

  /** Commits batches of the commit log together, with the place where they end. */
  apply(logged: readonly LoggedBatch[]): Promise<void> {
    const last = logged.at(-1);
    if (last === undefined) return this.#queue.idle();
    const joined = joinPacked(logged.map(({ batch }) => batch));
    const work = () =>
      this.#transaction(async () => {
        await this.#run(joined);
        await this.#noteApplied.run([last.sequence]);
      });
    return this.#queue.run(() => this.#withRelief(work, logged.length));
  }

  async logPosition(): Promise<LogPosition> {
    const [position] = await this.#connection.query<LogPosition>(READ_POSITION);
    if (position === undefined) throw new Error("the position of the commit log is missing");
    return position;
  }

  /** Gives the commit log a new generation. @returns it, when that is durable */
  renewLog(): Promise<Buffer> {
    return this.#queue.run(async () => {
      await this.#withRelief(() => this.#connection.execute(RENEW_LOG), 1);
      return (await this.logPosition()).generation;
    });
  }

  #run({ data, starts, holds }: PackedBatch): Promise<void> {
    return (holds === "puts" ? this.#putPacked : this.#changePacked).run([data, startsText(starts)]);
  }

  /**
   * A full disk is often filled by the write-ahead log itself: when a write fails, the log is written back and emptied,
   * and the batch, of which nothing was written, is tried once more.
   */
  async #withRelief(work: () => Promise<void>, batches: number): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (!isWriteFailure(error) || !(await this.#emptyLog())) throw error;
      await work();
    }
    if (this.#logSpace.committed(batches)) this.#reserveLog();
  }

  /** Behind the commits that wait already; whether it succeeds concerns nobody but the next commits' speed. */
  #reserveLog(): void {
    this.#queue.run(() => this.#logSpace.reserve()).catch(() => undefined);
  }

  async #emptyLog(): Promise<boolean> {
    try {
      const [state] = await this.#connection.query<{ busy: number }>("PRAGMA wal_checkpoint(TRUNCATE)");
      return state?.busy === 0;
    } catch {
      return false;
    }
  }

  async #transaction(work: () => Promise<void>): Promise<void> {
    await this.#connection.execute("BEGIN IMMEDIATE");
    try {
      await work();
      await this.#connection.execute("COMMIT");
    } catch (error) {
      // After a full disk SQLite has already rolled back; then there is nothing left to end and the first error counts.
      await this.#connection.execute("ROLLBACK").catch(() => undefined);
      throw error;
    }
  }

  async close(): Promise<void> {
    await this.#queue.idle();
    await this.#connection.close();
  }
}
