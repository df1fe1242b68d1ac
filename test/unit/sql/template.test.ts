import { expect } from "chai";
import fc from "fast-check";
import { NumberLiteral, type ParsedStatement } from "../../../src/engine/sql/index.ts";
import { parseTree, visit } from "../../../src/engine/sql/tree.ts";
import { loadSqlParser, newParser, only } from "./parse.ts";

/** A literal as it is written, and how another of the same kind may look. */
const literal = {
  n: fc.integer({ min: 0, max: 2_000_000_000 }).map(String),
  s: fc
    .string({ unit: fc.constantFrom("a", "'", " ", ";", "é", "\\", "--", "😀", '"') })
    .map((s) => `'${s.replaceAll("'", "''")}'`),
  d: fc.tuple(fc.nat(99), fc.nat(99)).map(([a, b]) => `${a}.${b}`),
};

/** `#n`, `#s` and `#d` are holes. */
const SHAPES = [
  "SELECT * FROM t WHERE id = #n AND name = #s",
  "SELECT a - #n, -#n, b -#d, (-#n), a[#n] FROM t WHERE x > -#d LIMIT #n OFFSET #n",
  "select case when a = #s then -#n else #n end from t where b between -#n and #n",
  "SELECT a, count(*) FROM t WHERE s LIKE #s GROUP BY a HAVING count(*) > #n ORDER BY a DESC",
  "SELECT #s::text, CAST(#n AS bigint), -#n::int, #d::numeric(10,2), date #s, interval #s",
  "SELECT j -> #s ->> #n FROM t WHERE a IN (#n, #n, #n) AND b = ANY(ARRAY[#s, #s])",
  "UPDATE t SET a = #n, b = b - #n, c = #s || $1 WHERE id = $2 RETURNING a + #n",
  "DELETE FROM t USING u WHERE t.id = u.id AND u.x <> #s",
  "WITH x AS (SELECT #n AS n) SELECT n FROM x UNION ALL VALUES (#n), (#n)",
  "INSERT INTO t (a, b) SELECT #n, x FROM u WHERE y = #s",
  "INSERT INTO t (a, b) VALUES (#n, now()), (#n, $1)",
  "SELECT 'ab'\n'cd' || #s, E'\\n' || #s, $q$x$q$ || #s, 0x1F + #n, 1_000 - #n, 5000000000 * #n",
  "SELECT sum(a) OVER (ORDER BY b ROWS #n PRECEDING) FROM t FETCH FIRST #n ROWS ONLY",
];

