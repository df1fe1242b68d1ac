import type { ResultType, Value } from "./column-type.ts";
import { Decimal } from "./decimal.ts";
import { isList } from "./format-text.ts";

/**
 * Makes the function that orders two non-null values of a type, as PostgreSQL does with the collation "C": text by code point
 * (which is the order of its UTF-8 bytes), false before true, NaN after every number, -0 equal to 0, arrays element by element
 * with NULL last.
 */
export function compareValues(type: ResultType): (a: Value, b: Value) => number {
  switch (type.kind) {
    case "real":
    case "double":
      return (a, b) => compareFloats(Number(a), Number(b));
    case "decimal":
      return (a, b) => (a instanceof Decimal && b instanceof Decimal ? a.compare(b) : 0);
    case "text":
    case "unknown":
    case "json":
    case "file":
    case "interval":
      return (a, b) => compareText(a as string, b as string);
    case "bytea":
      return (a, b) => Buffer.compare(a as Uint8Array, b as Uint8Array);
    case "embedding":
      return (a, b) => compareSequences(a as Float32Array, b as Float32Array, compareFloats);
    case "list":
      return listComparator(type.element ?? { kind: "text" });
    default:
      return comparePlain;
  }
}

/** Two strings by code point. JavaScript's `<` compares UTF-16 units, which puts U+FFFD behind U+1F600. */
export function compareText(a: string, b: string): number {
  const shorter = Math.min(a.length, b.length);
  for (let at = 0; at < shorter; at++) {
    const left = a.charCodeAt(at);
    const right = b.charCodeAt(at);
    if (left === right) continue;
    // Where both are at or above the surrogates, a surrogate stands for the greater code point.
    if (left >= 0xd800 && right >= 0xd800) {
      const [leftPair, rightPair] = [left < 0xe000, right < 0xe000];
      if (leftPair !== rightPair) return leftPair ? 1 : -1;
    }
    return left - right;
  }
  return a.length - b.length;
}

/** Booleans, numbers without NaN, bigints and strings of ASCII. */
function comparePlain(a: Value, b: Value): number {
  return (a as number) < (b as number) ? -1 : (a as number) > (b as number) ? 1 : 0;
}

function compareFloats(a: number, b: number): number {
  if (a < b) return -1;
  if (a > b) return 1;
  if (a === b) return 0;
  return (Number.isNaN(a) ? 1 : 0) - (Number.isNaN(b) ? 1 : 0);
}

function compareSequences<T>(
  a: { readonly length: number; readonly [index: number]: T },
  b: { readonly length: number; readonly [index: number]: T },
  compare: (a: T, b: T) => number,
): number {
  const shorter = Math.min(a.length, b.length);
  for (let at = 0; at < shorter; at++) {
    const order = compare(a[at] as T, b[at] as T);
    if (order !== 0) return order;
  }
  return a.length - b.length;
}

function listComparator(element: ResultType): (a: Value, b: Value) => number {
  const compare = compareValues(element);
  const nullsLast = (a: Value, b: Value): number => {
    if (a === null || b === null) return (a === null ? 1 : 0) - (b === null ? 1 : 0);
    return compare(a, b);
  };
  return (a, b) => (isList(a) && isList(b) ? compareSequences(a, b, nullsLast) : 0);
}
