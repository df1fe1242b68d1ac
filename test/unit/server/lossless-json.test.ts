import { expect } from "chai";
import fc from "fast-check";
import { parseLossless, WholeNumber } from "../../../src/server/http/lossless-json.ts";

/** As JSON writes it, but whole numbers with all their digits. */
function write(value: unknown): string {
  if (typeof value === "bigint") return value.toString();
  return JSON.stringify(value);
}

describe("lossless JSON", () => {
  it("gives back every parameter that was written", () => {
    const parameter = fc.oneof(
      fc.bigInt({ min: -(2n ** 70n), max: 2n ** 70n }),
      fc.string({ unit: "binary" }),
      fc.constantFrom('"9007199254740993"', "\\9007199254740993\\", '\\"', "12345678901234567890"),
      fc.double({ noDefaultInfinity: true, noNaN: true }),
      fc.boolean(),
      fc.constant(null),
    );
    fc.assert(
      fc.property(fc.array(parameter, { maxLength: 6 }), fc.string(), (params, sql) => {
        const text = `{"sql":${JSON.stringify(sql)},"params":[${params.map(write).join(" , ")}]}`;
        const parsed = parseLossless(text) as { sql: string; params: unknown[] };
        expect(parsed.sql).to.equal(sql);
        parsed.params.forEach((value, i) => {
          const sent = params[i];
          const got = value instanceof WholeNumber ? value.value : value;
          if (typeof sent === "bigint") expect(BigInt(got as number | bigint)).to.equal(sent);
          // A double beyond 2^53 that is whole is written like a whole number, and comes back with all its digits.
          else if (typeof got === "bigint") expect(Number(got)).to.equal(sent);
          else expect(Object.is(got, sent) || got === sent).to.equal(true);
        });
      }),
    );
  });

  it("refuses exactly what JSON.parse refuses", () => {
    const piece = fc.constantFrom(
      '"',
      "\\",
      "12345678901234567",
      "-",
      "0",
      ".",
      "e",
      "[",
      "]",
      "{",
      "}",
      ":",
      ",",
      "a",
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        const text = `1234567890123456789${pieces.join("")}`;
        const fails = (parse: (text: string) => unknown): boolean => {
          try {
            parse(text);
            return false;
          } catch (error) {
            expect(error).to.be.instanceOf(SyntaxError);
            return true;
          }
        };
        expect(fails(parseLossless)).to.equal(fails(JSON.parse));
      }),
    );
  });
});
