import type { ReadableSegment } from "./readable-segment.ts";

/** Somebody reads some files; `release` may be called more than once. */
export interface FileHold {
  release(): void;
}

/**
 * Which segment files are being read. A file that no manifest lists any more is deleted when nobody holds it. A hold that its
 * owner lost (a result that was never read) ends when it is collected.
 */
export class SegmentFiles {
  readonly #readers = new Map<string, number>();
  readonly #waiting = new Set<{ readonly isMeant: (file: string) => boolean; readonly resolve: () => void }>();
  readonly #lost = new FinalizationRegistry<readonly string[]>((files) => this.#leave(files));

  hold(segments: readonly ReadableSegment[]): FileHold {
    const files = segments.map(({ file }) => file);
    for (const file of files) this.#readers.set(file, (this.#readers.get(file) ?? 0) + 1);
    const hold: FileHold = {
      release: () => {
        if (!this.#lost.unregister(hold)) return;
        this.#leave(files);
      },
    };
    this.#lost.register(hold, files, hold);
    return hold;
  }

  isHeld(file: string): boolean {
    return this.#readers.has(file);
  }

  /** Calls back once, when nobody holds any of the files that are meant. @returns a function that ends the waiting */
  onFree(isMeant: (file: string) => boolean, resolve: () => void): () => void {
    const waiting = { isMeant, resolve };
    this.#waiting.add(waiting);
    this.#tell();
    return () => {
      this.#waiting.delete(waiting);
    };
  }

  #tell(): void {
    for (const waiting of this.#waiting) {
      if ([...this.#readers.keys()].some(waiting.isMeant)) continue;
      this.#waiting.delete(waiting);
      waiting.resolve();
    }
  }

  /** Files that are being read now. */
  get size(): number {
    return this.#readers.size;
  }

  #leave(files: readonly string[]): void {
    for (const file of files) {
      const readers = (this.#readers.get(file) ?? 0) - 1;
      if (readers > 0) this.#readers.set(file, readers);
      else this.#readers.delete(file);
    }
    if (this.#waiting.size > 0) this.#tell();
  }
}
