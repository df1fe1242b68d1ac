import type { Entry, HotStore } from "../../../drivers/hot/hot-store.ts";
import { keySuccessor } from "../../rows/key-codec.ts";
import { isShadowing } from "../../rows/row-codec.ts";
import { toBuffer } from "../../rows/store-keys.ts";
import type { PreImages } from "../../rows/store-snapshots.ts";
import type { StoredEntry } from "../stored-rows.ts";

/** As many as a vector of DuckDB's takes. */
const CHUNK_ROWS = 2048;

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
  readonly #end: Buffer;
  readonly #images: PreImages;
  readonly #limits: FlushLimits;
  readonly #signal: AbortSignal;
  /** A version that was taken hides what an earlier segment may have. */
  hides = false;
  /** Keys that somebody wrote, or tried to write, before they were read here. */
  readonly leftOut = new Set<string>();
  /** Where the next segment begins; undefined at the end of the partition. Known when everything has been read. */
  next: string | undefined;
  #rows = 0;
  #bytes = 0;

  constructor(store: HotStore, prefix: string, images: PreImages, limits: FlushLimits, signal: AbortSignal) {
    this.#store = store;
    this.#prefix = prefix;
    this.#end = toBuffer(keySuccessor(prefix) as string);
    this.#images = images;
    this.#limits = limits;
    this.#signal = signal;
  }

  /**
   * A chunk is read ahead while the one before is worked on.
   * @param from key below the prefix; inclusive
   */
  async *entries(from: string): AsyncGenerator<readonly StoredEntry[], void, undefined> {
    let ahead = this.#read(from);
    for (;;) {
      this.#signal.throwIfAborted();
      const entries = await ahead;
      const last = entries.at(-1);
      const more = last !== undefined && entries.length === CHUNK_ROWS;
      if (more) ahead = this.#read(this.#behind(last));
      const taken = this.#take(entries);
      if (taken.length > 0) yield taken;
      if (this.#isFull) return;
      if (!more) {
        this.next = undefined;
        return;
      }
    }
  }

  get #isFull(): boolean {
    return this.#rows >= this.#limits.segmentRows || this.#bytes >= this.#limits.segmentBytes;
  }

  #read(from: string): Promise<readonly Entry[]> {
    const reading = this.#store.scan({ start: toBuffer(this.#prefix + from), end: this.#end, limit: CHUNK_ROWS });
    // Its failure is told where it is awaited, unless the segment is full before: then nobody needs it.
    reading.catch(() => undefined);
    return reading;
  }

  #take(entries: readonly Entry[]): StoredEntry[] {
    const taken: StoredEntry[] = [];
    const written = this.#images.rows;
    for (const entry of entries) {
      const key = this.#keyOf(entry);
      this.next = `${key}\0`;
      if (written.size > 0 && written.has(key)) {
        this.leftOut.add(key);
        continue;
      }
      const { value } = entry;
      taken.push({ key, value });
      this.#rows++;
      this.#bytes += value.length;
      if (isShadowing(value)) this.hides = true;
      if (this.#isFull) break;
    }
    return taken;
  }

  #keyOf({ key }: Entry): string {
    return key.toString("latin1", this.#prefix.length);
  }

  #behind(entry: Entry): string {
    return `${this.#keyOf(entry)}\0`;
  }
}
