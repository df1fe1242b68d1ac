import sortedBTree from "sorted-btree";
import { KalamError } from "../../../errors/index.ts";
import {
  ConditionFailed,
  type Entry,
  type HotStore,
  type HotStoreCapabilities,
  type ScanRange,
  type WriteBatch,
} from "../hot-store.ts";

/** The hot store in memory, for tests and for servers whose data may go with them. A commit is applied in one turn. */
export class MemoryHotStore implements HotStore {
  readonly capabilities: HotStoreCapabilities = { durable: false, shared: false };
  readonly #entries = new sortedBTree.default<Buffer, Buffer>(undefined, Buffer.compare);
  #bytes = 0;
  #closed = false;

  async get(keys: readonly Buffer[]): Promise<readonly (Buffer | undefined)[]> {
    this.#assertOpen();
    return keys.map((key) => {
      const value = this.#entries.get(key);
      return value && Buffer.from(value);
    });
  }

  async scan(range: ScanRange): Promise<readonly Entry[]> {
    this.#assertOpen();
    const found: Entry[] = [];
    if (range.limit <= 0) return found;
    const from = range.reverse
      ? this.#entries.entriesReversed(range.end, undefined, true)
      : this.#entries.entries(range.start);
    for (const [key, value] of from) {
      if (range.reverse ? Buffer.compare(key, range.start) < 0 : Buffer.compare(key, range.end) >= 0) break;
      found.push({ key: Buffer.from(key), value: Buffer.from(value) });
      if (found.length === range.limit) break;
    }
    return found;
  }

  async commit(batch: WriteBatch): Promise<void> {
    this.#assertOpen();
    for (const { key, expected } of batch.conditions ?? []) {
      const value = this.#entries.get(key);
      const holds = expected === undefined ? value === undefined : value?.equals(expected);
      if (!holds) throw new ConditionFailed(Buffer.from(key));
    }
    for (const [start, end] of batch.deleteRanges ?? []) this.#removeRange(start, end);
    for (const key of batch.deletes ?? []) this.#remove(key);
    for (const { key, value } of batch.puts) {
      this.#remove(key);
      this.#entries.set(Buffer.from(key), Buffer.from(value));
      this.#bytes += key.length + value.length;
    }
  }

  async size(): Promise<number> {
    this.#assertOpen();
    return this.#bytes;
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#entries.clear();
    this.#bytes = 0;
  }

  #remove(key: Buffer): void {
    const value = this.#entries.get(key);
    if (value === undefined) return;
    this.#entries.delete(key);
    this.#bytes -= key.length + value.length;
  }

  #removeRange(start: Buffer, end: Buffer): void {
    if (Buffer.compare(start, end) >= 0) return;
    this.#entries.forRange(start, end, false, (key, value) => {
      this.#bytes -= key.length + value.length;
    });
    this.#entries.deleteRange(start, end, false);
  }

  #assertOpen(): void {
    if (this.#closed) throw new KalamError("storage_failed", { reason: "the store is closed" });
  }
}
