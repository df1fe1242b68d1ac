import { expect } from "chai";
import { failure, newEngine, relation, rowsOf, type TestEngine } from "./harness.ts";

const t = relation("app.t", { id: "bigint", name: "text", n: "integer", doc: "json" }, [[1n, "x", 0, "{bad"]], {
  key: ["id"],
});

describe("analytical queries: mistakes", () => {
  let engine: TestEngine;
  before(() => {
    engine = newEngine();
  });
  after(() => engine.close());

  /** SQL with ^ before the place of the mistake, the key, and a part of the message. */
  const cases: readonly (readonly [string, string, RegExp])[] = [
    ["SELECT max(^nope) FROM t", "undefined_column", /column "nope" does not exist/],
    ["SELECT t.id FROM t WHERE ^t.nope = 1", "undefined_column", /column "t\.nope"/],
    ["SELECT ^zz.id FROM t", "missing_from_entry", /missing FROM-clause entry for table "zz"/],
    ["SELECT ^id FROM t, t b", "ambiguous_column", /"id" is ambiguous/],
    ["SELECT a.id FROM t a, t a", "duplicate_alias", /"a" specified more than once/],
    ["SELECT * FROM ^missing", "table_not_found", /"missing"/],
    ["SELECT id AS x FROM t WHERE ^x = 1", "undefined_column", /"x"/],
    ["SELECT id AS x FROM t GROUP BY id HAVING ^x = 1", "undefined_column", /"x"/],
    ["SELECT ^foo(1, 'x')", "function_not_allowed", /function foo\(integer, unknown\) does not exist/],
    ["SELECT ^lower(5)", "function_not_allowed", /function lower\(integer\)/],
    ["SELECT ^lower('a', 'b')", "function_not_allowed", /function lower\(unknown, unknown\)/],
    ["SELECT id FROM t WHERE name ^= 5", "undefined_operator", /operator does not exist: text = integer/],
    ["SELECT id FROM t WHERE id = ^'abc'", "invalid_text", /type bigint: "abc"/],
    ["SELECT ^'2024-13-01'::date", "datetime_out_of_range", /2024-13-01/],
    [
      "SELECT ^name, sum(n) FROM t",
      "grouping_error",
      /"t\.name" must appear in the GROUP BY clause or be used in an aggregate/,
    ],
    ["SELECT id FROM t WHERE ^sum(n) > 1", "grouping_error", /not allowed in WHERE/],
    ["SELECT sum(^sum(n)) FROM t", "grouping_error", /aggregate function calls/],
    ["SELECT id FROM t WHERE ^row_number() OVER () = 1", "grouping_error", /window functions are not allowed in WHERE/],
    ["SELECT ^row_number() FROM t", "grouping_error", /requires an OVER clause/],
    ["SELECT ^lower('a') OVER ()", "grouping_error", /not a window function/],
    ["SELECT n FROM t ORDER BY ^5", "grouping_error", /position 5 is not in select list/],
    ["SELECT sum(n) OVER ^w FROM t", "undefined_window", /window "w" does not exist/],
    ["SELECT id FROM t WHERE ^n", "datatype_mismatch", /argument of WHERE must be type boolean/],
    ["SELECT ^(SELECT 1, 2)", "syntax_error", /only one column/],
    ["SELECT 1 UNION SELECT 1, 2", "syntax_error", /same number of columns/],
    ["SELECT n / 0 FROM t", "division_by_zero", /division by zero/],
    ["SELECT 1 / n FROM t", "division_by_zero", /division by zero/],
    ["SELECT 5 % n FROM t", "division_by_zero", /division by zero/],
    ["SELECT 2147483647 + 1", "arithmetic_overflow", /integer out of range/],
    ["SELECT name::int FROM t", "invalid_text", /type integer: "x"/],
    ["SELECT doc -> 'a' FROM t", "invalid_text", /type json/],
    ["SELECT (SELECT g FROM generate_series(1, 2) g)", "too_many_subquery_rows", /more than one row/],
    ["SELECT ^$9", "undefined_parameter", /\$9/],
    ["SELECT id FROM t LIMIT ^-1", "invalid_row_count", /LIMIT must not be negative/],
    ["SELECT 'ab' LIKE 'a\\'", "invalid_escape", /must not end with escape character/],
    ["SELECT CAST(1 AS ^regclass)", "feature_not_supported", /regclass/],
    ["SELECT CAST(1 AS ^nosuch)", "undefined_type", /nosuch/],
  ];

  for (const [marked, key, message] of cases) {
    it(marked.replace("^", ""), async () => {
      const at = marked.indexOf("^");
      const error = await failure(engine, marked.replace("^", ""), { t });
      expect(error.key, error.message).to.equal(key);
      expect(error.message).to.match(message);
      if (at >= 0) expect(error.position).to.equal(at);
    });
  }

  it("refuses what is not on its lists, by name", async () => {
    const refused = [
      "SELECT id FROM t FOR UPDATE",
      "SELECT id FROM t TABLESAMPLE system (10)",
      "SELECT id FROM t ORDER BY id FETCH FIRST 1 ROW WITH TIES",
      "SELECT ROW(1, 2)",
      "SELECT 'a' COLLATE \"de_DE\"",
      "SELECT * FROM ROWS FROM (generate_series(1, 2), generate_series(1, 3)) x",
      "SELECT * FROM json_to_recordset('[]') AS x(a int)",
      "WITH x AS (INSERT INTO t VALUES (1) RETURNING id) SELECT * FROM x",
      "SELECT",
    ];
    for (const sql of refused) {
      const { key, message } = await failure(engine, sql, { t });
      expect(["feature_not_supported", "function_not_allowed"], `${sql}: ${message}`).to.include(key);
    }
  });

  it("makes no value that is larger than a statement may wait for, and rounds no number silently", async () => {
    for (const sql of [
      "SELECT repeat('xy', 1000000000)",
      "SELECT lpad('x', 1000000000)",
      "SELECT rpad('x', 20000000)",
      "SELECT repeat(name, 300000) FROM t",
      "SELECT rpad(name, 300000) FROM t",
      "SELECT replace(repeat(name, 1000), 'x', repeat(name, 1000)) FROM t",
      "SELECT regexp_replace(repeat(name, 1000), 'x', repeat(name, 1000), 'g') FROM t",
      "SELECT regexp_replace(repeat(name, 1000), 'x+', repeat('\\0', 1000)) FROM t",
    ]) {
      expect(await failure(engine, sql, { t }), sql).to.have.property("key", "requested_length");
    }
    for (const sql of ["SELECT 1e400", `SELECT ${"9".repeat(40)}`, `SELECT 0.${"3".repeat(40)}`]) {
      expect(await failure(engine, sql, { t }), sql).to.have.property("key", "out_of_range");
    }
  });

  it("compares no texts that take longer than a statement may", async () => {
    expect(await failure(engine, "SELECT levenshtein(repeat(name, 256), name) FROM t", { t })).to.have.property(
      "key",
      "levenshtein_length",
    );
    expect(
      await rowsOf(engine, "SELECT levenshtein(name, 'xyz'), replace(name, 'x', 'xx') FROM t", { t }),
    ).to.deep.equal([[2n, "xx"]]);
  });

  it("refuses what is nested too deeply", async () => {
    const deep = `SELECT ${"abs(".repeat(1000)}1${")".repeat(1000)}`;
    expect((await failure(engine, deep)).key).to.equal("statement_too_complex");
    const long = `SELECT ${Array.from({ length: 500 }, () => "1").join(" + ")}`;
    expect((await failure(engine, `${long} + 'x'`)).key).to.equal("invalid_text");
  });

  it("never shows names of its own", async () => {
    const odd = [
      "SELECT array_to_string(n, ',') FROM t",
      "SELECT sum(doc) FROM t",
      "SELECT n || doc FROM t",
      "SELECT least(n, name) FROM t",
      "SELECT name ~ '(' FROM t",
    ];
    for (const sql of odd) {
      const { message } = await failure(engine, sql, { t });
      expect(message, sql).to.not.match(/k_\d|k_s[0-9a-f]|kalam_scan|[0-9a-f]{32}/i);
    }
  });
});
