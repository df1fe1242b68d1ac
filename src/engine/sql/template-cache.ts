import type { Fingerprint } from "./fingerprint.ts";
import { type Literal, NumberLiteral } from "./statement.ts";
import type { SharedTemplate } from "./template.ts";

/** Templates of one fingerprint that differ in pinned literals. */
const MAXIMUM_VARIANTS = 8;
/** Characters that an entry may have on average; a tree takes about a hundred times the memory of its text. */
const AVERAGE_LENGTH = 512;
/** Longer texts are parsed every time, until a shorter one of the same shape comes. */
const MAXIMUM_LENGTH = 16_384;

/**
 * Templates by fingerprint, at most `entries` fingerprints, fewer when their texts are long.
 *
 * Two generations stand in for a list in order of use: a hit in the young one costs a single look-up, one in the old one moves
 * the entry back; when the young one is half of the whole, the old one is dropped and takes its place.
 */
export class TemplateCache {
  readonly #half: number;
  #young = new Map<string, SharedTemplate[]>();
  #old = new Map<string, SharedTemplate[]>();
  /** Characters of the texts behind the young generation. */
  #youngLength = 0;

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
    const { length } = template.template.source;
    if (length > MAXIMUM_LENGTH) return;
    const variants = this.#young.get(key);
    if (variants === undefined) this.#insert(key, [template]);
    else {
      this.#youngLength += length;
      if (variants.unshift(template) > MAXIMUM_VARIANTS) variants.pop();
    }
  }

  clear(): void {
    this.#young.clear();
    this.#old.clear();
    this.#youngLength = 0;
  }

  get size(): number {
    return this.#young.size + this.#old.size;
  }

  #insert(key: string, variants: SharedTemplate[]): void {
    if (this.#young.size >= this.#half || this.#youngLength >= this.#half * AVERAGE_LENGTH) {
      this.#old = this.#young;
      this.#young = new Map();
      this.#youngLength = 0;
    } else this.#old.delete(key);
    this.#young.set(key, variants);
    for (const { template } of variants) this.#youngLength += template.source.length;
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
