import { expect } from "chai";
import fc from "fast-check";
import { encodeRecord, findRecords, type LogRecord } from "../../../src/drivers/hot/sqlite/log-record.ts";

const GENERATION = Buffer.from("0123456789abcdef", "hex");
const record = (sequence: number, text: string): LogRecord => ({ sequence, data: Buffer.from(text) });

describe("records of the commit log", () => {
  it("are found again among remains of others, wherever they begin", () => {
    const former = encodeRecord(Buffer.alloc(8, 7), record(1, "of a former generation"));
    const cut = encodeRecord(GENERATION, record(2, "overwritten in the middle")).subarray(0, 30);
    const bytes = Buffer.concat([
      encodeRecord(GENERATION, record(5, "first")),
      cut,
      former,
      encodeRecord(GENERATION, record(6, "")),
      encodeRecord(GENERATION, record(2 ** 40, "last")),
      cut,
    ]);
    const found = findRecords(bytes, GENERATION).map(({ sequence, data }) => [sequence, String(data)]);
    expect(found).to.deep.equal([
      [5, "first"],
      [6, ""],
      [2 ** 40, "last"],
    ]);
  });

  it("are not taken for whole when any byte is another", () => {
    const whole = encodeRecord(GENERATION, record(9, "some bytes"));
    const places = fc.integer({ min: 0, max: whole.length - 1 });
    fc.assert(
      fc.property(places, fc.integer({ min: 1, max: 255 }), (place, change) => {
        const damaged = Buffer.from(whole);
        damaged[place] = (damaged[place] as number) ^ change;
        expect(findRecords(damaged, GENERATION)).to.deep.equal([]);
      }),
    );
  });
});
