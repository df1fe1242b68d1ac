import type { Row } from "../types/column-type.ts";

/** Rows as they were when a scan of the store began, for the keys that were written since; undefined: there was none. */
export class PreImages {
  readonly rows = new Map<string, Row | undefined>();
  /** The table was dropped: the store no longer has what the scan was to read. */
  lost = false;
  readonly reference = new WeakRef(this);
}

/** What a batch is about to write to one partition. */
export interface PendingRows {
  readonly changes: ReadonlyMap<string, Row>;
  former(key: string): Row | undefined;
}

/**
 * Lets a scan that reads the store piece by piece see one moment: the commit pipeline tells here what it is about to overwrite,
 * before the store hears of it, and open scans keep the former rows.
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
  }

  end(prefix: string): void {
    this.#pending.delete(prefix);
  }

  /** Everything below this prefix is gone. */
  lose(tablePrefix: string): void {
    for (const prefix of [...this.#open.keys()]) {
      if (!prefix.startsWith(tablePrefix)) continue;
      for (const images of this.#scans(prefix)) images.lost = true;
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

function keep(images: PreImages, { changes, former }: PendingRows): void {
  for (const key of changes.keys()) if (!images.rows.has(key)) images.rows.set(key, former(key));
}
