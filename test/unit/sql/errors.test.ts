import { expect } from "chai";
import { locate } from "../../../src/engine/sql/index.ts";
import { errorOf, failureOf, loadSqlParser, newParser, statementOf } from "./parse.ts";

describe("errors in the text of a statement", () => {
  before(loadSqlParser);

  it("are worded and placed as PostgreSQL does, in UTF-16 units", () => {
    const cases: [string, string, number][] = [
      ["SELEC 1", 'syntax error at or near "SELEC"', 0],
      ["SELECT 1 +", "syntax error at end of input", 10],
      ["SELECT 'é😀' FRM x y", 'syntax error at or near "x"', 17],
      ["SELECT * FROM t WHERE", "syntax error at end of input", 21],
      ["CREATE TABLE é (a int,)", 'syntax error at or near ")"', 22],
      ["SELECT 1a", 'trailing junk after numeric literal at or near "1a"', 7],
      ["CREATE USER TABLE t (id int AUTO_INCREMENT,, b int)", 'syntax error at or near ","', 43],
      ["SELECT (1", "syntax error at end of input", 9],
    ];
    for (const [sql, message, position] of cases) {
      const error = errorOf(sql);
      expect([error.key, error.message, error.position], sql).to.deep.equal(["syntax_error", message, position]);
    }
  });

  it("name what is not supported", () => {
    const cases: [string, string][] = [
      ["TRUNCATE t", "unsupported_statement"],
      ["CREATE UNIQUE INDEX i ON t (a)", "feature_not_supported"],
      ["GRANT SELECT ON t TO u", "unsupported_statement"],
      ["STORAGE SWEEP TABLE a.b", "unsupported_statement"],
      ["STORAGE FLUSH a.b", "syntax_error"],
      ["STORAGE FLUSH", "syntax_error"],
      ["STORAGE FLUSH ALL IN NAMESPACE a b", "syntax_error"],
      ["STORAGE CHECK s EXTENDED now", "syntax_error"],
      ["CREATE STORAGE s PATH '/x'", "syntax_error"],
      ["CREATE STORAGE s TYPE filesystem PATH /x", "syntax_error"],
      ["CREATE STORAGE s TYPE filesystem COLOUR 'red'", "syntax_error"],
      ["CREATE STORAGE s TYPE filesystem PATH '/x' BASE_DIRECTORY '/y'", "invalid_option"],
      ["ALTER STORAGE s NAME 'x'", "syntax_error"],
      ["ALTER STORAGE s SET", "syntax_error"],
      ["DROP STORAGE", "syntax_error"],
      ["SET work_mem = 5", "unsupported_statement"],
      ["EXECUTE plan (1)", "unsupported_statement"],
      ["EXPLAIN CREATE TABLE t AS SELECT 1", "unsupported_statement"],
      ["CREATE TEMP TABLE t (a int)", "feature_not_supported"],
      ["CREATE TABLE t (a int) INHERITS (u)", "feature_not_supported"],
      ["CREATE TABLE t (a int) PARTITION BY RANGE (a)", "feature_not_supported"],
      ["CREATE TABLE t AS SELECT 1", "feature_not_supported"],
      ["CREATE TABLE t (LIKE u)", "feature_not_supported"],
      ["SELECT * INTO x FROM t", "feature_not_supported"],
      ["SELECT * FROM t FOR UPDATE", "feature_not_supported"],
      ["SELECT * FROM a.b.c", "feature_not_supported"],
      ["WITH x AS (DELETE FROM t RETURNING *) SELECT * FROM x", "feature_not_supported"],
      ["SAVEPOINT a", "feature_not_supported"],
      ["CREATE MATERIALIZED VIEW v AS SELECT 1", "unsupported_statement"],
      ["ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0)", "feature_not_supported"],
      ["CREATE VIEW v AS SELECT $1", "undefined_parameter"],
    ];
    for (const [sql, key] of cases) expect(errorOf(sql).key, sql).to.equal(key);
    expect(errorOf("TRUNCATE t").message).to.equal("Unsupported statement type: TRUNCATE");
  });

  it("refuse deep nesting and go on afterwards", () => {
    const parser = newParser();
    const deep = (n: number) => [
      `SELECT ${"(".repeat(n)}1${")".repeat(n)}`,
      `SELECT 1${" + 1".repeat(n)}`,
      `SELECT ${"NOT ".repeat(n)}true`,
      `SELECT 1${" UNION SELECT 1, 2".repeat(n)}`,
      `SELECT ${"CASE WHEN a AND b THEN ".repeat(n)}1${" END".repeat(n)}`,
      `SELECT 1 FROM a${" JOIN b ON a AND b".repeat(n)}`,
      `SELECT a${"[1]".repeat(n)}`,
      `SELECT a${"::int".repeat(n)}`,
      `SELECT ${"f(1, ".repeat(n)}1${")".repeat(n)}`,
      `SELECT ${"- ".repeat(n)}a`,
      `SELECT a${" IS NULL".repeat(n)}`,
    ];
    for (const sql of deep(10_000)) {
      expect(failureOf(sql, parser).error.key, sql.slice(0, 40)).to.equal("statement_too_complex");
    }
    for (const sql of deep(90)) expect(parser.parse(sql)).to.have.length(1);
    const chain = `SELECT 1 WHERE a = 1${" AND a = 1 OR b = -2".repeat(3000)}`;
    expect(parser.parse(chain)).to.have.length(1);
  });
});

describe("locate", () => {
  const excerpt = (text: string, mark: string) => locate(text, text.indexOf(mark)).excerpt;

  it("draws the line and the caret as psql does", () => {
    expect(excerpt("SELECT 1\nFRM t", "t")).to.equal("LINE 2: FRM t\n            ^");
    expect(excerpt("SELECT\r\n\tfoo bar", "bar")).to.equal("LINE 2:  foo bar\n             ^");
    expect(excerpt("SELECT '漢字', x", "x")).to.equal(`LINE 1: SELECT '漢字', x\n${" ".repeat(8 + 15)}^`);
    expect(excerpt("SELECT 'e\u0301', x", "x")).to.equal(`LINE 1: SELECT 'e\u0301', x\n${" ".repeat(8 + 12)}^`);
  });

  it("counts lines and characters from one", () => {
    expect(locate("a\nb😀c", 5)).to.include({ line: 2, column: 3 });
    expect(locate("", 0)).to.deep.equal({ line: 1, column: 1, excerpt: "LINE 1: \n        ^" });
    expect(locate("ab", 99)).to.include({ line: 1, column: 3 });
  });

  it("cuts long lines around the place", () => {
    const text = `SELECT ${"a, ".repeat(50)}wrong${", b".repeat(50)}`;
    const [line = "", caret = ""] = excerpt(text, "wrong").split("\n");
    expect(line).to.match(/^LINE 1: \.\.\..*\.\.\.$/);
    expect(line.slice(caret.length - 1)).to.match(/^wrong/);
    expect(line.length).to.be.lessThan(80);
  });

  it("does not cut a statement apart for a piece", () => {
    expect(statementOf("SELECT 1")).to.include({ kind: "select" });
  });
});
