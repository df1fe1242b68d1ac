import type { HotStore } from "../../../drivers/hot/hot-store.ts";
import { keySuccessor } from "../../rows/key-codec.ts";
import { isShadowing } from "../../rows/row-codec.ts";
import { fromBuffer, toBuffer } from "../../rows/store-keys.ts";
import type { PreImages } from "../../rows/store-snapshots.ts";
import type { StoredEntry } from "../stored-rows.ts";

const CHUNK_ROWS = 2000;

export interface FlushLimits {
  /** Rows of one segment. */
  readonly segmentRows: number;
  /** Bytes of the rows of one segment, as the hot store has them. */
  readonly segmentBytes: number;
}

/**
 * The hot versions of a partition from a key on, as many as one segment takes. What is written while it is read stays hot: it
 * is left out where that is known already, and the commit of the flush takes care of the rest.
 */
export class FlushSource {
  readonly #store: HotStore;
  readonly #prefix: string;
  readonly #images: PreImages;
  readonly #limits: FlushLimits;
  readonly #signal: AbortSignal;
  readonly keys = new Set<string>();
  /** A version that was taken hides what an earlier segment may have. */
  hides = false;
  /** Where the next segment begins; undefined at the end of the partition. */
  next: string | undefined;
  #bytes = 0;

  constructor(store: HotStore, prefix: string, images: PreImages, limits: FlushLimits, signal: AbortSignal) {
    this.#store = store;
    this.#prefix = prefix;
    this.#images = images;
    this.#limits = limits;
    this.#signal = signal;
  }

  /** @param from key below the prefix; inclusive */
  async *entries(from: string): AsyncGenerator<readonly StoredEntry[], void, undefined> {
    const end = toBuffer(keySuccessor(this.#prefix) as string);
    let start = this.#prefix + from;
    for (;;) {
      this.#signal.throwIfAborted();
      const limit = Math.min(CHUNK_ROWS, this.#limits.segmentRows - this.keys.size);
      const entries = await this.#store.scan({ start: toBuffer(start), end, limit });
      const taken: StoredEntry[] = [];
      for (const { key, value } of entries) {
        const name = fromBuffer(key).slice(this.#prefix.length);
        this.next = `${name}\0`;
        if (this.#images.rows.has(name)) continue;
        taken.push({ key: name, value });
        this.keys.add(name);
        this.#bytes += value.length;
        if (isShadowing(value)) this.hides = true;
        if (this.#bytes >= this.#limits.segmentBytes) break;
      }
      if (taken.length > 0) yield taken;
      if (entries.length < limit && this.#bytes < this.#limits.segmentBytes) {
        this.next = undefined;
        return;
      }
      if (this.keys.size >= this.#limits.segmentRows || this.#bytes >= this.#limits.segmentBytes) return;
      start = this.#prefix + (this.next as string);
    }
  }
}
