import { expect } from "chai";
import type { CatalogNames } from "../../../src/cli/repl/catalog-names.ts";
import { complete } from "../../../src/cli/repl/completion.ts";

const NAMES: CatalogNames = {
  namespaces: ["chat", "app"],
  tables: new Map([
    ["chat", ["messages", "Odd Name"]],
    ["app", ["items"]],
  ]),
  columns: new Map([
    ["chat.messages", ["id", "body"]],
    ["app.items", ["price"]],
  ]),
};
const hits = (text: string) => complete(text, NAMES, "chat")[0];

describe("completion", () => {
  it("offers keywords in the case of what was typed", () => {
    expect(hits("sel")).to.deep.equal(["select"]);
    expect(hits("SEL")).to.deep.equal(["SELECT"]);
  });

  it("offers tables and namespaces where a table belongs", () => {
    expect(hits("SELECT * FROM ")).to.deep.equal(["messages", '"Odd Name"', "chat.", "app."]);
    expect(hits("SELECT * FROM app.")).to.deep.equal(["app.items"]);
    expect(hits("\\d mes")).to.deep.equal(["messages"]);
    expect(hits("USE a")).to.deep.equal(["app"]);
  });

  it("offers columns of the tables that the statement names, also behind an alias", () => {
    expect(hits("SELECT * FROM messages WHERE bo")).to.include("body");
    expect(hits("SELECT * FROM app.items i WHERE i.p")).to.deep.equal(["i.price"]);
    expect(hits("SELECT bod"), "before a table is named").to.deep.equal(["body"]);
    expect(hits("SELECT messages.")).to.deep.equal(["messages.id", "messages.body"]);
  });

  it("offers meta commands, and says what the candidates replace", () => {
    expect(complete("  \\ti", NAMES)).to.deep.equal([["\\timing"], "\\ti"]);
    expect(complete("select 1\n\\ti", NAMES), "within a statement").to.deep.equal([["\\timing"], "\\ti"]);
    expect(hits("\\d+ mes")).to.deep.equal(["messages"]);
    expect(hits("\\dv a")).to.deep.equal(["app"]);
    expect(complete("SELECT * FROM app.it", NAMES)[1]).to.equal("app.it");
  });
});
