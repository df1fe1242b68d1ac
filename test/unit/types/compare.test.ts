import { expect } from "chai";
import fc from "fast-check";
import { approximateBytes, compareText, compareValues, Decimal } from "../../../src/engine/types/index.ts";
import { text, typedValue } from "./value-arbitraries.ts";

describe("the order of values", () => {
  it("of text is the order of its UTF-8 bytes", () => {
    const tricky = fc.string({ unit: fc.constantFrom("a", "\ud7ff", "\ue000", "\uffff", "😀", "é"), maxLength: 4 });
    fc.assert(
      fc.property(fc.oneof(text, tricky), fc.oneof(text, tricky), (a, b) => {
        expect(Math.sign(compareText(a, b))).to.equal(Buffer.compare(Buffer.from(a), Buffer.from(b)));
      }),
      { numRuns: 500 },
    );
  });

  it("is total: the same both ways", () => {
    fc.assert(
      fc.property(typedValue, ({ type, value, other }) => {
        const compare = compareValues(type);
        expect(Math.sign(compare(value, other)) + 0).to.equal(-Math.sign(compare(other, value)) + 0);
        expect(compare(value, value)).to.equal(0);
      }),
    );
  });

  it("puts NaN last and takes -0 for 0", () => {
    const compare = compareValues({ kind: "double" });
    expect(compare(Number.NaN, Number.POSITIVE_INFINITY)).to.equal(1);
    expect(compare(Number.NaN, Number.NaN)).to.equal(0);
    expect(compare(-0, 0)).to.equal(0);
  });

  it("of decimals does not depend on their scale", () => {
    const compare = compareValues({ kind: "decimal" });
    expect(compare(new Decimal(10n, 1), new Decimal(1n, 0))).to.equal(0);
    expect(compare(new Decimal(-5n, 1), new Decimal(0n, 0))).to.equal(-1);
  });

  it("of arrays goes element by element, NULL last", () => {
    const compare = compareValues({ kind: "list", element: { kind: "integer" } });
    expect(Math.sign(compare([1, 2], [1, 3]))).to.equal(-1);
    expect(Math.sign(compare([1], [1, null]))).to.equal(-1);
    expect(Math.sign(compare([null], [5]))).to.equal(1);
  });
});

describe("the size of values", () => {
  it("grows with what they hold", () => {
    expect(approximateBytes("x".repeat(1000))).to.be.within(1000, 2100);
    expect(approximateBytes(new Uint8Array(1000))).to.be.within(1000, 1200);
    expect(approximateBytes(["a", null, 1n])).to.be.greaterThan(approximateBytes(["a"]));
    expect(approximateBytes(null)).to.be.greaterThan(0);
  });
});
