import { classOf, DIGIT, LETTER } from "./characters.ts";
import type { LiteralKind } from "./statement.ts";

const INT4_MAX = 2_147_483_647n;
const INT8_MAX = 9_223_372_036_854_775_807n;

/** Digits with at most a point and an exponent, and nothing that runs into them: not `0x1F`, not `1_000`, not `1a`. */
export function isPlainNumber(text: string, start: number, end: number): boolean {
  const behind = text.charCodeAt(end);
  if (end < text.length && (behind === 36 || classOf(behind) === LETTER || classOf(behind) === DIGIT)) return false;
  for (let at = start; at < end; at++) {
    const code = text.charCodeAt(at);
    if (code >= 48 && code <= 57) continue;
    if (code === 46 || code === 43 || code === 45) continue;
    if ((code | 32) !== 101) return false;
  }
  return true;
}

/** Where a number of nothing but digits ends, when a blank, `,`, `)` or `;` stands behind it; -1 for every other number. */
export function digitsOnlyEnd(text: string, start: number): number {
  let at = start;
  let code = text.charCodeAt(at);
  while (code >= 48 && code <= 57) code = text.charCodeAt(++at);
  return code === 44 || code === 41 || code === 32 || code === 59 || at === text.length ? at : -1;
}

/** The kind that PostgreSQL gives a number, sign included. */
export function classifyNumber(text: string): LiteralKind {
  const negative = text.charCodeAt(0) === 45;
  for (let at = negative ? 1 : 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code < 48 || code > 57) return "decimal";
  }
  if (text.length < 10) return "integer";
  const value = BigInt(text);
  const size = negative ? -value - 1n : value;
  return size <= INT4_MAX ? "integer" : size <= INT8_MAX ? "bigint" : "decimal";
}
