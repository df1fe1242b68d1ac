import { expect } from "chai";
import fc from "fast-check";
import { splitStatements } from "../../../src/engine/sql/splitter.ts";
import { errorOf, failureOf, loadSqlParser, newParser } from "./parse.ts";

const texts = (sql: string) => splitStatements(sql).map((piece) => piece.text);

describe("splitting a request into statements", () => {
  before(loadSqlParser);

  it("cuts at semicolons and leaves out empty pieces and comments", () => {
    expect(texts("SELECT 1; SELECT 2")).to.deep.equal(["SELECT 1", "SELECT 2"]);
    expect(texts(" ;; SELECT 1 ;\n-- done\n/* ; */ ;")).to.deep.equal(["SELECT 1"]);
    expect(texts(" -- nothing ; here")).to.deep.equal([]);
    expect(newParser().parse("; -- x\n")).to.deep.equal([]);
  });

  it("keeps semicolons in quotes, comments and parentheses", () => {
    for (const one of [
      "SELECT ';' || 'it''s;'",
      'SELECT ";" FROM "a;b"',
      "SELECT `a;b` FROM t",
      "SELECT $$ ; $$, $tag$ ; $$ ; $tag$",
      "SELECT E'\\';' , 1",
      "SELECT /* ; /* ; */ ; */ 1 -- ;",
      "EXECUTE AS USER 'x' (SELECT 1; SELECT 2)",
      "SELECT a$b;".slice(0, -1),
    ]) {
      expect(texts(`${one}`), one).to.deep.equal([one.trimEnd()]);
      expect(texts(`${one}\n;SELECT 2`), one).to.deep.equal([one, "SELECT 2"]);
    }
  });

  it("places every piece where it stands in the request", () => {
    const piece = fc.constantFrom(
      "SELECT 1",
      "SELECT ';'",
      "UPDATE t SET a = $$;$$",
      'DELETE FROM "x;"',
      "BEGIN",
      "USE é",
    );
    const gap = fc.constantFrom(";", " ; ", ";\n-- c;\n", ";;/* ; */");
    fc.assert(
      fc.property(fc.array(fc.tuple(piece, gap)), (parts) => {
        const text = parts.flat().join("");
        const pieces = splitStatements(text);
        expect(pieces.map(({ text }) => text)).to.deep.equal(parts.map(([statement]) => statement));
        for (const { text: statement, offset } of pieces) {
          expect(text.slice(offset, offset + statement.length)).to.equal(statement);
        }
      }),
    );
  });

  it("says which quote or comment is open, in PostgreSQL's words", () => {
    const open: [string, string, number][] = [
      ["SELECT 1; SELECT 'abc", 'unterminated quoted string at or near "\'abc"', 17],
      ["SELECT 1 /* x", 'unterminated /* comment at or near "/* x"', 9],
      ['SELECT "a', 'unterminated quoted identifier at or near ""a"', 7],
      ["CREATE TABLE $a$ x", 'unterminated dollar-quoted string at or near "$a$ x"', 13],
    ];
    for (const [sql, message, position] of open) {
      const failure = failureOf(sql);
      expect(failure.error.key).to.equal("batch_parse_error");
      expect(failure.message).to.equal(message);
      expect(failure.position).to.equal(position);
      expect(failure.statement).to.equal(0);
    }
  });

  it("names the statement that does not parse", () => {
    const failure = failureOf("SELECT 1; SELEC 2");
    expect([failure.statement, failure.error.key, failure.position]).to.deep.equal([2, "syntax_error", 10]);
    expect(failure.text).to.equal("SELEC 2");
  });

  it("refuses texts that are too long or not text", () => {
    expect(errorOf("SELECT 1\0").message).to.equal('invalid byte sequence for encoding "UTF8": 0x00');
    expect(errorOf("SELECT '\ud800'").key).to.equal("batch_parse_error");
    expect(errorOf(`SELECT '${"é".repeat(1 << 19)}'`).key).to.equal("statement_too_long");
  });
});
