import { classOf, LETTER } from "./characters.ts";
import { unquote } from "./lexer.ts";
import { isDigit, numberEnd, skipBlank, stringEnd, wordEnd } from "./lexical.ts";
import { digitsOnlyEnd, isPlainNumber } from "./numbers.ts";
import { type Literal, NumberLiteral } from "./statement.ts";

const MAXIMUM_WIDTH = 4096;

/** The rows of `VALUES (…), (…)`, all literals and all of one width. */
export interface ValueRows {
  /** Literals in one row. */
  readonly width: number;
  /** Behind VALUES, behind the first row, behind the last row. */
  readonly from: number;
  readonly firstEnd: number;
  readonly end: number;
}

/**
 * Reads `(literal, …), (…), …` behind VALUES in an INSERT; undefined when anything else is among them, when the rows differ in
 * width, or when what follows is neither the end nor `ON CONFLICT` nor `RETURNING`.
 *
 * @param literals receives the literals of all rows.
 * @param starts receives the offsets of the literals of the first row, or of every row.
 */
export function scanRows(
  text: string,
  from: number,
  literals: Literal[],
  starts: number[],
  everyRow = false,
): ValueRows | undefined {
  let at = skip(text, from);
  let width = 0;
  let firstEnd = 0;
  for (;;) {
    if (text.charCodeAt(at) !== 40) return undefined;
    const before = literals.length;
    at = scanRow(text, at + 1, literals, firstEnd === 0 || everyRow ? starts : undefined);
    if (at < 0) return undefined;
    if (firstEnd === 0) {
      firstEnd = at;
      width = literals.length;
      if (width > MAXIMUM_WIDTH) return undefined;
    } else if (literals.length - before !== width) return undefined;
    const next = skip(text, at);
    if (text.charCodeAt(next) !== 44) return mayFollow(text, next) ? { width, from, firstEnd, end: at } : undefined;
    at = skip(text, next + 1);
  }
}

/** Behind the `)`, or -1. */
function scanRow(text: string, from: number, literals: Literal[], starts: number[] | undefined): number {
  let at = from;
  for (;;) {
    at = skip(text, at);
    starts?.push(at);
    const code = text.charCodeAt(at);
    if (code === 39) {
      const end = stringEnd(text, at);
      literals.push(unquote(text, at + 1, end - 1, "'"));
      at = end;
    } else {
      const end =
        code === 45 || code === 46 || isDigit(code) ? scanNumber(text, at, literals) : scanWord(text, at, literals);
      if (end < 0) return -1;
      at = end;
    }
    at = skip(text, at);
    const behind = text.charCodeAt(at++);
    if (behind === 41) return at;
    if (behind !== 44) return -1;
  }
}

function scanNumber(text: string, start: number, literals: Literal[]): number {
  const digits = text.charCodeAt(start) === 45 ? start + 1 : start;
  const first = text.charCodeAt(digits);
  if (!isDigit(first) && !(first === 46 && isDigit(text.charCodeAt(digits + 1)))) return -1;
  let end = digitsOnlyEnd(text, digits);
  if (end < 0) {
    end = numberEnd(text, digits);
    if (!isPlainNumber(text, digits, end)) return -1;
  }
  literals.push(new NumberLiteral(text.slice(start, end)));
  return end;
}

function scanWord(text: string, start: number, literals: Literal[]): number {
  const first = text.charCodeAt(start) | 32;
  if (first !== 110 && first !== 116 && first !== 102) return -1;
  if (classOf(text.charCodeAt(start)) !== LETTER || text.charCodeAt(start + 1) === 39) return -1;
  const end = wordEnd(text, start);
  switch (text.slice(start, end).toLowerCase()) {
    case "null":
      literals.push(null);
      return end;
    case "true":
      literals.push(true);
      return end;
    case "false":
      literals.push(false);
      return end;
    default:
      return -1;
  }
}

function skip(text: string, at: number): number {
  const code = text.charCodeAt(at);
  return code > 47 || (code > 32 && code !== 45 && code !== 47) ? at : skipBlank(text, at);
}

function mayFollow(text: string, at: number): boolean {
  if (at >= text.length || text.charCodeAt(at) === 59) return true;
  return /^(on|returning)(?![\w$\u0080-\uffff])/i.test(text.slice(at, at + 10));
}
