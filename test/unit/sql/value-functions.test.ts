import { expect } from "chai";
import { withoutEmptyCalls } from "../../../src/engine/sql/value-functions.ts";

describe("sql: value functions with parentheses", () => {
  it("blanks the parentheses and keeps every offset", () => {
    expect(withoutEmptyCalls("SELECT CURRENT_USER ( ), x")).to.equal("SELECT CURRENT_USER    , x");
    expect(withoutEmptyCalls("SELECT current_user_id()")).to.equal("SELECT current_user_id()");
  });

  it("leaves strings, comments and quoted names alone", () => {
    for (const text of ["SELECT 'current_user()'", 'SELECT "current_user"()', "SELECT 1 -- current_user()"]) {
      expect(withoutEmptyCalls(text)).to.equal(text);
    }
  });
});
