import type { Fingerprint } from "./fingerprint.ts";
import { type Literal, NumberLiteral } from "./statement.ts";
import type { SharedTemplate } from "./template.ts";

/** Templates of one fingerprint that differ in pinned literals. */
const MAXIMUM_VARIANTS = 8;

/**
 * Templates by fingerprint, at most `entries` fingerprints.
 *
 * Two generations stand in for a list in order of use: a hit in the young one costs a single look-up, one in the old one moves
 * the entry back; when the young one holds half of the entries, the old one is dropped and takes its place.
 */
export class TemplateCache {
  readonly #half: number;
  #young = new Map<string, SharedTemplate[]>();
  #old = new Map<string, SharedTemplate[]>();

  constructor(entries: number) {
    this.#half = Math.max(1, Math.ceil(entries / 2));
  }

  find(fingerprint: Fingerprint): SharedTemplate | undefined {
    const { key } = fingerprint;
    if (key === undefined) return undefined;
    let variants = this.#young.get(key);
    if (variants === undefined) {
      variants = this.#old.get(key);
      if (variants === undefined) return undefined;
      this.#insert(key, variants);
    }
    return variants.find(({ pinned }) => pinned.size === 0 || matches(pinned, fingerprint.literals));
  }

  add(key: string, template: SharedTemplate): void {
    const variants = this.#young.get(key);
    if (variants === undefined) this.#insert(key, [template]);
    else if (variants.unshift(template) > MAXIMUM_VARIANTS) variants.pop();
  }

  clear(): void {
    this.#young.clear();
    this.#old.clear();
  }

  get size(): number {
    return this.#young.size + this.#old.size;
  }

  #insert(key: string, variants: SharedTemplate[]): void {
    if (this.#young.size >= this.#half) {
      this.#old = this.#young;
      this.#young = new Map();
    } else this.#old.delete(key);
    this.#young.set(key, variants);
  }
}

function matches(pinned: ReadonlyMap<number, Literal>, literals: readonly Literal[]): boolean {
  for (const [index, value] of pinned) {
    const literal = literals[index] ?? null;
    if (
      value instanceof NumberLiteral
        ? !(literal instanceof NumberLiteral) || literal.text !== value.text
        : literal !== value
    ) {
      return false;
    }
  }
  return true;
}
