import { expect } from "chai";
import type { Parameter } from "../../../src/engine/request.ts";
import { type Literal, NumberLiteral } from "../../../src/engine/sql/statement.ts";
import { assignInput, type ColumnType, Decimal, type Value } from "../../../src/engine/types/index.ts";
import { KalamError } from "../../../src/errors/index.ts";

const number = (text: string): NumberLiteral => new NumberLiteral(text);

function assign(input: Literal | Parameter, type: ColumnType): Value | string {
  try {
    return assignInput(input, type, "c");
  } catch (error) {
    if (error instanceof KalamError) return `${error.key}: ${error.message}`;
    throw error;
  }
}

function key(input: Literal | Parameter, type: ColumnType): string | undefined {
  return String(assign(input, type)).split(":")[0];
}

describe("inputs assigned to columns", () => {
  it("give NULL to every type", () => {
    for (const kind of ["boolean", "bigint", "json", "embedding"] as const)
      expect(assign(null, { kind })).to.equal(null);
  });

  it("give whole numbers, rounded half away from zero, to integers", () => {
    expect(assign(number("2.5"), { kind: "integer" })).to.equal(3);
    expect(assign(number("-2.5"), { kind: "integer" })).to.equal(-3);
    expect(assign(2.5, { kind: "smallint" })).to.equal(3);
    expect(assign(number("1e3"), { kind: "bigint" })).to.equal(1000n);
    expect(assign(7, { kind: "bigint" })).to.equal(7n);
    expect(assign(7n, { kind: "integer" })).to.equal(7);
    expect(assign("42", { kind: "integer" })).to.equal(42);
    expect(key("2.5", { kind: "integer" })).to.equal("invalid_text");
  });

  it("keep every digit of 64-bit integers and decimals", () => {
    expect(assign(number("9223372036854775807"), { kind: "bigint" })).to.equal(9223372036854775807n);
    expect(
      assign(number("12345678901234567890.123456789"), { kind: "decimal", precision: 38, scale: 9 }),
    ).to.deep.equal(new Decimal(12345678901234567890123456789n, 9));
    expect(assign("-0.50", { kind: "decimal", precision: 3, scale: 2 })).to.deep.equal(new Decimal(-50n, 2));
  });

  it("are refused when they are out of range", () => {
    expect(key(number("32768"), { kind: "smallint" })).to.equal("out_of_range");
    expect(key(2147483648, { kind: "integer" })).to.equal("out_of_range");
    expect(key(number("9223372036854775808"), { kind: "bigint" })).to.equal("out_of_range");
    expect(key(1e300, { kind: "bigint" })).to.equal("out_of_range");
    expect(key(number(`1${"0".repeat(5000)}`), { kind: "bigint" })).to.equal("out_of_range");
    expect(key(number("1e999999999"), { kind: "bigint" })).to.equal("out_of_range");
    expect(key(number("1000"), { kind: "decimal", precision: 3, scale: 0 })).to.equal("numeric_overflow");
    expect(key(number("1e400"), { kind: "double" })).to.equal("out_of_range");
    expect(key(1e39, { kind: "real" })).to.equal("out_of_range");
  });

  it("give numbers to text as PostgreSQL writes them", () => {
    expect(assign(number("007"), { kind: "text" })).to.equal("7");
    expect(assign(number("1.50"), { kind: "text" })).to.equal("1.50");
    expect(assign(number("1e3"), { kind: "text" })).to.equal("1000");
    expect(assign(2.5, { kind: "text" })).to.equal("2.5");
    expect(assign(true, { kind: "text" })).to.equal("true");
    expect(key(12345, { kind: "text", length: 3 })).to.equal("string_too_long");
  });

  it("give 0, 1 and booleans to BOOLEAN, and no other number", () => {
    expect(assign(1, { kind: "boolean" })).to.equal(true);
    expect(assign(number("0"), { kind: "boolean" })).to.equal(false);
    expect(assign(false, { kind: "boolean" })).to.equal(false);
    expect(assign(2, { kind: "boolean" })).to.equal(
      'datatype_mismatch: column "c" is of type boolean but expression is of type integer',
    );
  });

  it("give whole numbers to temporal types in the unit of the wire", () => {
    expect(assign(1769860800123456, { kind: "timestamp" })).to.equal(1769860800123456n);
    expect(assign(number("1769860800123456"), { kind: "timestamptz" })).to.equal(1769860800123456n);
    expect(assign(-1n, { kind: "datetime" })).to.equal(-1n);
    expect(assign(20000, { kind: "date" })).to.equal(20000);
    expect(assign(43_200_000_000, { kind: "time" })).to.equal(43_200_000_000);
    expect(key(1.5, { kind: "timestamp" })).to.equal("datatype_mismatch");
    expect(key(86_400_000_001, { kind: "time" })).to.equal("datetime_out_of_range");
    expect(key(number("9223372036854775808"), { kind: "timestamp" })).to.equal("datetime_out_of_range");
    expect(key(1e18, { kind: "date" })).to.equal("datetime_out_of_range");
  });

  it("give numbers and booleans to JSON", () => {
    expect(assign(2.5, { kind: "json" })).to.equal("2.5");
    expect(assign(number("007"), { kind: "json" })).to.equal("7");
    expect(assign(true, { kind: "json" })).to.equal("true");
    expect(key("not json", { kind: "json" })).to.equal("invalid_text");
  });

  it("are refused where PostgreSQL has no assignment", () => {
    expect(key(true, { kind: "integer" })).to.equal("datatype_mismatch");
    for (const kind of ["uuid", "bytea", "embedding", "file"] as const) {
      expect(key(5, { kind }), kind).to.equal("datatype_mismatch");
      expect(key(false, { kind }), kind).to.equal("datatype_mismatch");
    }
  });

  it("give any double to DOUBLE and round to REAL", () => {
    expect(assign(0.1, { kind: "double" })).to.equal(0.1);
    expect(assign(number("0.1"), { kind: "real" })).to.equal(Math.fround(0.1));
    expect(Object.is(assign(-0, { kind: "double" }), -0)).to.equal(true);
    expect(assign("NaN", { kind: "double" })).to.be.NaN;
  });
});
