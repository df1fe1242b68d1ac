import type { Entry, ScanRange } from "../hot-store.ts";
import { SerialQueue } from "../serial-queue.ts";
import { Connection, type PreparedStatement } from "./connection.ts";
import { type Found, PackedStatement, unpackEntries, unpackFound } from "./packed-answer.ts";
import { packKeys, startsText } from "./packed-batch.ts";
import { GET_MANY, GET_ONE, READER_SETTINGS, SCAN_BACK, SCAN_FORWARD } from "./schema.ts";

interface ReaderStatements {
  readonly getOne: PreparedStatement;
  readonly getMany: PackedStatement<Found>;
  readonly scanForward: PackedStatement<Entry>;
  readonly scanBack: PackedStatement<Entry>;
}

/**
 * A connection that only reads. In WAL mode it sees what was committed when its statement began and never waits for the
 * writer. It takes one statement at a time: two at once would hold two threads of the pool for one mutex.
 */
export class Reader {
  readonly #connection: Connection;
  readonly #statements: ReaderStatements;
  readonly #queue = new SerialQueue();

  private constructor(connection: Connection, statements: ReaderStatements) {
    this.#connection = connection;
    this.#statements = statements;
  }

  static async open(path: string): Promise<Reader> {
    const connection = await Connection.open(path, "read-only");
    try {
      await connection.execute(READER_SETTINGS);
      return new Reader(connection, {
        getOne: await connection.prepare(GET_ONE),
        getMany: await PackedStatement.prepare(connection, GET_MANY, unpackFound),
        scanForward: await PackedStatement.prepare(connection, SCAN_FORWARD, unpackEntries),
        scanBack: await PackedStatement.prepare(connection, SCAN_BACK, unpackEntries),
      });
    } catch (error) {
      await connection.close();
      throw error;
    }
  }

  get waiting(): number {
    return this.#queue.waiting;
  }

  get(keys: readonly Buffer[]): Promise<(Buffer | undefined)[]> {
    return this.#queue.run(async () => {
      const [only] = keys;
      if (keys.length === 1 && only) {
        const rows = await this.#statements.getOne.all<{ value: Buffer }>([only]);
        return [rows[0]?.value];
      }
      const values = new Array<Buffer | undefined>(keys.length).fill(undefined);
      let base = 0;
      for (const { data, starts } of packKeys(keys)) {
        const rows = await this.#statements.getMany.all([data, startsText(starts)]);
        for (const { place, value } of rows) values[base + place] = value;
        base += starts.length;
      }
      return values;
    });
  }

  scan(range: ScanRange): Promise<Entry[]> {
    const { scanBack, scanForward } = this.#statements;
    return this.#queue.run(() => (range.reverse ? scanBack : scanForward).all([range.start, range.end, range.limit]));
  }

  async close(): Promise<void> {
    await this.#queue.idle();
    await this.#connection.close();
  }
}
