import type { IndexRead } from "../../query/relation.ts";
import type { Row } from "../../types/column-type.ts";

/** More rows than this are not read by way of an index: then reading all of them in order costs no more. */
const MAX_ROWS = 10_000;

/**
 * Takes what the entries of an index lead to, in the order of the index or backwards, and gives the rows in the order that was
 * asked for.
 */
export class IndexRows {
  readonly #read: IndexRead;
  readonly #maximum: number;
  #rows: Row[] = [];
  /** For the order of the keys. */
  #keys: string[] = [];
  /** Rows of equal values, read backwards: their keys shall ascend all the same. */
  #group: Row[] = [];
  #groupValues = "";
  #seen = 0;

  /** @param maximum rows beyond which the index is given up */
  constructor(read: IndexRead, maximum = MAX_ROWS) {
    this.#read = read;
    this.#maximum = Math.min(maximum, MAX_ROWS);
  }

  /** @returns whether more are wanted */
  accept(entry: string, row: Row): boolean {
    if (++this.#seen > this.#maximum) return false;
    const { index, order } = this.#read;
    if (order === "key") {
      this.#keys.push(entry.slice(index.keyStart(entry)));
      this.#rows.push(row);
      return true;
    }
    if (order !== "backward") return this.#take(row);
    const values = entry.slice(0, index.keyStart(entry));
    if (values !== this.#groupValues && !this.#endGroup()) return false;
    this.#groupValues = values;
    this.#group.push(row);
    return true;
  }

  #endGroup(): boolean {
    const group = this.#group.reverse();
    this.#group = [];
    return group.every((row) => this.#take(row));
  }

  #take(row: Row): boolean {
    if (this.#read.matches(row)) this.#rows.push(row);
    return this.#rows.length < this.#read.wanted;
  }

  /** Undefined when there were too many. */
  finish(): readonly Row[] | undefined {
    if (this.#seen > this.#maximum) return undefined;
    this.#endGroup();
    if (this.#read.order !== "key") return this.#rows;
    const places = this.#keys.map((key, at) => ({ key, row: this.#rows[at] as Row }));
    places.sort((a, b) => (a.key < b.key ? -1 : 1));
    return places.map(({ row }) => row);
  }
}

/** Whether the order is that of the index, last entry first. */
export function isBackward({ order }: IndexRead): boolean {
  return order === "backward" || order === "backward with keys";
}
