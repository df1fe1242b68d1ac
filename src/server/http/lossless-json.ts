/** A whole number of a JSON text that a double cannot hold. */
export class WholeNumber {
  readonly value: bigint;
  constructor(value: bigint) {
    this.value = value;
  }
}

/** Name that marks a whole number while `JSON.parse` runs. */
const MARK = "\u0000whole";
const LONG_DIGITS = /\d{16}/;
const WHOLE = /-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;

/**
 * `JSON.parse`, but that whole numbers beyond 2^53 become `WholeNumber`s with all their digits. A text without a run of 16
 * digits takes the plain way.
 *
 * @throws SyntaxError
 */
export function parseLossless(text: string): unknown {
  if (!LONG_DIGITS.test(text)) return JSON.parse(text);
  return JSON.parse(markLongNumbers(text), unmark);
}

/** Walks over the text outside of its strings. */
function markLongNumbers(text: string): string {
  let out = "";
  let at = 0;
  while (at < text.length) {
    const open = text.indexOf('"', at);
    const gap = open < 0 ? text.slice(at) : text.slice(at, open);
    out += gap.replace(WHOLE, markOne);
    if (open < 0) break;
    const close = endOfString(text, open);
    out += text.slice(open, close);
    at = close;
  }
  return out;
}

function markOne(number: string): string {
  if (!/^-?[1-9]\d{15,}$/.test(number) || Number.isSafeInteger(Number(number))) return number;
  return `{${JSON.stringify(MARK)}:"${number}"}`;
}

function endOfString(text: string, open: number): number {
  for (let at = open + 1; ; at++) {
    at = text.indexOf('"', at);
    if (at < 0) return text.length;
    let backslashes = 0;
    while (text[at - 1 - backslashes] === "\\") backslashes++;
    if (backslashes % 2 === 0) return at + 1;
  }
}

function unmark(_key: string, value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  const digits: unknown = (value as Record<string, unknown>)[MARK];
  return typeof digits === "string" && /^-?\d{1,4096}$/.test(digits) ? new WholeNumber(BigInt(digits)) : value;
}
