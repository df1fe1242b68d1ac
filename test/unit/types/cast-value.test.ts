import { expect } from "chai";
import fc from "fast-check";
import {
  type CastMode,
  castValue,
  compareValues,
  Decimal,
  formatText,
  type ResultType,
  type Value,
} from "../../../src/engine/types/index.ts";
import { KalamError } from "../../../src/errors/index.ts";
import { typedValue } from "./value-arbitraries.ts";

const t = (kind: ResultType["kind"], more: Partial<ResultType> = {}): ResultType => ({ kind, ...more });

function cast(value: Value, from: ResultType, to: ResultType, mode: CastMode = "explicit"): Value | string {
  try {
    return castValue(value, from, to, mode);
  } catch (error) {
    if (error instanceof KalamError) return error.key;
    throw error;
  }
}

describe("casts", () => {
  it("round floats half to even and decimals half away from zero", () => {
    const rounded = [0.5, 1.5, 2.5, -0.5, -1.5, 2.4999, -2.6].map((value) => cast(value, t("double"), t("integer")));
    expect(rounded.map((value) => Number(value) + 0)).to.deep.equal([0, 2, 2, 0, -2, 2, -3]);
    expect(cast(new Decimal(25n, 1), t("decimal"), t("integer"))).to.equal(3);
    expect(cast(new Decimal(-25n, 1), t("decimal"), t("bigint"))).to.equal(-3n);
    expect(cast(new Decimal(1005n, 3), t("decimal"), t("decimal", { precision: 4, scale: 2 }))).to.deep.equal(
      new Decimal(101n, 2),
    );
  });

  it("check ranges", () => {
    expect(cast(40000, t("integer"), t("smallint"))).to.equal("out_of_range");
    expect(cast(2n ** 40n, t("bigint"), t("integer"))).to.equal("out_of_range");
    expect(cast(1e30, t("double"), t("bigint"))).to.equal("out_of_range");
    expect(cast(Number.NaN, t("double"), t("integer"))).to.equal("out_of_range");
    expect(cast(Number.NaN, t("double"), t("decimal", { precision: 5, scale: 1 }))).to.equal("out_of_range");
    expect(cast(1e300, t("double"), t("real"))).to.equal("out_of_range");
    expect(cast(123456n, t("bigint"), t("decimal", { precision: 5, scale: 0 }))).to.equal("numeric_overflow");
  });

  it("go between numbers", () => {
    expect(cast(5, t("integer"), t("bigint"))).to.equal(5n);
    expect(cast(5n, t("bigint"), t("double"))).to.equal(5);
    expect(cast(0.1, t("double"), t("real"))).to.equal(Math.fround(0.1));
    expect(cast(0.1, t("double"), t("decimal"))).to.deep.equal(new Decimal(1n, 1));
    expect(cast(5, t("smallint"), t("decimal", { precision: 5, scale: 2 }))).to.deep.equal(new Decimal(500n, 2));
    expect(cast(new Decimal(-50n, 2), t("decimal"), t("double"))).to.equal(-0.5);
  });

  it("go between booleans and integers only when explicit", () => {
    expect(cast(true, t("boolean"), t("integer"))).to.equal(1);
    expect(cast(0n, t("bigint"), t("boolean"))).to.equal(false);
    expect(cast(true, t("boolean"), t("integer"), "assignment")).to.equal("cannot_cast");
    expect(cast(1, t("integer"), t("boolean"), "assignment")).to.equal("cannot_cast");
    expect(cast(1.5, t("double"), t("boolean"))).to.equal("cannot_cast");
  });

  it("go between days, times and moments", () => {
    const noon = 43_200_000_000n;
    expect(cast(1, t("date"), t("timestamp"))).to.equal(86_400_000_000n);
    expect(cast(noon - 86_400_000_000n, t("timestamp"), t("date"))).to.equal(-1);
    expect(cast(noon - 86_400_000_000n, t("timestamp"), t("time"))).to.equal(Number(noon));
    expect(cast(noon, t("timestamptz"), t("timestamp"))).to.equal(noon);
    expect(cast(5, t("integer"), t("timestamp"))).to.equal("cannot_cast");
    expect(cast(5, t("time"), t("date"))).to.equal("cannot_cast");
  });

  it("write text as PostgreSQL does", () => {
    const list = t("list", { element: t("text") });
    expect(cast(true, t("boolean"), t("text"))).to.equal("true");
    expect(cast(["a", null, "b c", 'd"', "", "null"], list, t("text"))).to.equal('{a,NULL,"b c","d\\"","","null"}');
    expect(cast([true, false], t("list", { element: t("boolean") }), t("text"))).to.equal("{t,f}");
    expect(cast([1, 2], t("list", { element: t("integer") }), t("text"))).to.equal("{1,2}");
    expect(cast(new Uint8Array([0, 255]), t("bytea"), t("text"))).to.equal("\\x00ff");
    expect(cast(1e20, t("double"), t("text"))).to.equal("1e+20");
    expect(cast("1 day", t("interval"), t("text"))).to.equal("1 day");
  });

  it("cut text that is too long when explicit, and refuse it on assignment", () => {
    const short = t("text", { length: 3 });
    expect(cast("abcdef", t("text"), short)).to.equal("abc");
    expect(cast("😀😀😀😀", t("text"), short)).to.equal("😀😀😀");
    expect(cast("abcdef", t("text"), short, "assignment")).to.equal("string_too_long");
    expect(cast("abc   ", t("text"), short, "assignment")).to.equal("abc");
  });

  it("make embeddings of lists and JSON", () => {
    const to = t("embedding", { dimensions: 2 });
    expect(cast([1, 2], t("list", { element: t("integer") }), to)).to.deep.equal(new Float32Array([1, 2]));
    expect(cast("[1,2]", t("json"), to)).to.deep.equal(new Float32Array([1, 2]));
    expect(cast("[1,2,3]", t("text"), to)).to.equal("embedding_dimensions");
    expect(cast([1, null], t("list", { element: t("integer") }), to)).to.equal("invalid_text");
    expect(cast(new Float32Array([1, 2]), to, t("json"))).to.equal("[1,2]");
  });

  it("refuse what PostgreSQL refuses, and name the column on assignment", () => {
    expect(cast("00000000-0000-0000-0000-000000000000", t("uuid"), t("integer"))).to.equal("cannot_cast");
    expect(cast(5, t("integer"), t("uuid"))).to.equal("cannot_cast");
    expect(cast(5, t("integer"), t("json"))).to.equal("cannot_cast");
    expect(() => castValue(1n, t("timestamp"), t("integer"), "assignment", "c")).to.throw(
      'column "c" is of type integer but expression is of type timestamp without time zone',
    );
  });

  it("of NULL are NULL, and to the same type change nothing", () => {
    fc.assert(
      fc.property(typedValue, ({ type, value }) => {
        expect(castValue(null, type, t("integer"), "assignment")).to.equal(null);
        expect(compareValues(type)(castValue(value, type, type, "assignment"), value)).to.equal(0);
      }),
    );
  });

  it("to text and back lose nothing", () => {
    fc.assert(
      fc.property(typedValue, ({ type, value }) => {
        const text = castValue(value, type, t("text"), "assignment");
        expect(text).to.equal(formatText(value, type));
        if (type.kind === "text") return;
        expect(compareValues(type)(castValue(text, t("text"), type, "explicit"), value)).to.equal(0);
      }),
      { numRuns: 300 },
    );
  });
});
