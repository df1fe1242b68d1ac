import { expect } from "chai";
import fc from "fast-check";
import { type KeyBound, keyBound } from "../../../src/engine/cold/key-bounds.ts";
import { encodeKey, encodeTextPrefix, keySuccessor } from "../../../src/engine/rows/key-codec.ts";
import type { ColumnType, Value } from "../../../src/engine/types/index.ts";
import { compareValues } from "../../../src/engine/types/index.ts";
import { text, typedValue } from "../types/value-arbitraries.ts";

/** Whether a key with these values is at or behind the bound, by comparing values alone. */
function isBehind(types: readonly ColumnType[], values: readonly Value[], bound: KeyBound): boolean {
  for (const [part, limit] of bound.values.entries()) {
    const order = compareValues(types[part] as ColumnType)(values[part] ?? null, limit);
    if (order !== 0) return order > 0;
  }
  return !bound.strict;
}

const keyed = fc.array(typedValue, { minLength: 1, maxLength: 3 }).map((parts) => ({
  types: parts.map(({ type }) => type),
  values: parts.map(({ value }) => value),
  others: parts.map(({ other }) => other),
}));

/** Bounds as plans make them, and bytes that nobody made. */
const bytes = fc.oneof(
  fc.string({
    unit: fc.constantFrom("\0", "\u0001", "\u0002", "\u0003", "a", "\u007f", "\u0080", "é", "ÿ"),
    maxLength: 6,
  }),
  fc.uint8Array({ maxLength: 24 }).map((raw) => Buffer.from(raw).toString("latin1")),
);

function check(types: readonly ColumnType[], values: readonly Value[], bound: string): void {
  const key = encodeKey(types, values);
  expect(
    isBehind(types, values, keyBound(types, bound)),
    `${JSON.stringify(bound)} and ${JSON.stringify(key)}`,
  ).to.equal(key >= bound);
}

describe("a bound of a range of keys, as values", () => {
  it("means the same keys when it is a key, some leading parts of one, cut anywhere, or the successor", () => {
    fc.assert(
      fc.property(keyed, fc.nat(40), ({ types, values, others }, cut) => {
        const whole = encodeKey(types, others);
        for (const bound of [whole, whole.slice(0, cut), `${whole}\0`]) {
          check(types, values, bound);
          check(types, others, bound);
          const after = keySuccessor(bound);
          if (after === undefined) continue;
          check(types, values, after);
          check(types, others, after);
        }
      }),
      { numRuns: 2000 },
    );
  });

  it("means the same keys when it is made of any bytes", () => {
    fc.assert(
      fc.property(keyed, bytes, ({ types, values, others }, bound) => {
        check(types, values, bound);
        check(types, others, bound + encodeKey(types, values));
      }),
      { numRuns: 2000 },
    );
  });

  it("means the texts that begin with a text and come behind them", () => {
    const types: ColumnType[] = [{ kind: "text" }];
    const near = fc.string({
      unit: fc.constantFrom("\u0001", "\u0002", "a", "\u007f", "ÿ", "\ud7ff", "\uffff", "\u{10ffff}"),
      maxLength: 3,
    });
    fc.assert(
      fc.property(fc.oneof(near, text), near, near, (beginning, rest, other) => {
        const prefix = encodeTextPrefix(beginning);
        for (const bound of [prefix, keySuccessor(prefix)]) {
          if (bound === undefined) continue;
          for (const value of [beginning, beginning + rest, other, rest]) check(types, [value], bound);
        }
      }),
      { numRuns: 2000 },
    );
  });
});
