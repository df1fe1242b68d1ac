import type { WriteBatch } from "../hot-store.ts";
import { SerialQueue } from "../serial-queue.ts";
import type { Connection, PreparedStatement } from "./connection.ts";
import { isWriteFailure } from "./failures.ts";
import { LogSpace } from "./log-space.ts";
import { type PackedEntries, packBatch, packPuts } from "./packed-batch.ts";
import { CHANGE_PACKED, CREATE_CHANGES, PUT_ONE, PUT_PACKED } from "./schema.ts";

/**
 * The connection that writes. A batch is one autocommit statement: SQLite begins, applies, syncs and ends within one hop
 * to the thread pool, and undoes all of it when anything fails. Only a batch of more than 64 MB takes several statements
 * within an explicit transaction.
 */
export class Writer {
  readonly #connection: Connection;
  readonly #putOne: PreparedStatement;
  readonly #putPacked: PreparedStatement;
  readonly #changePacked: PreparedStatement;
  readonly #queue = new SerialQueue();
  readonly #logSpace: LogSpace;

  private constructor(
    connection: Connection,
    statements: readonly [PreparedStatement, PreparedStatement, PreparedStatement],
    path: string,
  ) {
    this.#connection = connection;
    this.#logSpace = new LogSpace(connection, path);
    [this.#putOne, this.#putPacked, this.#changePacked] = statements;
  }

  /** @param connection open on a store that has its schema. */
  static async prepare(connection: Connection, path: string): Promise<Writer> {
    await connection.execute(CREATE_CHANGES);
    const statements = [
      await connection.prepare(PUT_ONE),
      await connection.prepare(PUT_PACKED),
      await connection.prepare(CHANGE_PACKED),
    ] as const;
    return new Writer(connection, statements, path);
  }

  commit(batch: WriteBatch): Promise<void> {
    const changes = countOf(batch.conditions) + countOf(batch.deleteRanges) + countOf(batch.deletes);
    const [first] = batch.puts;
    if (changes === 0 && first === undefined) return this.#queue.idle();
    if (changes === 0 && first !== undefined && batch.puts.length === 1) {
      return this.#queue.run(() => this.#withRelief(() => this.#putOne.run([first.key, first.value])));
    }
    const statement = changes === 0 ? this.#putPacked : this.#changePacked;
    const pieces = changes === 0 ? packPuts(batch.puts) : packBatch(batch);
    return this.#queue.run(() => this.#withRelief(() => this.#runPieces(statement, pieces)));
  }

  async #runPieces(statement: PreparedStatement, pieces: readonly PackedEntries[]): Promise<void> {
    const [piece] = pieces;
    if (pieces.length === 1 && piece) return statement.run([piece.data, piece.starts]);
    await this.#transaction(async () => {
      for (const { data, starts } of pieces) await statement.run([data, starts]);
    });
  }

  /**
   * A full disk is often filled by the write-ahead log itself: when a write fails, the log is written back and emptied,
   * and the batch, of which nothing was written, is tried once more.
   */
  async #withRelief(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (!isWriteFailure(error) || !(await this.#emptyLog())) throw error;
      await work();
    }
    if (this.#logSpace.committed()) this.#reserveLog();
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

function countOf(items: readonly unknown[] | undefined): number {
  return items?.length ?? 0;
}
