import { expect } from "chai";
import fc from "fast-check";
import type { SqlParser } from "../../../src/engine/sql/index.ts";
import { StatementFailure } from "../../../src/engine/statement-failure.ts";
import { loadSqlParser, newParser } from "./parse.ts";

/** Pieces that meet each other in every way, most of them without meaning. */
const TOKENS =
  "a|A|é|u|e|U|E|x|\"a\"|\"A\"|'s'|'a''b'|E'\\n'|$$q$$|$1|$2|1|-1|- 1|2.5|.5|1e3|5000000000|0x1|1_0|+|-|*|=|<|>=|@|?|->|->>|::|int|.|,|(|)|[|]|:|" +
  "null|true|and|not|case|when|then|end|between|in|values|union|select|from|limit|offset|order by|group by|as|/* c */|-- c\n|\n|b|B|n|&|`a`";
const token = fc.constantFrom(...TOKENS.split("|"), "|", "||");
const gap = fc.constantFrom("", " ", "  ");
const HEADS = [
  "SELECT ",
  "select a from t where ",
  "INSERT INTO t VALUES (",
  "UPDATE t SET a = ",
  "VALUES (1), (",
  "SELECT -1",
];
const soup = fc
  .tuple(fc.constantFrom(...HEADS), fc.array(fc.tuple(token, gap), { maxLength: 6 }), fc.constantFrom("", ")"))
  .map(([head, tokens, tail]) => head + tokens.flat().join("") + tail);

/** What a text comes to, without offsets, which belong to the text that was parsed first. */
function outcome(parser: SqlParser, text: string): unknown {
  try {
    return parser.parse(text).map(({ template, literals }) => ({
      literals,
      kinds: template.literalKinds,
      parameters: template.parameterCount,
      statement: JSON.stringify(template.statement).replace(/"(location|rexpr_list_\w+|list_\w+)":-?\d+,?/g, ""),
    }));
  } catch (error) {
    if (error instanceof StatementFailure) return [error.message, error.position];
    throw error;
  }
}

describe("fingerprints", () => {
  before(loadSqlParser);

  it("never give a statement the tree of another", () => {
    const warm = newParser(10_000);
    const numRuns = process.env.KALAMDB_TEST_LONG === undefined ? 500 : 100_000;
    fc.assert(
      fc.property(soup, soup, (first, second) => {
        for (const text of [first, second]) expect(outcome(warm, text), text).to.deep.equal(outcome(newParser(), text));
      }),
      { numRuns },
    );
  });
});
