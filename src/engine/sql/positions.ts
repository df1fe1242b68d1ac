import stringWidth from "string-width";

/** Where an offset stands, and the lines that psql prints to show it. */
export interface Place {
  /** From 1. */
  readonly line: number;
  /** From 1, in characters (code points). */
  readonly column: number;
  /** `LINE n: …` and a line with a caret under the place. */
  readonly excerpt: string;
}

/** psql shows about this many columns of a long line. */
const DISPLAY_COLUMNS = 60;
const LEFT_MARGIN = 30;

/**
 * Places an offset (UTF-16 units) of a text.
 *
 * @example
 * locate("SELECT 1\nFRM t", 9).excerpt // "LINE 2: FRM t\n        ^"
 */
export function locate(text: string, position: number): Place {
  const at = Math.max(0, Math.min(position, text.length));
  const before = text.slice(0, at);
  const line = (before.match(/\r\n|\r|\n/g)?.length ?? 0) + 1;
  const lineStart = Math.max(before.lastIndexOf("\n"), before.lastIndexOf("\r")) + 1;
  const rest = text.slice(lineStart);
  const lineLength = rest.search(/[\r\n]/);
  const characters = [...(lineLength < 0 ? rest : rest.slice(0, lineLength))].map((c) => (c === "\t" ? " " : c));
  const column = [...text.slice(lineStart, at)].length + 1;
  return { line, column, excerpt: excerptOf(characters, column - 1, line) };
}

function excerptOf(characters: readonly string[], index: number, line: number): string {
  let from = 0;
  let to = characters.length;
  if (width(characters, 0, to) > DISPLAY_COLUMNS) {
    while (from < index && width(characters, from, index) > LEFT_MARGIN) from++;
    to = from;
    let used = 0;
    while (to < characters.length && used < DISPLAY_COLUMNS) used += stringWidth(characters[to++] ?? "");
  }
  const label = `LINE ${line}: ${from > 0 ? "..." : ""}`;
  const shown = characters.slice(from, to).join("") + (to < characters.length ? "..." : "");
  return `${label}${shown}\n${" ".repeat(label.length + width(characters, from, index))}^`;
}

function width(characters: readonly string[], from: number, to: number): number {
  let total = 0;
  for (let at = from; at < to; at++) total += stringWidth(characters[at] ?? "");
  return total;
}

/** Turns the byte offsets of PostgreSQL's trees into UTF-16 offsets. */
export function utf16Offsets(text: string): (byteOffset: number) => number {
  if (!hasWideCharacter(text)) return (byteOffset) => byteOffset;
  const offsets: number[] = [];
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    const pair = code >= 0xd800 && code < 0xdc00 && at + 1 < text.length;
    const bytes = code < 0x80 ? 1 : code < 0x800 ? 2 : pair ? 4 : 3;
    for (let n = 0; n < bytes; n++) offsets.push(at);
    if (pair) at++;
  }
  return (byteOffset) => offsets[byteOffset] ?? text.length;
}

/** Turns the character offset of PostgreSQL's errors (code points) into a UTF-16 offset. */
export function fromCodePoints(text: string, characters: number): number {
  let at = 0;
  for (let n = 0; n < characters && at < text.length; n++) at += (text.codePointAt(at) ?? 0) > 0xffff ? 2 : 1;
  return at;
}

function hasWideCharacter(text: string): boolean {
  for (let at = 0; at < text.length; at++) if (text.charCodeAt(at) >= 0x80) return true;
  return false;
}
