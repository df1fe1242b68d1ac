import type { Row } from "../types/column-type.ts";
import type { Manifest } from "./manifest.ts";

/**
 * What was found in the segments of a partition before a write took its turn: files are never opened while the commit pipeline
 * waits. When its turn has come, `covers` says whether that is still the whole answer.
 */
export class ColdFindings {
  readonly #versions: ReadonlyMap<string, Row>;
  readonly #asked: ReadonlySet<string>;
  readonly #searched: ReadonlySet<string>;

  /**
   * @param versions the newest cold version of each key that has one; deletions are versions too
   * @param asked the keys that were looked for
   * @param segments where
   */
  constructor(versions: ReadonlyMap<string, Row>, asked: ReadonlySet<string>, segments: Manifest["segments"]) {
    this.#versions = versions;
    this.#asked = asked;
    this.#searched = new Set(segments.map((segment) => segment.path));
  }

  /** Whether everything that `manifest` has of this key was looked at. */
  covers(manifest: Manifest, key: string): boolean {
    return manifest.segments.every(
      ({ path, firstKey, lastKey }) =>
        key < firstKey || key > lastKey || (this.#asked.has(key) && this.#searched.has(path)),
    );
  }

  /** The newest cold version; it may be a deletion. */
  version(key: string): Row | undefined {
    return this.#versions.get(key);
  }
}

export const NOTHING_FOUND = new ColdFindings(new Map(), new Set(), []);
