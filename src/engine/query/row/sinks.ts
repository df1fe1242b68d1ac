import type { Row } from "../../types/column-type.ts";
import type { Evaluate, Frame } from "../expression/frame.ts";
import { NotSimple } from "../expression/not-simple.ts";
import type { Window } from "./limits.ts";
import { rowOrder, type SortedRow, type SortKey, sortKeysOf } from "./ordering.ts";
import type { Projection } from "./target-list.ts";

/** Takes the rows that a scan finds and makes those of the result. */
export interface Sink {
  /** @returns false when no further row can change the result. */
  accept(rows: readonly Row[]): boolean;
  /** Rows that are ready to go out; they are given once. */
  take(): Row[];
  /** How many `take` would give. */
  readonly ready: number;
  /** Called once after the last row; then `take` gives the rest. */
  finish(): void;
}

/** More rows than this are not sorted in the process. */
export const MAX_SORTED_ROWS = 1_000_000;

/** Nor are rows whose long texts in ORDER BY have more characters than this together: those that are computed exist only here. */
const MAX_SORTED_CHARACTERS = 32 * 1024 * 1024;
const LONG_TEXT = 1024;

/** Rows in the order of the scan. */
export class StreamSink implements Sink {
  readonly #filter: Evaluate | undefined;
  readonly #project: Projection;
  readonly #frame: Frame;
  #skip: number;
  #left: number;
  #rows: Row[] = [];

  constructor(filter: Evaluate | undefined, project: Projection, window: Window, frame: Frame) {
    this.#filter = filter;
    this.#project = project;
    this.#frame = frame;
    this.#skip = window.skip;
    this.#left = window.take;
  }

  get ready(): number {
    return this.#rows.length;
  }

  accept(rows: readonly Row[]): boolean {
    if (this.#left <= 0) return false;
    const filter = this.#filter;
    const frame = this.#frame;
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i] as Row;
      if (filter !== undefined && filter(row, frame) !== true) continue;
      if (this.#skip > 0) {
        this.#skip--;
        continue;
      }
      this.#rows.push(this.#project(row, frame));
      if (--this.#left <= 0) return false;
    }
    return true;
  }

  take(): Row[] {
    const rows = this.#rows;
    this.#rows = [];
    return rows;
  }

  finish(): void {}
}

/** `count(*)`: one row. */
export class CountSink implements Sink {
  readonly #filter: Evaluate | undefined;
  readonly #frame: Frame;
  readonly #window: Window;
  readonly #columns: number;
  #count = 0;
  #rows: Row[] = [];

  /** @param columns how many targets are `count(*)`. */
  constructor(filter: Evaluate | undefined, columns: number, window: Window, frame: Frame) {
    this.#filter = filter;
    this.#columns = columns;
    this.#window = window;
    this.#frame = frame;
  }

  get ready(): number {
    return this.#rows.length;
  }

  accept(rows: readonly Row[]): boolean {
    const filter = this.#filter;
    if (filter === undefined) {
      this.#count += rows.length;
      return true;
    }
    for (let i = 0; i < rows.length; i++) if (filter(rows[i] as Row, this.#frame) === true) this.#count++;
    return true;
  }

  take(): Row[] {
    const rows = this.#rows;
    this.#rows = [];
    return rows;
  }

  finish(): void {
    if (this.#window.skip > 0 || this.#window.take < 1) return;
    this.#rows = [new Array(this.#columns).fill(BigInt(this.#count))];
  }
}

/**
 * The first rows under an ORDER BY. With a limit, a heap with the last of the wanted rows on top holds no more of them than
 * the limit asks for.
 */
export class SortSink implements Sink {
  readonly #filter: Evaluate | undefined;
  readonly #order: readonly SortKey[];
  readonly #compare: (a: SortedRow, b: SortedRow) => number;
  readonly #project: Projection;
  readonly #window: Window;
  readonly #frame: Frame;
  readonly #wanted: number;
  #heap: SortedRow[] = [];
  #place = 0;
  /** Of long texts among the keys of the heap. */
  #characters = 0;
  #rows: Row[] = [];

  constructor(
    filter: Evaluate | undefined,
    order: readonly SortKey[],
    project: Projection,
    window: Window,
    frame: Frame,
  ) {
    this.#filter = filter;
    this.#order = order;
    this.#compare = rowOrder(order);
    this.#project = project;
    this.#window = window;
    this.#frame = frame;
    this.#wanted = window.skip + window.take;
  }

  get ready(): number {
    return this.#rows.length;
  }

  accept(rows: readonly Row[]): boolean {
    if (this.#window.take <= 0) return false;
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i] as Row;
      if (this.#filter !== undefined && this.#filter(row, this.#frame) !== true) continue;
      this.#add({ row, keys: sortKeysOf(this.#order, row, this.#frame), place: this.#place++ });
    }
    return true;
  }

  #add(entry: SortedRow): void {
    const heap = this.#heap;
    if (heap.length < this.#wanted) {
      if (heap.length >= MAX_SORTED_ROWS) throw new NotSimple("a sort of very many rows");
      this.#weigh(entry, 1);
      heap.push(entry);
      if (this.#wanted !== Number.POSITIVE_INFINITY) this.#rise(heap.length - 1);
    } else if (this.#compare(entry, heap[0] as SortedRow) < 0) {
      this.#weigh(heap[0] as SortedRow, -1);
      this.#weigh(entry, 1);
      heap[0] = entry;
      this.#sink();
    }
  }

  #weigh({ keys }: SortedRow, sign: 1 | -1): void {
    for (const key of keys)
      if (typeof key === "string" && key.length > LONG_TEXT) this.#characters += sign * key.length;
    if (this.#characters > MAX_SORTED_CHARACTERS) throw new NotSimple("a sort of very long texts");
  }

  #rise(from: number): void {
    const heap = this.#heap;
    let at = from;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (this.#compare(heap[at] as SortedRow, heap[parent] as SortedRow) <= 0) return;
      this.#swap(at, parent);
      at = parent;
    }
  }

  #sink(): void {
    const heap = this.#heap;
    let at = 0;
    for (;;) {
      let largest = at;
      const left = 2 * at + 1;
      const right = left + 1;
      if (left < heap.length && this.#compare(heap[left] as SortedRow, heap[largest] as SortedRow) > 0) largest = left;
      if (right < heap.length && this.#compare(heap[right] as SortedRow, heap[largest] as SortedRow) > 0)
        largest = right;
      if (largest === at) return;
      this.#swap(at, largest);
      at = largest;
    }
  }

  #swap(a: number, b: number): void {
    const kept = this.#heap[a] as SortedRow;
    this.#heap[a] = this.#heap[b] as SortedRow;
    this.#heap[b] = kept;
  }

  take(): Row[] {
    const rows = this.#rows;
    this.#rows = [];
    return rows;
  }

  finish(): void {
    const sorted = this.#heap.sort(this.#compare);
    const { skip, take } = this.#window;
    const wanted = sorted.slice(skip, take === Number.POSITIVE_INFINITY ? undefined : skip + take);
    this.#rows = wanted.map((entry) => this.#project(entry.row, this.#frame));
    this.#heap = [];
  }
}
