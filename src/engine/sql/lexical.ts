import { KalamError } from "../../errors/index.ts";
import { classOf, DIGIT, LETTER, OPERATOR, SPACE } from "./characters.ts";

/*
 * Where the tokens of PostgreSQL end. Every function takes the text and the offset of a token's first character and gives the
 * offset behind its last one; an unclosed quote or comment is a `batch_parse_error` in PostgreSQL's words.
 */

const TAB = 9;
const NEWLINE = 10;
const DOUBLE_QUOTE = 34;
const DOLLAR = 36;
const QUOTE = 39;
const STAR = 42;
const PLUS = 43;
const MINUS = 45;
const DOT = 46;
const SLASH = 47;
const BACKSLASH = 92;
const UNDERSCORE = 95;
const NEAR_LENGTH = 60;

function unterminated(what: string, text: string, start: number): KalamError {
  const rest = text.slice(start, start + NEAR_LENGTH);
  const near = start + NEAR_LENGTH < text.length ? `${rest}...` : rest;
  return new KalamError(
    "batch_parse_error",
    { message: `unterminated ${what} at or near "${near}"` },
    { position: start },
  );
}

/** Skips white space and comments. */
export function skipBlank(text: string, from: number): number {
  let at = from;
  for (;;) {
    const code = text.charCodeAt(at);
    if (code === 32 || (code >= TAB && code <= 13)) at++;
    else if (code === MINUS && text.charCodeAt(at + 1) === MINUS) at = lineCommentEnd(text, at);
    else if (code === SLASH && text.charCodeAt(at + 1) === STAR) at = blockCommentEnd(text, at);
    else return at;
  }
}

export function lineCommentEnd(text: string, start: number): number {
  let at = start + 2;
  while (at < text.length) {
    const code = text.charCodeAt(at);
    if (code === NEWLINE || code === 13) return at;
    at++;
  }
  return at;
}

/** Block comments nest. */
export function blockCommentEnd(text: string, start: number): number {
  let depth = 1;
  let at = start + 2;
  while (at < text.length) {
    const code = text.charCodeAt(at);
    if (code === STAR && text.charCodeAt(at + 1) === SLASH) {
      at += 2;
      if (--depth === 0) return at;
    } else if (code === SLASH && text.charCodeAt(at + 1) === STAR) {
      at += 2;
      depth++;
    } else at++;
  }
  throw unterminated("/* comment", text, start);
}

/** `'…'` with `''` inside. */
export function stringEnd(text: string, start: number): number {
  let at = start;
  for (;;) {
    at = text.indexOf("'", at + 1);
    if (at < 0) throw unterminated("quoted string", text, start);
    if (text.charCodeAt(at + 1) !== QUOTE) return at + 1;
    at++;
  }
}

/** `E'…'`: a backslash takes the next character along. `start` is the offset of the `E`. */
export function escapeStringEnd(text: string, start: number): number {
  for (let at = start + 2; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === BACKSLASH) at++;
    else if (code === QUOTE) {
      if (text.charCodeAt(at + 1) !== QUOTE) return at + 1;
      at++;
    }
  }
  throw unterminated("quoted string", text, start);
}

/** `"…"`, and MySQL's backticks. */
export function quotedIdentifierEnd(text: string, start: number): number {
  const mark = text.charCodeAt(start);
  const quote = mark === DOUBLE_QUOTE ? '"' : "`";
  let at = start;
  for (;;) {
    at = text.indexOf(quote, at + 1);
    if (at < 0) throw unterminated("quoted identifier", text, start);
    if (text.charCodeAt(at + 1) !== mark) return at + 1;
    at++;
  }
}

/** The length of the opening `$tag$` at `start`, or 0 where there is none. */
export function dollarTagLength(text: string, start: number): number {
  let at = start + 1;
  const first = text.charCodeAt(at);
  if (first === DOLLAR) return 2;
  if (Number.isNaN(first) || classOf(first) !== LETTER) return 0;
  for (at++; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === DOLLAR) return at + 1 - start;
    const kind = classOf(code);
    if (kind !== LETTER && kind !== DIGIT) return 0;
  }
  return 0;
}

export function dollarStringEnd(text: string, start: number, tagLength: number): number {
  const close = text.indexOf(text.slice(start, start + tagLength), start + tagLength);
  if (close < 0) throw unterminated("dollar-quoted string", text, start);
  return close + tagLength;
}

export function wordEnd(text: string, start: number): number {
  let at = start + 1;
  while (at < text.length) {
    const code = text.charCodeAt(at);
    const kind = classOf(code);
    if (kind !== LETTER && kind !== DIGIT && code !== DOLLAR) break;
    at++;
  }
  return at;
}

function digitsEnd(text: string, from: number): number {
  let at = from;
  for (;;) {
    const code = text.charCodeAt(at);
    if (code >= 48 && code <= 57) at++;
    else if (code === UNDERSCORE && isDigit(text.charCodeAt(at + 1))) at += 2;
    else return at;
  }
}

export function isDigit(code: number): boolean {
  return code >= 48 && code <= 57;
}

/** Begins at a digit, or at a point with a digit behind it. */
export function numberEnd(text: string, start: number): number {
  if (text.charCodeAt(start) === 48) {
    const mark = text.charCodeAt(start + 1) | 32;
    if (mark === 120 || mark === 111 || mark === 98) {
      const end = wordEnd(text, start + 1);
      if (end > start + 2) return end;
    }
  }
  let at = digitsEnd(text, start);
  if (text.charCodeAt(at) === DOT && text.charCodeAt(at + 1) !== DOT) at = digitsEnd(text, at + 1);
  if ((text.charCodeAt(at) | 32) === 101) {
    const sign = text.charCodeAt(at + 1);
    const digits = sign === PLUS || sign === MINUS ? at + 2 : at + 1;
    if (isDigit(text.charCodeAt(digits))) at = digitsEnd(text, digits);
  }
  return at;
}

/** PostgreSQL's rule: comments end an operator, and a trailing `+` or `-` belongs to it only with one of `~!@#%^&|?` in it. */
export function operatorEnd(text: string, start: number): number {
  let at = start;
  let special = false;
  while (at < text.length) {
    const code = text.charCodeAt(at);
    if (code >= 128 || classOf(code) !== OPERATOR) break;
    const next = text.charCodeAt(at + 1);
    if (at > start && ((code === MINUS && next === MINUS) || (code === SLASH && next === STAR))) break;
    if (isSpecialOperator(code)) special = true;
    at++;
  }
  while (!special && at > start + 1) {
    const last = text.charCodeAt(at - 1);
    if (last !== PLUS && last !== MINUS) break;
    at--;
  }
  return at;
}

function isSpecialOperator(code: number): boolean {
  // ~ ! @ # % ^ & | ?
  return (
    code === 126 ||
    code === 33 ||
    code === 64 ||
    code === 35 ||
    code === 37 ||
    code === 94 ||
    code === 38 ||
    code === 124 ||
    code === 63
  );
}

export function isSpace(code: number): boolean {
  return code < 128 && classOf(code) === SPACE;
}
