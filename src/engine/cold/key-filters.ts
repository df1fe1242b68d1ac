import type { HotStore } from "../../drivers/hot/hot-store.ts";
import { filterKey, toBuffer } from "../rows/store-keys.ts";
import { KeyFilter } from "./key-filter.ts";
import type { Segment } from "./manifest.ts";

/** Of an entry besides the bits. */
const ENTRY_BYTES = 200;

/**
 * The key filters of segments, read from the hot store when they are first asked for and kept as far as the budget goes; those that
 * have not been asked for longest go first. A segment's file name is never used again, so what is kept is never wrong.
 */
export class KeyFilters {
  readonly #store: HotStore;
  readonly #budgetBytes: number;
  /** Least recently used first. */
  readonly #filters = new Map<string, KeyFilter>();
  readonly #loading = new Map<string, Promise<KeyFilter | undefined>>();
  #bytes = 0;

  constructor(store: HotStore, budgetBytes: number) {
    this.#store = store;
    this.#budgetBytes = budgetBytes;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /**
   * Undefined when there is none, as when the segment was merged into another since its manifest was read: then every key may be
   * in it.
   *
   * @param prefix of the rows of the partition
   * @throws data_corrupt, storage_failed
   */
  get(prefix: string, segment: Pick<Segment, "path">): KeyFilter | undefined | Promise<KeyFilter | undefined> {
    const key = filterKey(prefix, segment.path);
    const known = this.#filters.get(key);
    if (known !== undefined) {
      this.#filters.delete(key);
      this.#filters.set(key, known);
      return known;
    }
    const loading = this.#loading.get(key);
    if (loading !== undefined) return loading;
    const load = this.#load(key).finally(() => this.#loading.delete(key));
    this.#loading.set(key, load);
    return load;
  }

  async #load(key: string): Promise<KeyFilter | undefined> {
    const [bytes] = await this.#store.get([toBuffer(key)]);
    if (bytes === undefined) return undefined;
    const filter = KeyFilter.decode(bytes);
    this.#keep(key, filter);
    return filter;
  }

  #keep(key: string, filter: KeyFilter): void {
    this.#filters.set(key, filter);
    this.#bytes += cost(key, filter);
    for (const [oldest, old] of this.#filters) {
      if (this.#bytes <= this.#budgetBytes) return;
      this.#filters.delete(oldest);
      this.#bytes -= cost(oldest, old);
    }
  }
}

function cost(key: string, filter: KeyFilter): number {
  return ENTRY_BYTES + key.length + filter.sizeBytes;
}
