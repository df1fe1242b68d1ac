import { expect } from "chai";
import fc from "fast-check";
import { type InputItem, StatementSplitter, StatementTooLong } from "../../../src/cli/script/statement-splitter.ts";

function split(...chunks: string[]): InputItem[] {
  const splitter = new StatementSplitter();
  return [...chunks.flatMap((chunk) => splitter.push(chunk)), ...splitter.end()];
}

const texts = (...chunks: string[]) => split(...chunks).map((item) => item.text);

describe("StatementSplitter", () => {
  it("ends statements at semicolons, and the last one at the end of the text", () => {
    expect(texts("SELECT 1; SELECT 2 ;;\n SELECT 3")).to.deep.equal(["SELECT 1", "SELECT 2", "SELECT 3"]);
  });

  it("leaves semicolons in quotes alone", () => {
    expect(texts(`SELECT 'a;b', "c;d", 'it''s;'; x`)).to.deep.equal([`SELECT 'a;b', "c;d", 'it''s;'`, "x"]);
  });

  it("knows backslashes in E-strings only", () => {
    expect(texts("SELECT E'a\\';b'; SELECT 'a\\'; SELECT n'\\'; x")).to.deep.equal([
      "SELECT E'a\\';b'",
      "SELECT 'a\\'",
      "SELECT n'\\'",
      "x",
    ]);
    expect(texts("SELECT type'\\'; x"), "a name that ends in e").to.deep.equal(["SELECT type'\\'", "x"]);
  });

  it("leaves dollar quotes alone, tagged or not", () => {
    expect(texts("SELECT $$a;'b$$, $x$;$$;$y$;$x$; SELECT $1; a$b$;c$b$")).to.deep.equal([
      "SELECT $$a;'b$$, $x$;$$;$y$;$x$",
      "SELECT $1",
      "a$b$",
      "c$b$",
    ]);
  });

  it("ignores comments wherever they stand", () => {
    const script = "-- first; 'not a quote\n/* ; /* nested ; */ ' */ SELECT 1 -- ; it's\n, 2 /* ; */; --end;";
    expect(texts(script)).to.deep.equal(["SELECT 1 -- ; it's\n, 2 /* ; */"]);
  });

  it("keeps operators that look like the beginning of a comment", () => {
    expect(texts("SELECT 1-2/3; SELECT -1")).to.deep.equal(["SELECT 1-2/3", "SELECT -1"]);
  });

  it("says on which line a statement begins", () => {
    const script = "\ufeff\n-- c\nSELECT\n1;\n/*\n\n*/ SELECT 2; SELECT 3;\n\nSELECT 'a\n';SELECT 4";
    expect(split(script).map((item) => item.line)).to.deep.equal([3, 7, 7, 9, 10]);
  });

  it("takes a backslash line between statements as a meta command", () => {
    const items = split("\\dt\nSELECT 1;\n  \\d chat.messages;\nSELECT '\n\\x';\n\\q");
    expect(items).to.deep.equal([
      { kind: "meta", text: "\\dt", line: 1 },
      { kind: "statement", text: "SELECT 1", line: 2 },
      { kind: "meta", text: "\\d chat.messages;", line: 3 },
      { kind: "statement", text: "SELECT '\n\\x'", line: 4 },
      { kind: "meta", text: "\\q", line: 6 },
    ]);
  });

  it("says what is still open", () => {
    const open = (text: string) => {
      const splitter = new StatementSplitter();
      splitter.push(text);
      return splitter.open;
    };
    expect(
      ["", "SELECT 1;\n", "SELECT\n", "SELECT '\n", 'SELECT "\n', "SELECT (1,\n", "/* \n", "SELECT $a$\n"].map(open),
    ).to.deep.equal(["nothing", "nothing", "statement", "'", '"', "(", "/*", "$"]);
  });

  it("forgets what is unfinished and goes on counting lines", () => {
    const splitter = new StatementSplitter();
    splitter.push("SELECT '\n\n");
    splitter.reset();
    expect(splitter.push("SELECT 1;")).to.deep.equal([{ kind: "statement", text: "SELECT 1", line: 3 }]);
  });

  it("takes a command out of the middle of a statement, which goes on", () => {
    expect(split("SELECT 1, \\dt app;\n2; \\x")).to.deep.equal([
      { kind: "meta", text: "\\dt app;", line: 1 },
      { kind: "statement", text: "SELECT 1, \n2", line: 1 },
      { kind: "meta", text: "\\x", line: 2 },
    ]);
    expect(texts("SELECT '\n\\q\n', $$\\q$$ /* \\q */")).to.have.length(1);
  });

  it("ends a statement at \\g, and drops it at \\r", () => {
    expect(split("SELECT (1 \\g\nSELECT 2\n\\gx\nSELECT 3 \\G\n\\g\n")).to.deep.equal([
      { kind: "statement", text: "SELECT (1", line: 1 },
      { kind: "statement", text: "SELECT 2", line: 2, expanded: true },
      { kind: "statement", text: "SELECT 3", line: 4, expanded: true },
      { kind: "meta", text: "\\g", line: 5 },
    ]);
    expect(texts("SELECT (\n1 \\r\nSELECT 2; SELECT 3 \\g file\n")).to.deep.equal([
      "\\r",
      "SELECT 2",
      "\\g file",
      "SELECT 3",
    ]);
  });

  it("refuses a statement without end", () => {
    const splitter = new StatementSplitter(100);
    splitter.push("SELECT 1;\n");
    expect(() => splitter.push(`SELECT '${"x".repeat(100)}`))
      .to.throw(StatementTooLong)
      .with.property("line", 2);
  });

  it("gives the same items however the text is cut", () => {
    const piece = fc.constantFrom(
      "'",
      "''",
      '"',
      ";",
      "\n",
      "--",
      "-",
      "/*",
      "*/",
      "/",
      "*",
      "$$",
      "$a$",
      "$",
      "a",
      "E",
      "e'",
      "\\",
      " ",
      "(",
      ")",
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
        expect(split(...pieces)).to.deep.equal(split(pieces.join("")));
        expect(split(...pieces.join(""))).to.deep.equal(split(pieces.join("")));
      }),
      { numRuns: 1000 },
    );
  });

  it("loses no statement of a script", () => {
    const statement = fc.constantFrom(
      "SELECT 1",
      "SELECT ';'",
      'SELECT ";"',
      "SELECT $$;$$",
      "SELECT /*;*/ 2",
      "SELECT E'\\';'",
      "x --;\n",
    );
    fc.assert(
      fc.property(fc.array(statement, { maxLength: 10 }), (statements) => {
        expect(texts(`${statements.join(";\n")};`)).to.deep.equal(statements.map((text) => text.trimEnd()));
      }),
    );
  });
});
