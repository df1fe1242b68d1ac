import { classOf, LETTER } from "./characters.ts";
import {
  dollarStringEnd,
  dollarTagLength,
  escapeStringEnd,
  quotedIdentifierEnd,
  skipBlank,
  stringEnd,
  wordEnd,
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

/** The offset of the `;` that ends the statement which begins at `from`, or the length of the text. */
export function statementEnd(text: string, from: number): number {
  let depth = 0;
  let at = from;
  while (at < text.length) {
    const code = text.charCodeAt(at);
    if (code === 59 && depth === 0) return at;
    if (code === 40) depth++;
    else if (code === 41 && depth > 0) depth--;
    at = pastToken(text, at, code);
  }
  return at;
}

/** Behind the quote, comment or word that begins at `at`; one character on for everything else. */
export function pastToken(text: string, at: number, code: number): number {
  switch (code) {
    case 39:
      return stringEnd(text, at);
    case 34:
    case 96:
      return quotedIdentifierEnd(text, at);
    case 36: {
      const tag = dollarTagLength(text, at);
      return tag === 0 ? at + 1 : dollarStringEnd(text, at, tag);
    }
    case 45:
    case 47: {
      const past = skipBlank(text, at);
      return past === at ? at + 1 : past;
    }
    default:
      if (classOf(code) !== LETTER) return at + 1;
      if ((code | 32) === 101 && text.charCodeAt(at + 1) === 39) return escapeStringEnd(text, at);
      return wordEnd(text, at);
  }
}
