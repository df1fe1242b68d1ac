import { classOf, DIGIT, foldIdentifier, LETTER, OPERATOR } from "./characters.ts";
import {
  dollarStringEnd,
  dollarTagLength,
  escapeStringEnd,
  isDigit,
  numberEnd,
  operatorEnd,
  quotedIdentifierEnd,
  skipBlank,
  stringEnd,
  wordEnd,
} from "./lexical.ts";

export type TokenKind = "word" | "quoted" | "string" | "number" | "parameter" | "operator" | "symbol";

export interface Token {
  readonly kind: TokenKind;
  /** Words in lower case, quoted identifiers and strings without their quotes, everything else as written. */
  readonly value: string;
  readonly start: number;
  readonly end: number;
}

/** The token at or behind `from`, or undefined at the end of the text. */
export function nextToken(text: string, from: number): Token | undefined {
  const start = skipBlank(text, from);
  if (start >= text.length) return undefined;
  const code = text.charCodeAt(start);
  const kind = classOf(code);
  if (kind === LETTER) return wordToken(text, start, code);
  if (kind === DIGIT || (code === 46 && isDigit(text.charCodeAt(start + 1)))) {
    return plain(text, "number", start, numberEnd(text, start));
  }
  if (kind === OPERATOR) return plain(text, "operator", start, operatorEnd(text, start));
  if (code === 39) {
    const end = stringEnd(text, start);
    return { kind: "string", value: unquote(text, start + 1, end - 1, "'"), start, end };
  }
  if (code === 34 || code === 96) {
    const end = quotedIdentifierEnd(text, start);
    return { kind: "quoted", value: unquote(text, start + 1, end - 1, text[start] ?? '"'), start, end };
  }
  if (code === 36) return dollarToken(text, start);
  return plain(text, "symbol", start, start + 1);
}

/** Every token of a text. */
export function tokenize(text: string): Token[] {
  const tokens: Token[] = [];
  for (let token = nextToken(text, 0); token !== undefined; token = nextToken(text, token.end)) tokens.push(token);
  return tokens;
}

/** The characters between two quotes, doubled quotes made single. */
export function unquote(text: string, from: number, to: number, quote: string): string {
  const inner = text.slice(from, to);
  return inner.includes(quote) ? inner.replaceAll(quote + quote, quote) : inner;
}

function plain(text: string, kind: TokenKind, start: number, end: number): Token {
  return { kind, value: text.slice(start, end), start, end };
}

function wordToken(text: string, start: number, code: number): Token {
  if (text.charCodeAt(start + 1) === 39) {
    const prefix = code | 32;
    if (prefix === 101) return escapeToken(text, start);
    // B'…', X'…', N'…'
    if (prefix === 98 || prefix === 120 || prefix === 110) {
      const end = stringEnd(text, start + 1);
      return { kind: "string", value: text.slice(start, end), start, end };
    }
  }
  // U&'…' and U&"…"
  if ((code | 32) === 117 && text.charCodeAt(start + 1) === 38) {
    const quote = text.charCodeAt(start + 2);
    if (quote === 39) return plain(text, "string", start, stringEnd(text, start + 2));
    if (quote === 34) return plain(text, "quoted", start, quotedIdentifierEnd(text, start + 2));
  }
  const end = wordEnd(text, start);
  return { kind: "word", value: foldIdentifier(text.slice(start, end)), start, end };
}

function escapeToken(text: string, start: number): Token {
  const end = escapeStringEnd(text, start);
  const body = text.slice(start + 2, end - 1);
  return { kind: "string", value: unescapeString(body) ?? body, start, end };
}

function dollarToken(text: string, start: number): Token {
  if (isDigit(text.charCodeAt(start + 1))) {
    let end = start + 2;
    while (isDigit(text.charCodeAt(end))) end++;
    return plain(text, "parameter", start, end);
  }
  const tag = dollarTagLength(text, start);
  if (tag === 0) return plain(text, "symbol", start, start + 1);
  const end = dollarStringEnd(text, start, tag);
  return { kind: "string", value: text.slice(start + tag, end - tag), start, end };
}

const SIMPLE_ESCAPES: Readonly<Record<string, string>> = { b: "\b", f: "\f", n: "\n", r: "\r", t: "\t", v: "\v" };

/** The body of an `E'…'` string; undefined where only PostgreSQL's own lexer should judge it (bytes, bad code points). */
export function unescapeString(body: string): string | undefined {
  let failed = false;
  const value = body.replace(
    /\\u([0-9a-fA-F]{4})|\\U([0-9a-fA-F]{8})|\\([0-7]{1,3}|x[0-9a-fA-F]{1,2}|[\s\S])|''/g,
    (whole, short: string | undefined, long: string | undefined, simple: string | undefined) => {
      if (whole === "''") return "'";
      if (simple !== undefined) {
        if (simple.length === 1 && !/[0-7uUx]/.test(simple)) return SIMPLE_ESCAPES[simple] ?? simple;
        const byte = simple.startsWith("x") ? Number.parseInt(simple.slice(1), 16) : Number.parseInt(simple, 8);
        if (byte > 0 && byte < 128) return String.fromCharCode(byte);
        failed = true;
        return whole;
      }
      const point = Number.parseInt(short ?? long ?? "", 16);
      if (point === 0 || point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff)) failed = true;
      return failed ? whole : String.fromCodePoint(point);
    },
  );
  return failed ? undefined : value;
}
