import { expect } from "chai";
import { newEngine, relation, rowsOf, run, type TestEngine } from "./harness.ts";

describe("analytical queries: expressions", () => {
  let engine: TestEngine;
  before(() => {
    engine = newEngine();
  });
  after(() => engine.close());

  const check = async (cases: readonly (readonly [string, unknown])[]): Promise<void> => {
    for (const [expression, wanted] of cases) {
      // The cast makes it PostgreSQL's text, whatever the type.
      const [row] = await rowsOf(engine, `SELECT (${expression})::text FROM (SELECT 1) s`);
      expect(row?.[0], expression).to.equal(wanted);
    }
  };

  it("numbers", () =>
    check([
      ["7 / 2", "3"],
      ["-7 / 2", "-3"],
      ["-7 % 3", "-1"],
      ["7.0 / 2 > 3.4", "true"],
      ["1.50 + 1", "2.50"],
      ["2 ^ 10", "1024"],
      ["round(2.5)", "3"],
      ["round(2.5::float8)", "2"],
      ["round(1.555, 2)", "1.56"],
      ["2.5::int", "3"],
      ["1.0::float8", "1"],
      ["abs(-5)", "5"],
      ["mod(-7, 3)", "-1"],
      ["greatest(1, 3, 2)", "3"],
      ["NULL / 0", null],
      ["1 / nullif(0, 0)", null],
      ["5 & 3", "1"],
      ["5 # 3", "6"],
    ]));

  it("text", () =>
    check([
      ["'a' || 1", "a1"],
      ["'a' || NULL", null],
      ["concat('a', NULL, 2)", "a2"],
      ["concat_ws('-', 'a', NULL, 'b')", "a-b"],
      ["substring('hello' FROM -1 FOR 4)", "he"],
      ["substring('foobar' FROM 'o(.)b')", "o"],
      ["left('hello', -2)", "hel"],
      ["lpad('5', 3, '0')", "005"],
      ["initcap('hello wORLD')", "Hello World"],
      ["'a_c' LIKE 'a\\_c'", "true"],
      ["'abc' LIKE 'a\\_c'", "false"],
      ["'a%' LIKE 'a!%' ESCAPE '!'", "true"],
      ["'ABC' ILIKE 'a%'", "true"],
      ["'abc' ~ '^a.c$'", "true"],
      ["'abc' !~* 'B'", "false"],
      ["'abc' SIMILAR TO 'a(b|x)%'", "true"],
      ["trim(both 'x' FROM 'xax')", "a"],
      ["position('b' IN 'abc')", "2"],
      ["overlay('abcdef' PLACING 'XX' FROM 2)", "aXXdef"],
      ["split_part('a,b', ',', 2)", "b"],
      ["replace('aaa', 'a', 'b')", "bbb"],
      ["regexp_replace('foo bar', 'o', 'x', 'g')", "fxx bar"],
      ["'it''s'", "it's"],
      ["'é' > 'z'", "true"],
      ["'a' < 'B'", "false"],
      ["md5('a')", "0cc175b9c0f1b6a831c399e269772661"],
      ["encode('\\xdead'::bytea, 'hex')", "dead"],
    ]));

  it("dates and times", () =>
    check([
      ["date '2024-01-31' + 1", "2024-02-01"],
      ["date '2024-01-31' - date '2024-01-01'", "30"],
      ["date '2024-01-31' + interval '1 month'", "2024-02-29 00:00:00"],
      ["timestamp '2024-01-01' + '2 hours'", "2024-01-01 02:00:00"],
      ["date_trunc('month', timestamp '2024-05-17 10:00')", "2024-05-01 00:00:00"],
      ["extract(second FROM timestamp '2024-01-01 00:00:05.5')", "5.5"],
      ["extract(dow FROM date '2024-01-07')", "0"],
      ["date_part('year', timestamp '2024-01-01')", "2024"],
      ["to_char(timestamp '2024-01-05 13:04:05', 'YYYY-MM-DD HH24:MI:SS')", "2024-01-05 13:04:05"],
      ["to_char(timestamp '2024-01-05 13:04:05', 'FMDD Mon HH12:MI PM')", "5 Jan 01:04 PM"],
      ["now()", "2026-01-01 00:00:00+00"],
      ["current_date", "2026-01-01"],
      ["timestamptz '2024-01-01 12:00+02'", "2024-01-01 10:00:00+00"],
      ["timestamptz '2024-01-01 12:00+00' AT TIME ZONE 'Europe/Berlin'", "2024-01-01 13:00:00"],
      ["to_timestamp(0)", "1970-01-01 00:00:00+00"],
      ["time '10:00' + interval '30 minutes'", "10:30:00"],
      ["make_date(2024, 2, 29)", "2024-02-29"],
    ]));

  it("JSON", () =>
    check([
      [`'{"a":{"b":[1,2]}}'::json -> 'a' -> 'b' ->> 1`, "2"],
      [`'{"a":[1,{"b":"x"}]}'::jsonb #>> '{a,1,b}'`, "x"],
      [`'{"$.x":1}'::json -> '$.x'`, "1"],
      [`'{"a\\"b":1}'::json ->> 'a"b'`, "1"],
      [`'{"*":1,"b":2}'::json ->> '*'`, "1"],
      [`'{"":1,"b":2}'::json ->> ''`, "1"],
      [`'{"a/*":1}'::json ->> ('a/' || '*')`, "1"],
      [`'{"$.x":1,"x":2}'::json ->> ('$.' || 'x')`, "1"],
      [`'[1,2,3]'::json -> -1`, "3"],
      [`'{"a":null}'::json ->> 'a'`, null],
      [`'{"a":1}'::jsonb ? 'a'`, "true"],
      [`'{"a":1}'::jsonb ?| '{b,a}'`, "true"],
      [`'{"a":1,"b":2}'::jsonb @> '{"a":1}'`, "true"],
      [`json_array_length('[1,2]')`, "2"],
      [`json_build_object('a', 1, 'b', 'x')`, '{"a":1,"b":"x"}'],
      [`json_get_str('{"a":"x"}', 'a')`, "x"],
      [`json_get_str('{"a":1}', 'a')`, null],
      [`json_get_int('{"a":{"b":5}}', 'a', 'b')`, "5"],
      [`json_as_text('{"a":1}', 'a')`, "1"],
      [`json_contains('{"a":1}', 'b')`, "false"],
      [`json_length('{"a":1,"b":2}')`, "2"],
      [`json_typeof('1')`, "number"],
    ]));

  it("arrays", () =>
    check([
      ["(ARRAY[1,2,3])[2]", "2"],
      ["array_length(ARRAY[1,2], 1)", "2"],
      ["2 = ANY (ARRAY[1,2])", "true"],
      ["3 > ALL (ARRAY[1,2])", "true"],
      ["array_to_string(ARRAY['a','b'], ',')", "a,b"],
      ["'{1,2}'::int[] @> ARRAY[1]", "true"],
      ["cardinality(ARRAY[1] || 2)", "2"],
      ["'b' = ANY ('{a,b}')", "true"],
    ]));

  it("logic", () =>
    check([
      ["NULL AND false", "false"],
      ["1 IN (2, NULL)", null],
      ["1 NOT IN (2, 3)", "true"],
      ["2 BETWEEN 1 AND 3", "true"],
      ["2 BETWEEN SYMMETRIC 3 AND 1", "true"],
      ["NULL IS DISTINCT FROM 1", "true"],
      ["(NULL = 1) IS UNKNOWN", "true"],
      ["CASE 2 WHEN 1 THEN 'a' WHEN 2 THEN 'b' END", "b"],
      ["coalesce(NULL, 'x')", "x"],
      ["(1, 2) = (1, 2)", "true"],
      ["'t'::boolean", "true"],
    ]));

  it("aggregates with FILTER, DISTINCT, ORDER BY, WITHIN GROUP", async () => {
    const t = relation("app.t", { n: "integer", s: "text", b: "boolean" }, [
      [1, "a", true],
      [2, "b", false],
      [2, null, true],
    ]);
    const sql =
      "SELECT count(DISTINCT n), sum(n) FILTER (WHERE b), string_agg(s, ',' ORDER BY s DESC), array_agg(n ORDER BY n DESC), " +
      "bool_and(b), bool_or(b), percentile_cont(0.5) WITHIN GROUP (ORDER BY n), mode() WITHIN GROUP (ORDER BY n), json_agg(s), " +
      "stddev_pop(n) FROM t";
    const [row] = await rowsOf(engine, sql, { t });
    expect(row?.slice(0, 9)).to.deep.equal([2n, 3n, "b,a", [2, 2, 1], false, true, 2, 2, '["a","b",null]']);
  });

  it("hands distinct values over in order", async () => {
    const sql =
      "SELECT string_agg(DISTINCT s, ','), array_agg(DISTINCT s) FROM (VALUES ('c'), ('a'), ('b'), ('a')) v(s)";
    expect(await rowsOf(engine, sql)).to.deep.equal([["a,b,c", ["a", "b", "c"]]]);
  });

  it("parameters take the type of their surroundings", async () => {
    const t = relation("app.t", { id: "bigint", name: "text", at: "timestamptz" }, [[1n, "5", 0n]]);
    const sql = "SELECT count(*) FROM t WHERE id = $1 AND name = $2 AND at = $3 AND $4";
    expect(await rowsOf(engine, sql, { t }, ["1", 5, "1970-01-01T00:00:00Z", true])).to.deep.equal([[1n]]);
    expect(await rowsOf(engine, "SELECT $1::text, $2", {}, [1.5, null])).to.deep.equal([["1.5", null]]);
    expect((await run(engine, "SELECT id FROM t ORDER BY $1", { t }, [1])).rows).to.have.length(1);
  });

  it("is told who asks", async () => {
    const sql = "SELECT current_user, current_role, kdb_current_user(), kdb_current_role(), current_user_id()";
    const answer = await rowsOf(engine, sql, {}, [], { principal: { userId: "o'neil", role: "dba" } });
    expect(answer).to.deep.equal([["o'neil", "dba", "o'neil", "dba", "o'neil"]]);
  });
});
