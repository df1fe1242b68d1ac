import type { ColumnType, Value } from "../../types/column-type.ts";
import type { Decimal } from "../../types/index.ts";

/**
 * A value that a key column is compared with, as keys see it.
 *
 * - `exact`: a key can have it.
 * - `between`: no key has it; `value` is the least one above it.
 * - `above`, `below`: it lies beyond all keys.
 * - `none`: NULL, so no comparison holds.
 * - `inexpressible`: between keys, without a cheap neighbour; the comparison has to be made row by row.
 */
export type KeyValue =
  | { readonly kind: "exact" | "between"; readonly value: Value }
  | { readonly kind: "above" | "below" | "none" | "inexpressible" };

const LIMITS = {
  smallint: 32_768n,
  integer: 2_147_483_648n,
  bigint: 2n ** 63n,
} as const;

export function toKeyValue(value: Value, type: ColumnType): KeyValue {
  if (value === null) return { kind: "none" };
  switch (type.kind) {
    case "smallint":
    case "integer":
    case "bigint":
      return wholeKey(value as number | bigint, type.kind);
    case "decimal":
      return decimalKey(value as Decimal, type);
    case "real":
      return Math.fround(value as number) === value || Number.isNaN(value)
        ? { kind: "exact", value }
        : { kind: "inexpressible" };
    default:
      return { kind: "exact", value };
  }
}

function wholeKey(value: number | bigint, kind: keyof typeof LIMITS): KeyValue {
  if (typeof value === "number" && !Number.isFinite(value)) return { kind: value > 0 ? "above" : "below" };
  const next = typeof value === "bigint" ? value : BigInt(Math.ceil(value));
  const limit = LIMITS[kind];
  if (next >= limit) return { kind: "above" };
  if (next < -limit) return { kind: "below" };
  const whole = typeof value === "bigint" || Number.isInteger(value);
  return { kind: whole ? "exact" : "between", value: kind === "bigint" ? next : Number(next) };
}

function decimalKey(value: Decimal, type: ColumnType): KeyValue {
  const fitted = type.scale === undefined ? value : value.rescale(type.scale);
  if (fitted.digits > (type.precision ?? 38)) return { kind: value.unscaled < 0n ? "below" : "above" };
  return fitted.compare(value) === 0 ? { kind: "exact", value: fitted } : { kind: "inexpressible" };
}