function fill(shape: string, values: readonly string[]): string {
  let next = 0;
  return shape.replace(/#[nsd]/g, () => values[next++] ?? "");
}

const holes = (shape: string) => (shape.match(/#[nsd]/g) ?? []).map((hole) => literal[hole[1] as "n" | "s" | "d"]);

/** The template's tree with the literals of this text put back, offsets left out. */
function putBack({ template, literals }: ParsedStatement): unknown {
  const { statement, parameterCount } = template;
  const node = structuredClone("node" in statement ? statement.node : undefined);
  visit(node, (wrapper) => {
    const input = wrapper.ParamRef as { number: number } | undefined;
    const literal = input === undefined ? undefined : literals[input.number - parameterCount - 1];
    if (input === undefined || input.number <= parameterCount || literal === undefined) return;
    delete wrapper.ParamRef;
    wrapper.A_Const = constant(literal);
  });
  visit(node, foldMinus);
  return withoutOffsets(node);
}

/** What the grammar itself does with a minus before a number. */
function foldMinus(wrapper: Record<string, unknown>): void {
  const minus = wrapper.A_Expr as
    | { name: unknown; lexpr?: unknown; rexpr?: { A_Const?: Record<string, unknown> } }
    | undefined;
  const operand = minus?.rexpr?.A_Const;
  if (minus === undefined || minus.lexpr !== undefined || operand === undefined || "sval" in operand) return;
  if (JSON.stringify(minus.name) !== '[{"String":{"sval":"-"}}]') return;
  const text = String(Object.values((operand.ival ?? operand.fval) as object)[0] ?? 0);
  delete wrapper.A_Expr;
  wrapper.A_Const = constant(new NumberLiteral(`-${text}`));
}

function constant(literal: ParsedStatement["literals"][number]): unknown {
  if (literal === null) return { isnull: true };
  if (typeof literal === "string") return { sval: { sval: literal } };
  if (typeof literal === "boolean") return { boolval: literal ? { boolval: true } : {} };
  const value = Number(literal.text);
  if (/^-?\d+$/.test(literal.text) && Math.abs(value) < 2 ** 31) return { ival: value === 0 ? {} : { ival: value } };
  return { fval: { fval: literal.text } };
}

const OFFSETS = /^(location|name_location|rexpr_list_start|rexpr_list_end|list_start|list_end)$/;

function withoutOffsets(node: unknown): unknown {
  return JSON.parse(JSON.stringify(node, (key, value) => (OFFSETS.test(key) ? undefined : value)));
}

function freshTree(text: string): unknown {
  return withoutOffsets(Object.values(parseTree(text))[0]);
}

describe("templates", () => {
  before(loadSqlParser);

  for (const shape of SHAPES) {
    it(`shares one template: ${shape.replaceAll("\n", " ")}`, () => {
      const parser = newParser();
      fc.assert(
        fc.property(fc.tuple(...holes(shape)), fc.tuple(...holes(shape)), (first, second) => {
          const one = only(parser, fill(shape, first));
          const two = only(parser, fill(shape, second));
          expect(two.template).to.equal(one.template);
          expect(two.literals).to.have.length(two.template.literalKinds.length);
          expect(putBack(two)).to.deep.equal(freshTree(two.text));
        }),
        { numRuns: 40 },
      );
    });
  }

  it("knows a shape again in other letters, blanks and comments", () => {
    const parser = newParser();
    const one = only(parser, "SELECT id FROM t WHERE a = 1 AND b IN ('x')");
    const two = only(parser, "select  id\n from T where a=2 -- why\n and b /* x */ in ( 'yy' ) ");
    expect(two.template).to.equal(one.template);
    expect(two.literals).to.deep.equal([new NumberLiteral("2"), "yy"]);
  });

  it("tells apart what differs in more than literals", () => {
    const parser = newParser();
    const texts = [
      "SELECT 1",
      "SELECT 3000000000",
      "SELECT 1.5",
      "SELECT '1'",
      "SELECT $1",
      "SELECT $2",
      'SELECT "a"',
      'SELECT "A"',
      "SELECT a",
      "SELECT ab",
      "SELECT a b",
      "SELECT a.b",
      "SELECT é",
      "SELECT true",
      "SELECT -a",
      "SELECT - -a",
      "SELECT a - 1",
      "SELECT a, -1",
      "SELECT B'1'",
      "SELECT X'1'",
      "SELECT 0x1",
      'SELECT u & "a"',
      'SELECT U&"a"',
      'SELECT a & "a"',
    ];
    const templates = new Set(texts.map((text) => only(parser, text).template));
    expect(templates.size).to.equal(texts.length);
  });

  it("pins positions, type lengths and whatever else decides the meaning", () => {
    const parser = newParser();
    const shapes = [
      "SELECT a, b FROM t ORDER BY #",
      "SELECT a, b FROM t GROUP BY a, #",
      "SELECT x::varchar(#) FROM t",
      "SELECT DISTINCT ON (#) a FROM t",
    ];
    for (const shape of shapes) {
      const [one, two, again] = ["1", "2", "1"].map((value) => only(parser, shape.replace("#", value)));
      expect(one?.template, shape).not.to.equal(two?.template);
      expect(one?.template, shape).to.equal(again?.template);
      expect(one?.literals, shape).to.deep.equal([]);
    }
    const mixed = only(parser, "SELECT 7 FROM t WHERE a = 'x' ORDER BY 1");
    expect(mixed.literals).to.deep.equal([new NumberLiteral("7"), "x"]);
    expect(mixed.template.literalKinds).to.deep.equal(["integer", "string"]);
  });

  it("does not let a control character pass for a literal", () => {
    const parser = newParser();
    only(parser, "SELECT 1");
    expect(() => parser.parse("SELECT \u0001")).to.throw("syntax error");
  });

  it("freezes trees, numbers literals behind the parameters and counts both", () => {
    const { template } = only(newParser(), "SELECT $2, 'a', $1, 5 FROM t");
    expect(template.parameterCount).to.equal(2);
    expect(template.literalKinds).to.deep.equal(["string", "integer"]);
    expect(JSON.stringify(template.statement)).to.include('"ParamRef":{"number":4,');
    expect(Object.isFrozen(template.statement)).to.equal(true);
  });

  it("keeps a bounded number of shapes", () => {
    const parser = newParser(4);
    const first = only(parser, "SELECT a0").template;
    for (let index = 1; index < 50; index++) only(parser, `SELECT a${"x".repeat(index)}`);
    expect(only(parser, "SELECT a0").template).not.to.equal(first);
    const kept = only(parser, "SELECT a0").template;
    expect(only(parser, "SELECT a0").template).to.equal(kept);
    parser.clearCache();
    expect(only(parser, "SELECT a0").template).not.to.equal(kept);
  });

  it("does not keep long texts, but serves them from short ones", () => {
    const parser = newParser();
    const long = `SELECT a FROM t WHERE b = '${"x".repeat(20_000)}'`;
    expect(only(parser, long).template).not.to.equal(only(parser, long).template);
    const short = only(parser, "SELECT a FROM t WHERE b = 'x'").template;
    expect(only(parser, long).template).to.equal(short);
  });
});
