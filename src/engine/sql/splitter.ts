import { WORD_FOLD } from "./characters.ts";
import {
  dollarStringEnd,
  dollarTagLength,
  escapeStringEnd,
  quotedIdentifierEnd,
  skipBlank,
  stringEnd,
} from "./lexical.ts";

/** One statement of a request, without the `;` and the blanks around it. */
export interface Piece {
  readonly text: string;
  /** Where it begins in the request, in UTF-16 units. */
  readonly offset: number;
}

/**
 * Cuts a request at every `;` that stands outside quotes, comments and parentheses. Empty pieces and pieces that are only
 * comments are left out.
 *
 * @throws KalamError batch_parse_error for an unclosed quote or comment, placed in the whole text.
 * @example
 * splitStatements("SELECT 1; SELECT ';'") // [{ text: "SELECT 1", offset: 0 }, { text: "SELECT ';'", offset: 10 }]
 */
export function splitStatements(text: string): Piece[] {
  const pieces: Piece[] = [];
  for (let at = nextStatement(text, 0); at < text.length; ) {
    const end = statementEnd(text, at);
    pieces.push({ text: text.slice(at, end).trimEnd(), offset: at });
    at = nextStatement(text, end);
  }
  return pieces;
}

/** The first character of the next statement; the length of the text when there is none. */
export function nextStatement(text: string, from: number): number {
  let at = skipBlank(text, from);
  while (text.charCodeAt(at) === 59) at = skipBlank(text, at + 1);
  return at;
}

/**
 * The offset of the `;` that ends the statement which begins at `from`, or the length of the text.
 *
 * @param wrapped also ends at a `)` that was not opened in the statement.
 */
export function statementEnd(text: string, from: number, wrapped = false): number {
  const marks = MARKS;
  let depth = 0;
  let at = from;
  while (at < text.length) {
    const code = text.charCodeAt(at);
    if (code >= 128 || marks[code] === 0) at++;
    else if (code === 40) {
      depth++;
      at++;
    } else if (code === 41) {
      if (depth > 0) depth--;
      else if (wrapped) return at;
      at++;
    } else if (code === 59) {
      if (depth === 0) return at;
      at++;
    } else at = pastMark(text, at, code, from);
  }
  return at;
}

/** The characters that may begin something with a `;` in it, and `( ) ;` themselves. */
const MARKS = new Uint8Array(128);
for (const mark of "'\"`$-/();") MARKS[mark.charCodeAt(0)] = 1;

/** Behind the quote or comment that begins at `at`, or one character on. */
function pastMark(text: string, at: number, code: number, from: number): number {
  switch (code) {
    case 39:
      return isEscapeString(text, at, from) ? escapeStringEnd(text, at - 1) : stringEnd(text, at);
    case 34:
    case 96:
      return quotedIdentifierEnd(text, at);
    case 36: {
      // Inside a word a dollar is a letter.
      const tag = at > from && isWordCharacter(text.charCodeAt(at - 1)) ? 0 : dollarTagLength(text, at);
      return tag === 0 ? at + 1 : dollarStringEnd(text, at, tag);
    }
    default: {
      const past = skipBlank(text, at);
      return past === at ? at + 1 : past;
    }
  }
}

/** Whether an `E` stands right before the quote, alone. */
function isEscapeString(text: string, quote: number, from: number): boolean {
  if (quote === from || (text.charCodeAt(quote - 1) | 32) !== 101) return false;
  return quote - 1 === from || !isWordCharacter(text.charCodeAt(quote - 2));
}

function isWordCharacter(code: number): boolean {
  return code >= 128 || WORD_FOLD[code] !== 0;
}
