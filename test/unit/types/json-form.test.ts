import { expect } from "chai";
import fc from "fast-check";
import { Decimal, jsonEncoder, quoteJson, type ResultType, type Value } from "../../../src/engine/types/index.ts";
import { typedValue } from "./value-arbitraries.ts";

describe("values as JSON of the wire", () => {
  const examples: [ResultType, Value, string][] = [
    [{ kind: "boolean" }, true, "true"],
    [{ kind: "integer" }, -5, "-5"],
    [{ kind: "bigint" }, 9223372036854775807n, '"9223372036854775807"'],
    [{ kind: "real" }, Math.fround(0.1), "0.10000000149011612"],
    [{ kind: "double" }, 1e21, "1e+21"],
    [{ kind: "double" }, -0, "-0"],
    [{ kind: "double" }, Number.NaN, '"NaN"'],
    [{ kind: "double" }, Number.NEGATIVE_INFINITY, '"-Infinity"'],
    [{ kind: "decimal", precision: 5, scale: 2 }, new Decimal(-50n, 2), '"-0.50"'],
    [{ kind: "decimal", precision: 5, scale: 2 }, new Decimal(2n, 0), '"2.00"'],
    [{ kind: "text" }, 'a"b\\c\n\u0001', '"a\\"b\\\\c\\n\\u0001"'],
    [{ kind: "json" }, '{"a":1}', '"{\\"a\\":1}"'],
    [{ kind: "file" }, "{}", '"{}"'],
    [{ kind: "uuid" }, "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", '"a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"'],
    [{ kind: "timestamp" }, 1769860800123456n, "1769860800123456"],
    [{ kind: "timestamptz" }, -9007199254740993n, "-9007199254740993"],
    [{ kind: "date" }, -1, "-1"],
    [{ kind: "time" }, 43_200_000_000, "43200000000"],
    [{ kind: "bytea" }, new Uint8Array([1, 2, 255]), "[1,2,255]"],
    [{ kind: "embedding", dimensions: 2 }, new Float32Array([0.5, -1]), "[0.5,-1]"],
    [{ kind: "list", element: { kind: "bigint" } }, [1n, null], '["1",null]'],
    [{ kind: "list", element: { kind: "list", element: { kind: "text" } } }, [["a"], []], '[["a"],[]]'],
    [{ kind: "interval" }, "1 day", '"1 day"'],
  ];

  for (const [type, value, expected] of examples) {
    it(`${type.kind} ${expected}`, () => {
      expect(jsonEncoder(type)(value)).to.equal(expected);
      expect(jsonEncoder(type)(null)).to.equal("null");
    });
  }

  it("are always valid JSON", () => {
    fc.assert(fc.property(typedValue, ({ type, value }) => JSON.parse(jsonEncoder(type)(value)) !== undefined));
  });

  it("quote any string as JSON.stringify does", () => {
    const units = fc.constantFrom(
      "a",
      '"',
      "\\",
      "\u0000",
      "\u001f",
      "\u007f",
      "é",
      "\ud800",
      "\udfff",
      "\ue000",
      "😀",
    );
    fc.assert(
      fc.property(fc.string({ unit: units, maxLength: 60 }), fc.constantFrom("", "x".repeat(30)), (text, padding) => {
        expect(quoteJson(padding + text)).to.equal(JSON.stringify(padding + text));
      }),
      { numRuns: 300 },
    );
  });
});
