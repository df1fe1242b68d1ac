import { KalamError } from "../../errors/index.ts";
import { nextToken, type Token } from "./lexer.ts";

/** Levels of nesting that a statement may have: parentheses, chained operators, joins, set operations, CASE. */
export const MAXIMUM_NESTING = 1000;

/**
 * Refuses a statement whose tree would be too deep for recursive readers, before anything reads it.
 *
 * `a + b + c` is a tree as deep as it has operators, `a AND b AND c` is flat; so operators count until the next comma, AND or
 * OR, and joins, set operations and CASE count as long as their parenthesis is open. Each open parenthesis adds what stood
 * before it.
 *
 * @throws KalamError statement_too_complex
 */
export function checkNesting(text: string): void {
  const outer: number[] = [];
  let base = 0;
  let operators = 0;
  let clauses = 0;
  for (let token = nextToken(text, 0); token !== undefined; token = nextToken(text, token.end)) {
    if (token.kind === "symbol") {
      if (token.value === "(" || token.value === "[") {
        outer.push(base, operators, clauses);
        base += operators + clauses + 1;
        operators = 0;
        clauses = 0;
      } else if (token.value === ")" || token.value === "]") {
        clauses = outer.pop() ?? 0;
        operators = outer.pop() ?? 0;
        base = outer.pop() ?? 0;
        if (token.value === "]") operators++;
      } else if (token.value === ",") operators = 0;
      else if (token.value === ":") operators++;
    } else if (token.kind === "operator") operators++;
    else if (token.kind === "word") {
      if (token.value === "and" || token.value === "or") operators = 0;
      else if (OPERATOR_WORDS.has(token.value)) operators++;
      else if (CLAUSE_WORDS.has(token.value)) clauses++;
      else if (token.value === "end" && clauses > 0) clauses--;
    }
    if (base + operators + clauses > MAXIMUM_NESTING) throw tooComplex(token);
  }
}

const OPERATOR_WORDS = new Set([
  "not",
  "is",
  "collate",
  "at",
  "like",
  "ilike",
  "similar",
  "between",
  "in",
  "isnull",
  "notnull",
]);
const CLAUSE_WORDS = new Set(["join", "union", "intersect", "except", "case"]);

function tooComplex(token: Token): KalamError {
  return new KalamError("statement_too_complex", {}, { position: token.start });
}
