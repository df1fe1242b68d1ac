import { FingerprintScanner } from "./fingerprint.ts";
import { type Token, tokenize } from "./lexer.ts";
import type { Literal, ParsedStatement } from "./statement.ts";
import { scanRows } from "./value-rows.ts";

/**
 * Turns an offset in a template's tree, which belongs to the text that was parsed, into the offset of the same token in this
 * statement's own text. For error positions; costs a scan of both texts.
 *
 * @example
 * // the template was made from "SELECT x FROM t WHERE a = 1"
 * placeInText(statement, 7) // 8 for "SELECT  y …" with two blanks
 */
export function placeInText(statement: ParsedStatement, position: number): number {
  const { source } = statement.template;
  if (source === statement.text) return position;
  const theirs = tokenize(source);
  const ours = tokenize(statement.text);
  const index = theirs.findIndex((token) => position < token.end);
  const target = theirs[index];
  if (target === undefined) return statement.text.length;
  const found = counterpart(theirs, ours, index, statement);
  if (found === undefined) return 0;
  const into = Math.max(0, position - target.start);
  return found.start + (into < found.end - found.start ? into : 0);
}

function counterpart(theirs: readonly Token[], ours: readonly Token[], index: number, statement: ParsedStatement) {
  const { statement: parsed } = statement.template;
  // Behind folded rows the texts agree token by token from the end.
  if (parsed.kind === "insert" && parsed.rowLiterals !== undefined) {
    const rowsEnd = endOfFirstRow(theirs);
    if (index > rowsEnd) return ours[ours.length - (theirs.length - index)];
  }
  let mine = 0;
  for (let at = 0; at < index; at++, mine++) {
    // A sign may belong to the literal in one text and be missing in the other.
    if (isSign(theirs, at) && !isSign(ours, mine)) mine--;
    else if (!isSign(theirs, at) && isSign(ours, mine) && theirs[at]?.kind === "number") mine++;
  }
  return ours[mine];
}

function isSign(tokens: readonly Token[], at: number): boolean {
  return tokens[at]?.value === "-" && tokens[at + 1]?.kind === "number";
}

function endOfFirstRow(tokens: readonly Token[]): number {
  const values = tokens.findIndex((token) => token.kind === "word" && token.value === "values");
  return tokens.findIndex((token, index) => index > values && token.kind === "symbol" && token.value === ")");
}

/** The offset of literal `index` of a statement in its own text, a sign included; 0 when there is no such literal. */
export function literalPosition(statement: ParsedStatement, index: number): number {
  const { text, template } = statement;
  const { rows, starts } = new FingerprintScanner().scan(text, 0, isFolded(statement));
  if (rows === undefined) return starts[template.inputLiterals?.[index] ?? index] ?? 0;
  const literals: Literal[] = [];
  const all: number[] = [];
  scanRows(text, rows.from, literals, all, true);
  return all[index] ?? 0;
}

function isFolded({ template }: ParsedStatement): boolean {
  return template.statement.kind === "insert" && template.statement.rowLiterals !== undefined;
}
