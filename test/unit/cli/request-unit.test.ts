import { expect } from "chai";
import { type RequestUnit, RequestUnits } from "../../../src/cli/script/request-unit.ts";

function units(...statements: string[]): (RequestUnit | undefined)[] {
  const collector = new RequestUnits();
  const made = statements.map((text, index) => collector.add({ kind: "statement", text, line: index + 1 }));
  return [...made, collector.end()].filter((unit) => unit !== undefined);
}

describe("RequestUnits", () => {
  it("sends every statement alone", () => {
    expect(units("SELECT 1", "COMMIT", "SELECT 2").map((unit) => unit?.text)).to.deep.equal([
      "SELECT 1",
      "COMMIT",
      "SELECT 2",
    ]);
  });

  it("sends a transaction in one piece, and knows where its statements stand", () => {
    const [unit, ...others] = units("BEGIN", "INSERT 1", "COMMIT");
    expect(others).to.deep.equal([]);
    expect(unit?.text).to.equal("BEGIN;\nINSERT 1;\nCOMMIT");
    for (const { text, offset } of unit?.statements ?? [])
      expect(unit?.text.slice(offset, offset + text.length)).to.equal(text);
    expect(unit?.statements.map(({ line }) => line)).to.deep.equal([1, 2, 3]);
  });

  it("knows all spellings", () => {
    expect(
      units("start  transaction", "a", "ROLLBACK", "begin work", "b", "end", "b2").map((unit) => unit?.text),
    ).to.deep.equal(["start  transaction;\na;\nROLLBACK", "begin work;\nb;\nend", "b2"]);
  });

  it("remembers what was completed last, for \\g", () => {
    const collector = new RequestUnits();
    for (const text of ["SELECT 1", "BEGIN", "a", "COMMIT", "BEGIN"]) {
      collector.add({ kind: "statement", text, line: 1 });
    }
    expect(collector.last?.text).to.equal("BEGIN;\na;\nCOMMIT");
  });

  it("sends a transaction without end too, so that the server says what is wrong", () => {
    expect(units("BEGIN", "a").map((unit) => unit?.text)).to.deep.equal(["BEGIN;\na"]);
  });
});
