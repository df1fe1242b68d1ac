import fc from "fast-check";
import { type ColumnType, Decimal, type Value } from "../../../src/engine/types/index.ts";

const MICROS = fc.bigInt({ min: -(2n ** 62n), max: 2n ** 62n });

/** Text as the database takes it: any characters but U+0000. */
export const text: fc.Arbitrary<string> = fc
  .string({ unit: "binary", maxLength: 40 })
  .map((value) => value.replaceAll("\0", "\u0001"));

/** A type that columns can have, with a value of it. */
export const typedValue: fc.Arbitrary<{ type: ColumnType; value: Value; other: Value }> = fc.oneof(
  pair({ kind: "boolean" }, fc.boolean()),
  pair({ kind: "smallint" }, fc.integer({ min: -32768, max: 32767 })),
  pair({ kind: "integer" }, fc.integer()),
  pair({ kind: "bigint" }, fc.oneof(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), fc.bigInt(-300n, 300n))),
  pair({ kind: "real" }, fc.float()),
  pair({ kind: "double" }, fc.double()),
  pair(
    { kind: "decimal", precision: 38, scale: 4 },
    fc.bigInt({ min: 1n - 10n ** 38n, max: 10n ** 38n - 1n }).map((unscaled) => new Decimal(unscaled, 4)),
  ),
  pair(
    { kind: "decimal", precision: 6, scale: 2 },
    fc.bigInt(-300n, 300n).map((unscaled) => new Decimal(unscaled, 2)),
  ),
  pair({ kind: "text" }, text),
  pair(
    { kind: "bytea" },
    fc.uint8Array({ maxLength: 12 }).map((bytes) => Uint8Array.from(bytes)),
  ),
  pair({ kind: "date" }, fc.integer({ min: -2_000_000, max: 4_000_000 })),
  pair({ kind: "time" }, fc.integer({ min: 0, max: 86_400_000_000 })),
  pair({ kind: "timestamp" }, MICROS),
  pair({ kind: "timestamptz" }, MICROS),
  pair({ kind: "datetime" }, MICROS),
  pair({ kind: "uuid" }, fc.uuid()),
);

function pair<T extends Value>(
  type: ColumnType,
  values: fc.Arbitrary<T>,
): fc.Arbitrary<{ type: ColumnType; value: Value; other: Value }> {
  return fc.record({ type: fc.constant(type), value: values, other: values });
}
