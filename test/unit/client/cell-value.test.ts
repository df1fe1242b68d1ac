import { expect } from "chai";
import { type Cell, KalamCellValue, SeqId, wrapRowMap } from "../../../src/client/index.ts";
import { createRuntime } from "../../../src/runtime/runtime.ts";

const cell = (value: Cell) => KalamCellValue.from(value);

describe("KalamCellValue", () => {
  it("gives null for NULL in every reading, and NULL as text", () => {
    const none = cell(null);
    for (const reading of [
      none.asString(),
      none.asInt(),
      none.asBigInt(),
      none.asFloat(),
      none.asBool(),
      none.asDate(),
    ]) {
      expect(reading).to.equal(null);
    }
    expect(none.isNull()).to.equal(true);
    expect(`${none}`).to.equal("NULL");
  });

  it("loses no digit of a BIGINT or a DECIMAL", () => {
    expect(cell("9007199254740993").asBigInt()).to.equal(9007199254740993n);
    expect(cell("-12.3400").asDecimal()).to.equal("-12.3400");
    expect(cell("7").asInt()).to.equal(7);
    expect(cell("-0.5").asFloat()).to.equal(-0.5);
    expect(cell("NaN").asFloat()).to.satisfy(Number.isNaN);
    expect(cell("seven").asInt()).to.equal(null);
    expect(cell("7.5").asBigInt()).to.equal(null);
    expect(cell(7.5).asBigInt()).to.equal(null);
  });

  it("reads truth values, text and bytes", () => {
    expect([cell(true).asBool(), cell("false").asBool(), cell(1).asBool(), cell("x").asBool()]).to.deep.equal([
      true,
      false,
      true,
      null,
    ]);
    expect([cell(true).asString(), cell(1.5).asString(), cell("a").asString(), cell([1]).asString()]).to.deep.equal([
      "true",
      "1.5",
      "a",
      "[1]",
    ]);
    expect(cell([1, 255]).asBytes()).to.deep.equal(Uint8Array.of(1, 255));
    expect(cell("Af8=").asBytes()).to.deep.equal(Uint8Array.of(1, 255));
    expect(cell("not base64").asBytes()).to.equal(null);
  });

  it("reads dates and times of any year, also such before 1970", () => {
    expect(cell(1_767_225_600_123_456).asDate()?.toISOString()).to.equal("2026-01-01T00:00:00.123Z");
    expect(cell(-1).asDate()?.toISOString()).to.equal("1969-12-31T23:59:59.999Z");
    expect(cell(86_400_000_000).asDate()?.toISOString()).to.equal("1970-01-02T00:00:00.000Z");
    expect(cell("2026-01-01T00:00:00Z").asDate()?.getTime()).to.equal(1_767_225_600_000);
    expect(cell(20_454).asDateOnly()?.toISOString()).to.equal("2026-01-01T00:00:00.000Z");
    expect(cell("soon").asDate()).to.equal(null);
    expect(cell(45_296_000_000).asTimeString()).to.equal("12:34:56");
    expect(cell(45_296_500_000).asTimeString()).to.equal("12:34:56.5");
  });

  it("reads JSON text, lists and vectors", () => {
    expect(cell('{"a":[1]}').asObject()).to.deep.equal({ a: [1] });
    expect(cell("{").asObject()).to.equal(null);
    expect(cell("[1,2]").asArray()).to.deep.equal([1, 2]);
    expect(cell("[0.5,1]").asEmbedding()).to.deep.equal([0.5, 1]);
    expect(cell([0.5]).asEmbedding()).to.deep.equal([0.5]);
    expect(cell(["x"]).asEmbedding()).to.equal(null);
  });

  it("is its wire value in JSON, and wraps whole rows", () => {
    const row = wrapRowMap({ id: "1", body: null });
    expect(row.id?.asBigInt()).to.equal(1n);
    expect(JSON.stringify(row)).to.equal('{"id":"1","body":null}');
  });
});

describe("SeqId", () => {
  it("knows when it was made and how it is ordered", () => {
    const runtime = createRuntime({ node: 7 });
    const before = runtime.clock.now();
    const [first, second] = [SeqId.from(runtime.seq.next()), SeqId.from(runtime.seq.next())];
    expect(first.timestampMillis).to.be.at.least(before);
    expect(first.toDate().getTime()).to.equal(first.timestampMillis);
    expect(first.worker).to.equal(7);
    expect(first.compare(second)).to.be.lessThan(0);
    expect(second.compare(first)).to.be.greaterThan(0);
    expect(first.compare(SeqId.from(first.toString()))).to.equal(0);
  });

  it("keeps every digit in text and in JSON", () => {
    const id = SeqId.from("1152921504606846977");
    expect(id.toBigInt()).to.equal(1152921504606846977n);
    expect(JSON.stringify({ id })).to.equal('{"id":"1152921504606846977"}');
    expect(cell("1152921504606846977").asSeqId()?.toString()).to.equal(id.toString());
    expect(() => SeqId.from("x")).to.throw(SyntaxError);
  });
});
