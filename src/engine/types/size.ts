import type { Value } from "./column-type.ts";
import { Decimal } from "./decimal.ts";

/** Characters of a text that one call of a function may make. */
export const LONGEST_MADE_TEXT = 16_777_216;

/** By how much such a text may be longer than the one it is made of, where there is one for each row. */
export const LONGEST_MADE_TEXT_PER_ROW = 262_144;

const OBJECT_OVERHEAD = 16;
const BINARY_OVERHEAD = 96;

/** About how many bytes of memory a value takes, for limits and caches: an estimate. */
export function approximateBytes(value: Value): number {
  if (value === null) return 8;
  switch (typeof value) {
    case "string":
      return OBJECT_OVERHEAD + value.length;
    case "number":
    case "boolean":
      return 8;
    case "bigint":
      return OBJECT_OVERHEAD + 8;
  }
  if (value instanceof Decimal) return 3 * OBJECT_OVERHEAD + 8;
  if (value instanceof Uint8Array || value instanceof Float32Array) return BINARY_OVERHEAD + value.byteLength;
  let bytes = OBJECT_OVERHEAD;
  for (const item of value) bytes += 8 + approximateBytes(item);
  return bytes;
}
