import { expect } from "chai";
import fc from "fast-check";
import { Decimal } from "../../../src/engine/types/index.ts";

describe("decimals", () => {
  it("keep sign and zeros in their text", () => {
    expect(new Decimal(-50n, 2).toString()).to.equal("-0.50");
    expect(new Decimal(0n, 2).toString()).to.equal("0.00");
    expect(new Decimal(12n, 0).toString()).to.equal("12");
  });

  it("read numbers in every notation", () => {
    for (const [input, expected] of [
      ["1.50", "1.50"],
      ["+.5", "0.5"],
      ["5.", "5"],
      ["1e3", "1000"],
      ["1.5E-3", "0.0015"],
      ["-0.0", "0.0"],
      ["0e50", "0"],
    ] as const) {
      expect(Decimal.parse(input)?.toString(), input).to.equal(expected);
    }
    for (const input of ["", ".", "1e", "abc", "1 2", "--1", "1e9999999999"]) {
      expect(Decimal.parse(input), input).to.equal(undefined);
    }
  });

  it("round half away from zero", () => {
    expect(new Decimal(25n, 1).toBigInt()).to.equal(3n);
    expect(new Decimal(-25n, 1).toBigInt()).to.equal(-3n);
    expect(new Decimal(-24n, 1).toBigInt()).to.equal(-2n);
    expect(Decimal.parse("0.12345", 4)?.toString()).to.equal("0.1235");
  });

  it("read back what they write", () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: -(10n ** 38n), max: 10n ** 38n }),
        fc.integer({ min: 0, max: 38 }),
        (unscaled, scale) => {
          const decimal = new Decimal(unscaled, scale);
          expect(Decimal.parse(decimal.toString())).to.deep.equal(decimal);
        },
      ),
    );
  });

  it("count their digits", () => {
    expect([new Decimal(0n, 3).digits, new Decimal(-123n, 1).digits]).to.deep.equal([0, 3]);
  });
});
