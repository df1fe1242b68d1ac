import { expect } from "chai";
import fc from "fast-check";
import { type ColumnType, compareValues, Decimal, formatText, parseText } from "../../../src/engine/types/index.ts";
import { KalamError } from "../../../src/errors/index.ts";
import { typedValue } from "./value-arbitraries.ts";

/** `key: message` of the error, or the value's text. */
function read(input: string, type: ColumnType): string {
  try {
    const value = parseText(input, type, "c");
    return value === null ? "NULL" : formatText(value, type);
  } catch (error) {
    if (error instanceof KalamError) return error.key;
    throw error;
  }
}

function messageOf(input: string, type: ColumnType): string {
  try {
    parseText(input, type, "c");
  } catch (error) {
    if (error instanceof KalamError) return `${error.definition.sqlstate} ${error.message}`;
    throw error;
  }
  throw new Error("nothing was thrown");
}

const cases: [ColumnType, [string, string][]][] = [
  [
    { kind: "boolean" },
    [
      [" T ", "true"],
      ["yes", "true"],
      ["on", "true"],
      ["1", "true"],
      ["fal", "false"],
      ["off", "false"],
      ["n", "false"],
      ["o", "invalid_text"],
      ["", "invalid_text"],
      ["2", "invalid_text"],
      ["truest", "invalid_text"],
    ],
  ],
  [
    { kind: "smallint" },
    [
      [" -32768 ", "-32768"],
      ["32768", "out_of_range"],
      ["+5", "5"],
      ["1.5", "invalid_text"],
      ["", "invalid_text"],
      ["0x1F", "31"],
      ["-0b101", "-5"],
      ["1_000", "1000"],
    ],
  ],
  [
    { kind: "bigint" },
    [
      ["9223372036854775807", "9223372036854775807"],
      ["-9223372036854775808", "-9223372036854775808"],
      ["9223372036854775808", "out_of_range"],
      ["9".repeat(500), "out_of_range"],
    ],
  ],
  [
    { kind: "double" },
    [
      ["1e20", "1e+20"],
      ["0.1", "0.1"],
      ["-0", "-0"],
      ["123456789012345", "123456789012345"],
      ["1234567890123456", "1.234567890123456e+15"],
      ["0.0001", "0.0001"],
      ["0.00001", "1e-05"],
      ["nan", "NaN"],
      ["-Infinity", "-Infinity"],
      ["1e400", "out_of_range"],
      ["1e-400", "out_of_range"],
      ["0e5", "0"],
      [".5", "0.5"],
      ["5.", "5"],
      ["0x10", "invalid_text"],
      ["", "invalid_text"],
    ],
  ],
  [
    { kind: "real" },
    [
      ["0.1", "0.1"],
      ["16777217", "1.6777216e+07"],
      ["123456", "123456"],
      ["65819568", "6.5819568e+07"],
      ["-2063817.25", "-2.0638172e+06"],
      ["8999999488", "8.999999e+09"],
      ["3.4e39", "out_of_range"],
      ["3.4028235e38", "3.4028235e+38"],
      ["1e-45", "1e-45"],
    ],
  ],
  [
    { kind: "decimal", precision: 5, scale: 2 },
    [
      ["-0.5", "-0.50"],
      ["1.005", "1.01"],
      ["-1.005", "-1.01"],
      ["999.994", "999.99"],
      ["999.995", "numeric_overflow"],
      ["1e2", "100.00"],
      ["1e-9", "0.00"],
      ["1e999999999", "numeric_overflow"],
      ["1e-999999999", "0.00"],
      [".", "invalid_text"],
      ["NaN", "invalid_text"],
      ["", "invalid_text"],
    ],
  ],
  [
    { kind: "date" },
    [
      ["2026-01-31", "2026-01-31"],
      ["20260131", "2026-01-31"],
      ["2026/1/31", "2026-01-31"],
      ["2026-01-31T23:59:59Z", "2026-01-31"],
      ["2026-01-31 24:00", "2026-01-31"],
      ["2024-02-29", "2024-02-29"],
      ["2026-02-29", "datetime_out_of_range"],
      ["2026-13-01", "datetime_out_of_range"],
      ["0044-03-15 BC", "0044-03-15 BC"],
      ["12026-01-31", "12026-01-31"],
      ["epoch", "1970-01-01"],
      ["2026-01-31 nonsense", "invalid_datetime"],
      ["today I went", "invalid_datetime"],
      ["", "invalid_datetime"],
    ],
  ],
  [
    { kind: "time" },
    [
      ["12:00", "12:00:00"],
      ["23:59:59.1234567", "23:59:59.123457"],
      ["24:00:00", "24:00:00"],
      ["24:00:01", "datetime_out_of_range"],
      ["12:60:00", "datetime_out_of_range"],
      ["1:30 PM", "13:30:00"],
      ["12:00 AM", "00:00:00"],
      ["12:00+02", "12:00:00"],
      ["1:2:3", "01:02:03"],
      ["0:30 PM", "12:30:00"],
      ["12:00:00,5", "invalid_datetime"],
      ["2026-01-31 12:00", "12:00:00"],
      ["2026-01-31", "invalid_datetime"],
      ["noon", "invalid_datetime"],
    ],
  ],
  [
    { kind: "timestamp" },
    [
      ["2026-01-31 12:00:00.123456", "2026-01-31 12:00:00.123456"],
      ["2026-01-31T12:00:00.1234567Z", "2026-01-31 12:00:00.123457"],
      ["2026-01-31T12:00:00.1234565Z", "2026-01-31 12:00:00.123456"],
      ["2026-12-31 23:59:59.9999999", "2027-01-01 00:00:00"],
      ["2026-01-31 12:00:00+02", "2026-01-31 12:00:00"],
      ["2026-01-31", "2026-01-31 00:00:00"],
      ["2026-01-31 24:00", "2026-02-01 00:00:00"],
      ["20260131T120000", "2026-01-31 12:00:00"],
      ["1969-12-31 23:59:59.5", "1969-12-31 23:59:59.5"],
      ["0001-01-01 00:00:00 BC", "0001-01-01 00:00:00 BC"],
      ["294247-01-11", "datetime_out_of_range"],
      ["2026-01-31 25:00", "datetime_out_of_range"],
      ["2026-01-31 12:00:00 nowhere", "invalid_datetime"],
      ["infinity", "invalid_datetime"],
      ["x".repeat(100_000), "invalid_datetime"],
    ],
  ],
  [
    { kind: "timestamptz" },
    [
      ["2026-01-31 12:00:00+02", "2026-01-31 10:00:00+00"],
      ["2026-01-31T12:00:00-03:30", "2026-01-31 15:30:00+00"],
      ["2026-01-31T12:00:00Z", "2026-01-31 12:00:00+00"],
      ["2026-01-31 12:00:00", "2026-01-31 12:00:00+00"],
      ["2026-07-01 12:00:00 Europe/Berlin", "2026-07-01 10:00:00+00"],
      ["2026-01-31 12:00:00 America/New_York", "2026-01-31 17:00:00+00"],
      ["2026-01-31 12:00:00+99", "invalid_datetime"],
    ],
  ],
  [{ kind: "datetime" }, [["2026-01-31 12:00:00+02", "2026-01-31 10:00:00"]]],
  [
    { kind: "uuid" },
    [
      ["A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"],
      ["{a0eebc999c0b4ef8bb6d6bb9bd380a11}", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"],
      ["a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a1", "invalid_text"],
    ],
  ],
  [
    { kind: "bytea" },
    [
      ["\\x00fF", "\\x00ff"],
      ["\\x 00 ff ", "\\x00ff"],
      ["\\x00 ff", "\\x00ff"],
      ["\\x0", "invalid_text"],
      ["a\\\\b\\001", "\\x615c6201"],
      ["a\\9", "invalid_text"],
      ["é", "\\xc3a9"],
    ],
  ],
  [
    { kind: "json" },
    [
      ['{"b": 1,  "a":[]}', '{"b": 1,  "a":[]}'],
      ["12345678901234567890", "12345678901234567890"],
      ["{a: 1}", "invalid_text"],
      ["", "invalid_text"],
    ],
  ],
  [
    { kind: "file" },
    [
      ['{"id":"1"}', '{"id":"1"}'],
      ["[1]", "invalid_text"],
      ["null", "invalid_text"],
    ],
  ],
  [
    { kind: "embedding", dimensions: 2 },
    [
      ["[1, 2.5]", "[1,2.5]"],
      ["[1]", "embedding_dimensions"],
      ['[1, "2"]', "invalid_text"],
      ["[1, 1e39]", "out_of_range"],
      ["{}", "invalid_text"],
      ["1,2", "invalid_text"],
    ],
  ],
  [
    { kind: "text", length: 3 },
    [
      ["abc", "abc"],
      ["abcd", "string_too_long"],
      ["abc  ", "abc"],
      ["😀😀😀", "😀😀😀"],
      ["😀😀😀😀", "string_too_long"],
      ["", ""],
    ],
  ],
  [
    { kind: "text" },
    [
      ["a\0b", "invalid_character"],
      ["\ud800", "invalid_character"],
      [" kept ", " kept "],
    ],
  ],
];

describe("text as PostgreSQL's input functions read it", () => {
  for (const [type, examples] of cases) {
    it(`to ${type.kind}${type.length === undefined ? "" : `(${type.length})`}`, () => {
      for (const [input, expected] of examples) expect(read(input, type), input.slice(0, 60)).to.equal(expected);
    });
  }

  it("is told in PostgreSQL's words, with the column", () => {
    expect(messageOf("x", { kind: "integer" })).to.equal(
      "22P02 invalid input syntax for type integer: \"x\" (column 'c')",
    );
    expect(messageOf("99999", { kind: "smallint" })).to.equal(
      "22003 value \"99999\" is out of range for type smallint (column 'c')",
    );
    expect(messageOf("abcd", { kind: "text", length: 3 })).to.equal(
      "22001 value too long for type character varying(3) (column 'c')",
    );
    expect(messageOf("2026-02-30", { kind: "date" })).to.equal(
      "22008 date/time field value out of range: \"2026-02-30\" (column 'c')",
    );
    expect(messageOf("[1]", { kind: "embedding", dimensions: 2 })).to.equal(
      "22000 Embedding dimension mismatch for column 'c': expected 2, got 1",
    );
    expect(messageOf("a\0", { kind: "text" })).to.equal(
      "22021 invalid byte sequence for encoding \"UTF8\": 0x00 (column 'c')",
    );
  });

  it("cuts long values in messages", () => {
    expect(messageOf("y".repeat(10_000), { kind: "integer" }).length).to.be.lessThan(200);
  });

  it("reads back whatever was written", () => {
    fc.assert(
      fc.property(typedValue, ({ type, value }) => {
        const again = parseText(formatText(value, type), type);
        if (type.kind === "bytea" || value instanceof Decimal || Number.isNaN(value)) {
          expect(compareValues(type)(again, value)).to.equal(0);
        } else expect(Object.is(again, value) || again === value).to.equal(true);
      }),
      { numRuns: 1000 },
    );
  });
});
