import type { HotStore } from "../../drivers/hot/hot-store.ts";
import { filterKey, toBuffer } from "../rows/store-keys.ts";
import type { Report } from "../surroundings.ts";
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
  readonly #report: Report;
  readonly #budgetBytes: number;
  /** Least recently used first. */
  readonly #filters = new Map<string, KeyFilter>();
  readonly #loading = new Map<string, Promise<KeyFilter | undefined>>();
  #bytes = 0;

  constructor(store: HotStore, budgetBytes: number, report: Report) {
    this.#store = store;
    this.#report = report;
    this.#budgetBytes = budgetBytes;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /**
   * Undefined when there is none, as when the segment was merged into another since its manifest was read: then every key may be
   * in it. A damaged one is told, and replaced by one that lets every key pass: files are opened in vain, answers are right.
   *
   * @param prefix of the rows of the partition
   * @throws storage_failed
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
    const load = this.#load(key, segment.path).finally(() => this.#loading.delete(key));
    this.#loading.set(key, load);
    return load;
  }

  /** Reads the filters of a partition again: a manifest that was made again may use names of files once more. */
  forget(prefix: string): void {
    const all = filterKey(prefix, "");
    for (const [key, filter] of this.#filters) {
      if (!key.startsWith(all)) continue;
      this.#filters.delete(key);
      this.#bytes -= cost(key, filter);
    }
  }

  async #load(key: string, path: string): Promise<KeyFilter | undefined> {
    const [bytes] = await this.#store.get([toBuffer(key)]);
    if (bytes === undefined) return undefined;
    const filter = this.#decode(bytes, path);
    this.#keep(key, filter);
    return filter;
  }

  #decode(bytes: Buffer, path: string): KeyFilter {
    try {
      return KeyFilter.decode(bytes);
    } catch (error) {
      this.#report(`the key filter of a segment ${path} is not used until the segment is merged`, error);
      return KeyFilter.passing();
    }
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
