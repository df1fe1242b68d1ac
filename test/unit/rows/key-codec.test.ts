import { expect } from "chai";
import fc from "fast-check";
import { decodeKey, encodeKey, encodeTextPrefix, isKeyType, keySuccessor } from "../../../src/engine/rows/key-codec.ts";
import { compareValues, Decimal } from "../../../src/engine/types/index.ts";
import { text, typedValue } from "../types/value-arbitraries.ts";

const sign = (number: number): number => Math.sign(number);
const order = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

describe("keys as bytes", () => {
  it("are ordered as their values are", () => {
    fc.assert(
      fc.property(typedValue, ({ type, value, other }) => {
        const expected = sign(compareValues(type)(value, other));
        expect(order(encodeKey([type], [value]), encodeKey([type], [other]))).to.equal(expected);
      }),
      { numRuns: 600 },
    );
  });

  it("are ordered part by part when they have several", () => {
    const types = [{ kind: "text" }, { kind: "bigint" }] as const;
    const part = fc.tuple(
      fc.string({ unit: fc.constantFrom("\u0001", "\u0002", "a", "é", "\uffff", "😀"), maxLength: 3 }),
      fc.bigInt(-2n, 2n),
    );
    fc.assert(
      fc.property(part, part, (a, b) => {
        const byParts = sign(compareValues(types[0])(a[0], b[0])) || sign(compareValues(types[1])(a[1], b[1]));
        expect(order(encodeKey(types, a), encodeKey(types, b))).to.equal(byParts);
      }),
      { numRuns: 500 },
    );
  });

  it("of some leading parts are a prefix of the whole, and of no other key", () => {
    fc.assert(
      fc.property(typedValue, typedValue, (first, second) => {
        const types = [first.type, second.type];
        const whole = encodeKey(types, [first.value, second.value]);
        expect(whole.startsWith(encodeKey(types, [first.value]))).to.equal(true);
        const otherPrefix = encodeKey(types, [first.other]);
        if (compareValues(first.type)(first.value, first.other) !== 0)
          expect(whole.startsWith(otherPrefix)).to.equal(false);
      }),
      { numRuns: 300 },
    );
  });

  it("give their values back", () => {
    fc.assert(
      fc.property(fc.array(typedValue, { minLength: 1, maxLength: 3 }), (parts) => {
        const types = parts.map(({ type }) => type);
        const key = encodeKey(
          types,
          parts.map(({ value }) => value),
        );
        const decoded = decodeKey(types, key);
        expect(encodeKey(types, decoded)).to.equal(key);
        parts.forEach(({ value }, at) => {
          expect(decoded[at]).to.deep.equal(value === 0 ? 0 : value);
        });
      }),
      { numRuns: 600 },
    );
  });

  it("are refused when they do not fit their table", () => {
    const types = [{ kind: "text" }, { kind: "boolean" }] as const;
    for (const key of ["", "abc", "abc\0", "abc\0\u0002", "abc\0\u0001x", "\u00ff\0\u0001", "a\u0001\0\u0001"]) {
      expect(() => decodeKey(types, key), JSON.stringify(key)).to.throw("a key does not fit its table");
    }
  });

  it("hold one byte a character", () => {
    fc.assert(
      fc.property(typedValue, ({ type, value }) => {
        const key = encodeKey([type], [value]);
        expect(Buffer.from(key, "latin1").toString("latin1")).to.equal(key);
      }),
    );
  });

  it("of text that begins alike lie between the prefix and its successor", () => {
    fc.assert(
      fc.property(text, text, (beginning, rest) => {
        const prefix = encodeTextPrefix(beginning);
        const key = encodeKey([{ kind: "text" }], [beginning + rest]);
        const after = keySuccessor(prefix);
        expect(key >= prefix).to.equal(true);
        if (after !== undefined) expect(key < after).to.equal(true);
      }),
    );
  });

  it("are the same for the same number in integer columns of any width", () => {
    expect(encodeKey([{ kind: "integer" }], [-7])).to.equal(encodeKey([{ kind: "bigint" }], [-7n]));
  });

  it("are the same for 0 and -0, and for a decimal however it is scaled", () => {
    expect(encodeKey([{ kind: "double" }], [-0])).to.equal(encodeKey([{ kind: "double" }], [0]));
    const type = { kind: "decimal", precision: 10, scale: 2 } as const;
    expect(encodeKey([type], [new Decimal(5n, 0)])).to.equal(encodeKey([type], [new Decimal(500n, 2)]));
  });

  it("are ASCII text itself and a terminator", () => {
    expect(encodeKey([{ kind: "text" }], ["abc"])).to.equal("abc\u0000");
  });

  it("refuse NULL and types without an order", () => {
    expect(() => encodeKey([{ kind: "text" }], [null])).to.throw("part 1 of a key is missing");
    expect(() => encodeKey([{ kind: "json" }], ["{}"])).to.throw("cannot be part of a key");
    expect(isKeyType({ kind: "json" })).to.equal(false);
    expect(isKeyType({ kind: "uuid" })).to.equal(true);
  });
});

describe("the successor of a prefix", () => {
  it("is the smallest string behind all that begin with it", () => {
    expect(keySuccessor("ab")).to.equal("ac");
    expect(keySuccessor("a\u00ff\u00ff")).to.equal("b");
    expect(keySuccessor("\u00ff")).to.equal(undefined);
    expect(keySuccessor("")).to.equal(undefined);
  });
});
