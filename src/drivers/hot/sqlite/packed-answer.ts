import type { Entry } from "../hot-store.ts";
import type { Connection, PreparedStatement } from "./connection.ts";
import { hasCode } from "./failures.ts";

type Bindable = Buffer | string | number;

/** The bytes of all rows, one after another, and two numbers a row. Both are null when there are no rows. */
interface PackedAnswer {
  readonly data: Buffer | null;
  readonly numbers: string | null;
}

/**
 * A statement that gives many rows as one value. Rows made one by one cost the JavaScript thread several microseconds each;
 * joined by SQLite in the thread pool, they cost it a slice. Only an answer beyond SQLite's limit of one value (10⁹ bytes)
 * is fetched as rows.
 */
export class PackedStatement<Row> {
  readonly #packed: PreparedStatement;
  readonly #rows: PreparedStatement;
  readonly #unpack: (data: Buffer, numbers: readonly number[]) => Row[];

  private constructor(
    packed: PreparedStatement,
    rows: PreparedStatement,
    unpack: (data: Buffer, numbers: readonly number[]) => Row[],
  ) {
    this.#packed = packed;
    this.#rows = rows;
    this.#unpack = unpack;
  }

  static async prepare<Row>(
    connection: Connection,
    sql: { readonly packed: string; readonly rows: string },
    unpack: (data: Buffer, numbers: readonly number[]) => Row[],
  ): Promise<PackedStatement<Row>> {
    return new PackedStatement(await connection.prepare(sql.packed), await connection.prepare(sql.rows), unpack);
  }

  async all(values: readonly Bindable[]): Promise<Row[]> {
    try {
      const [answer] = await this.#packed.all<PackedAnswer>(values);
      if (!answer?.numbers) return [];
      const numbers: number[] = JSON.parse(`[${answer.numbers}]`);
      return this.#unpack(answer.data ?? Buffer.alloc(0), numbers);
    } catch (error) {
      if (!hasCode(error, "SQLITE_TOOBIG")) throw error;
      return this.#rows.all<Row>(values);
    }
  }
}

/** Numbers: the length of the key, the length of the value. */
export function unpackEntries(data: Buffer, numbers: readonly number[]): Entry[] {
  const entries = new Array<Entry>(numbers.length / 2);
  let at = 0;
  for (let i = 0; i < entries.length; i++) {
    const middle = at + (numbers[2 * i] ?? 0);
    const end = middle + (numbers[2 * i + 1] ?? 0);
    entries[i] = { key: data.subarray(at, middle), value: data.subarray(middle, end) };
    at = end;
  }
  return entries;
}

export interface Found {
  /** Place of the key among those asked for. */
  readonly place: number;
  readonly value: Buffer;
}

/** Numbers: the place, the length of the value. */
export function unpackFound(data: Buffer, numbers: readonly number[]): Found[] {
  const found = new Array<Found>(numbers.length / 2);
  let at = 0;
  for (let i = 0; i < found.length; i++) {
    const end = at + (numbers[2 * i + 1] ?? 0);
    found[i] = { place: numbers[2 * i] ?? 0, value: data.subarray(at, end) };
    at = end;
  }
  return found;
}
