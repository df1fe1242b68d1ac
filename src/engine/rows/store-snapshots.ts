import type { ReadableSegment } from "../cold/readable-segment.ts";
import type { Row } from "../types/column-type.ts";

/** What a scan of the store needs to see the moment at which it began. */
export class PreImages {
  /**
   * Hot versions as they were when the scan began, for the keys that were written since; undefined: there was none. A deletion
   * that hides what a segment has is a version too.
   */
  readonly rows = new Map<string, Row | undefined>();
  /** Segments that rows have moved to since; oldest first. */
  readonly moved: ReadableSegment[] = [];
  /** Why the store may no longer have what the scan was to read. */
  lost: string | undefined;
  readonly reference = new WeakRef(this);
}

/** What a batch is about to write to one partition. */
export interface PendingRows {
  readonly changes: ReadonlyMap<string, Row>;
  former(key: string): Row | undefined;
  /** The segment that rows of the partition are about to move to. */
  readonly moved?: ReadableSegment;
}

/**
 * Lets a scan that reads the store piece by piece see one moment: the commit pipeline tells here what it is about to overwrite,
 * before the store hears of it, and open scans keep the former rows. Of rows that move to a segment they keep the segment.
 *
 *     scan 1    ├─ piece ─ piece ──────────── piece ─┤     keeps what the batch overwrites
 *     batch              begin├─ store ─┤end
 *     scan 2                     ├─ piece ─ piece ───┤     began meanwhile: takes over the former rows as well
 *
 * Scans are found by the prefix of their partition, not by its object, which may leave the cache while they read. They are held
 * weakly: a scan that was made and never read is forgotten when nobody has it any more.
 */
export class StoreSnapshots {
  readonly #open = new Map<string, Set<WeakRef<PreImages>>>();
  readonly #pending = new Map<string, PendingRows>();
  readonly #moving = new Map<string, { readonly settled: Promise<void>; readonly settle: () => void }>();

  /** How many partitions have open scans. */
  get size(): number {
    return this.#open.size;
  }

  open(prefix: string): PreImages {
    const images = new PreImages();
    const pending = this.#pending.get(prefix);
    if (pending !== undefined) keep(images, pending);
    const open = this.#open.get(prefix);
    if (open === undefined) this.#open.set(prefix, new Set([images.reference]));
    else open.add(images.reference);
    return images;
  }

  close(prefix: string, images: PreImages): void {
    const open = this.#open.get(prefix);
    if (open?.delete(images.reference) && open.size === 0) this.#open.delete(prefix);
  }

  /** Called before a batch goes to the store; pair with `end`, whatever becomes of the batch. */
  begin(prefix: string, pending: PendingRows): void {
    this.#pending.set(prefix, pending);
    for (const images of this.#scans(prefix)) keep(images, pending);
    if (pending.moved === undefined) return;
    let settle = (): void => undefined;
    const settled = new Promise<void>((resolve) => {
      settle = resolve;
    });
    this.#moving.set(prefix, { settled, settle });
  }

  /** @param done false when the store failed: then nobody knows whether rows have moved */
  end(prefix: string, done: boolean): void {
    const moved = this.#pending.get(prefix)?.moved;
    this.#pending.delete(prefix);
    if (moved === undefined) return;
    if (!done) for (const images of this.#scans(prefix)) images.lost = "The store failed while rows were moved.";
    this.#moving.get(prefix)?.settle();
    this.#moving.delete(prefix);
  }

  /** Resolves when no rows of the partition are on their way to a segment. */
  async movesSettled(prefix: string): Promise<void> {
    for (let moving = this.#moving.get(prefix); moving !== undefined; moving = this.#moving.get(prefix)) {
      await moving.settled;
    }
  }

  /** Everything below this prefix is gone. */
  lose(tablePrefix: string): void {
    for (const prefix of [...this.#open.keys()]) {
      if (!prefix.startsWith(tablePrefix)) continue;
      for (const images of this.#scans(prefix)) images.lost = "The table was dropped while it was read.";
    }
  }

  *#scans(prefix: string): Iterable<PreImages> {
    const open = this.#open.get(prefix);
    if (open === undefined) return;
    for (const reference of open) {
      const images = reference.deref();
      if (images === undefined) open.delete(reference);
      else yield images;
    }
    if (open.size === 0) this.#open.delete(prefix);
  }
}

function keep(images: PreImages, { changes, former, moved }: PendingRows): void {
  for (const key of changes.keys()) if (!images.rows.has(key)) images.rows.set(key, former(key));
  if (moved !== undefined) images.moved.push(moved);
}
