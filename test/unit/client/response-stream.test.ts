import { expect } from "chai";
import fc from "fast-check";
import { parseJson } from "../../../src/client/json.ts";
import { type ResponseEvent, ResponseReader } from "../../../src/client/response-stream.ts";

function read(chunks: readonly string[]): { events: ResponseEvent[]; frame: unknown } {
  const reader = new ResponseReader();
  const events = chunks.flatMap((chunk) => reader.push(chunk));
  return { events, frame: reader.finish() };
}

const rowsOf = (events: readonly ResponseEvent[]) =>
  events.flatMap((event) => (event.type === "rows" ? event.rows : []));

const schema = [{ name: "a", data_type: "Text", index: 0 }];

describe("ResponseReader", () => {
  it("gives schema, rows and result in order, and the frame without rows", () => {
    const response = {
      status: "success",
      results: [
        { schema, rows: [["x"], [null]], row_count: 2, as_user: "root" },
        { row_count: 1, message: "Inserted 1 row(s)" },
      ],
      took: 1.5,
      error: null,
    };
    const { events, frame } = read([JSON.stringify(response)]);
    expect(events).to.deep.equal([
      { type: "schema", schema },
      { type: "rows", rows: [["x"], [null]] },
      { type: "result", result: { schema, rows: [], row_count: 2, as_user: "root" } },
      { type: "result", result: { row_count: 1, message: "Inserted 1 row(s)" } },
    ]);
    expect(frame).to.deep.include({ status: "success", took: 1.5 });
  });

  it("reads any rows, however the text is cut and laid out", () => {
    const cell = fc.oneof(
      fc.constantFrom('"rows":[', "]]", "\\", '\\"', "é😀", "[1]", "}"),
      fc.string({ unit: "binary" }),
      fc.integer(),
      fc.constant(null),
      fc.array(fc.integer()),
      fc.dictionary(fc.string(), fc.string()),
    );
    const result = fc.record({
      schema: fc.constant(schema),
      rows: fc.array(fc.array(cell, { maxLength: 3 }), { maxLength: 5 }),
      row_count: fc.nat(),
    });
    fc.assert(
      fc.property(
        fc.array(result, { maxLength: 3 }),
        fc.integer({ min: 1, max: 12 }),
        fc.constantFrom(0, 2),
        (results, size, indent) => {
          const text = JSON.stringify({ status: "success", results, took: 1 }, null, indent);
          const chunks = text.match(new RegExp(`[\\s\\S]{1,${size}}`, "g")) ?? [];
          const { events } = read(chunks);
          expect(rowsOf(events)).to.deep.equal(JSON.parse(JSON.stringify(results.flatMap(({ rows }) => rows))));
          expect(events.filter((event) => event.type === "result")).to.have.length(results.length);
        },
      ),
    );
  });

  it("keeps every digit of whole numbers beyond 2^53, and doubles as numbers", () => {
    const fields = [
      { name: "t", data_type: "Timestamp", index: 0 },
      { name: "d", data_type: "Double", index: 1 },
    ];
    const text = `{"status":"success","results":[{"schema":${JSON.stringify(fields)},"rows":[[253402300799999999,100000000000000000000],["1234567890123456789",-1767225600123456]]}]}`;
    expect(rowsOf(read([text]).events)).to.deep.equal([
      ["253402300799999999", 1e20],
      ["1234567890123456789", -1767225600123456],
    ]);
  });

  it("takes no digits behind a point for a whole number", () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.bigInt(), fc.string())),
        (values) => {
          const long = "12345678901234567890";
          const written = values.map((value) => (typeof value === "bigint" ? value.toString() : JSON.stringify(value)));
          const read = parseJson(`[${[...written, long].join(",")}]`);
          const expected = values.map((value) => {
            if (typeof value === "bigint")
              return Number.isSafeInteger(Number(value)) ? Number(value) : value.toString();
            return typeof value === "number" &&
              Number.isInteger(value) &&
              !Number.isSafeInteger(value) &&
              Math.abs(value) < 1e21
              ? JSON.stringify(value)
              : value;
          });
          expect(JSON.stringify(read)).to.equal(JSON.stringify([...expected, long]));
        },
      ),
    );
  });

  it("refuses an answer that was cut off", () => {
    const reader = new ResponseReader();
    reader.push('{"status":"success","results":[{"schema":[],"rows":[[1],[2');
    expect(() => reader.finish()).to.throw(SyntaxError);
  });
});
