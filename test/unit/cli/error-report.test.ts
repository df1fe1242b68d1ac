import { expect } from "chai";
import { reportError } from "../../../src/cli/error-report.ts";
import { RequestUnits, unitOf } from "../../../src/cli/script/request-unit.ts";
import { ServerError } from "../../../src/client/index.ts";

const failure = (message: string, position?: number, hint?: string) =>
  new ServerError({ code: "SQL_EXECUTION_ERROR", message, status: 400, sqlstate: "42P01", position, hint });

describe("error report", () => {
  it("names file and line of the place, and shows it", () => {
    const text = "SELECT *\n\tFROM 日本, nothing\nWHERE a";
    const error = failure("Statement 1 failed: no such table", text.indexOf("nothing"), "look");
    expect(reportError(error, unitOf({ text, line: 10 }, "a.sql"))).to.equal(
      [
        "a.sql:11: ERROR 42P01: no such table",
        "LINE 2:  FROM 日本, nothing",
        "                    ^",
        "HINT: look",
      ].join("\n"),
    );
  });

  it("finds the statement of a transaction by the place or by its number, and its file", () => {
    const units = new RequestUnits();
    units.add({ kind: "statement", text: "BEGIN", line: 5 }, "a.sql");
    units.add({ kind: "statement", text: "INSERT\n INTO x", line: 7 }, "b.sql");
    const unit = units.add({ kind: "statement", text: "COMMIT", line: 20 }, "b.sql");
    expect(reportError(failure("Statement 2 failed: m", unit?.text.indexOf("x")), unit)).to.equal(
      "b.sql:8: ERROR 42P01: m\nLINE 2:  INTO x\n              ^",
    );
    expect(reportError(failure("Statement 3 failed: m"), unit)).to.equal("b.sql:20: ERROR 42P01: m");
  });

  it("shows a part of a long line", () => {
    const text = `SELECT '${"x".repeat(500)}', nothing, '${"y".repeat(500)}'`;
    const [, line = "", caret = ""] = reportError(
      failure("m", text.indexOf("nothing")),
      unitOf({ text, line: 1 }),
    ).split("\n");
    expect(line.length).to.be.below(100);
    expect(line.slice(caret.indexOf("^"))).to.match(/^nothing/);
  });

  it("keeps the place at the end of the text", () => {
    expect(reportError(failure("m", 6), unitOf({ text: "SELECT", line: 1 }))).to.equal(
      "ERROR 42P01: m\nLINE 1: SELECT\n              ^",
    );
  });
});
