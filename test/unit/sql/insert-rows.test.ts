import { expect } from "chai";
import fc from "fast-check";
import { literalPosition, NumberLiteral, placeInText } from "../../../src/engine/sql/index.ts";
import { errorOf, loadSqlParser, newParser, only } from "./parse.ts";

const value = fc.constantFrom("1", "-2", "3.5", "'x'", "'it''s; (a), '", "null", "TRUE", "false", "99999999999", ".5");
const rows = fc
  .integer({ min: 1, max: 4 })
  .chain((width) => fc.array(fc.array(value, { minLength: width, maxLength: width }), { minLength: 1, maxLength: 6 }));

const insert = (table: readonly (readonly string[])[], tail = "") =>
  `INSERT INTO t VALUES ${table.map((row) => `(${row.join(", ")})`).join(",\n ")}${tail}`;

describe("INSERT of literal rows", () => {
  before(loadSqlParser);

  it("has one template for any number of rows, holding one row", () => {
    const parser = newParser();
    fc.assert(
      fc.property(rows, (table) => {
        const parsed = only(parser, insert(table));
        const width = table[0]?.length ?? 0;
        const { statement, literalKinds } = parsed.template;
        expect(statement).to.include({ kind: "insert", rowLiterals: width });
        expect(parsed.template).to.equal(only(parser, insert([table[0] ?? []])).template);
        expect(literalKinds).to.deep.equal(Array(width).fill("any"));
        expect(parsed.literals).to.deep.equal(table.flat().map(read));
        for (const [index, text] of table.flat().entries()) {
          expect(parsed.text.slice(literalPosition(parsed, index)).startsWith(text)).to.equal(true);
        }
      }),
    );
  });

  it("keeps literals behind the rows in the tree", () => {
    const parser = newParser();
    const tail = " ON CONFLICT (id) DO UPDATE SET n = 5 RETURNING n + 1";
    const one = only(parser, insert([["1", "'a'"]], tail));
    const two = only(
      parser,
      insert(
        [
          ["2", "'b'"],
          ["3", "'c'"],
        ],
        tail,
      ),
    );
    expect(two.template).to.equal(one.template);
    expect(two.literals).to.deep.equal([new NumberLiteral("2"), "b", new NumberLiteral("3"), "c"]);
    expect(only(parser, insert([["1", "'a'"]], tail.replace("5", "6"))).template).not.to.equal(one.template);
  });

  it("takes other rows one by one", () => {
    for (const text of [
      "INSERT INTO t VALUES (1, now())",
      "INSERT INTO t VALUES (1), ($1)",
      "INSERT INTO t VALUES (1), (DEFAULT)",
      "INSERT INTO t VALUES (1::int)",
      "INSERT INTO t VALUES (1), (2) ORDER BY 1 LIMIT 1",
      "INSERT INTO t SELECT a FROM u UNION ALL VALUES (1), (2)",
      "INSERT INTO t VALUES (0x1F)",
      "INSERT INTO t VALUES ('a'\n'b')",
      "INSERT INTO t VALUES ((1))",
    ]) {
      expect(only(newParser(), text).template.statement, text).not.to.have.property("rowLiterals");
    }
  });

  it("leaves rows of unequal width to whoever counts the columns", () => {
    const { template } = only(newParser(), "INSERT INTO t VALUES (1, 2), (3)");
    expect(template.statement).not.to.have.property("rowLiterals");
    expect(errorOf("INSERT INTO t VALUES (1, ), (3)").message).to.equal('syntax error at or near ")"');
  });

  it("finds the place of an error in the text that has it", () => {
    const parser = newParser();
    only(parser, "INSERT INTO t (a, b) VALUES (1, 2) RETURNING wrong");
    const later = only(parser, "INSERT INTO t (a, b) VALUES (100, 200),\n(300, -400) RETURNING wrong");
    const at = later.template.source.indexOf("wrong");
    expect(placeInText(later, at)).to.equal(later.text.indexOf("wrong"));
    expect(placeInText(later, later.template.source.indexOf("b"))).to.equal(later.text.indexOf("b"));

    only(parser, "SELECT a FROM t WHERE x = 1 AND wrong = 2");
    const query = only(parser, "SELECT  a FROM t WHERE x = -100 AND /* é */ wrong = 2");
    expect(placeInText(query, query.template.source.indexOf("wrong"))).to.equal(query.text.indexOf("wrong"));
    expect(literalPosition(query, 0)).to.equal(query.text.indexOf("-100"));
  });
});

function read(text: string) {
  if (text === "null") return null;
  if (/^(true|false)$/i.test(text)) return text.toLowerCase() === "true";
  return text.startsWith("'") ? text.slice(1, -1).replaceAll("''", "'") : new NumberLiteral(text);
}
