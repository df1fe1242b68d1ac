import { type Token, tokenize } from "./lexer.ts";

/** A text for PostgreSQL's grammar, and the way back from its offsets (UTF-16 units) to those of the text it was made from. */
export interface GrammarText {
  readonly text: string;
  toOriginal(offset: number): number;
}

/** Characters that quoting a word adds. */
const QUOTES = 2;

/**
 * Puts quotes around the namespace of `default.messages`: DEFAULT is a keyword of PostgreSQL, which has no schema of that name,
 * while ours stands in every message about a table of it. A DEFAULT with no name behind it stays the keyword.
 */
export function quoteDefaultNames(text: string): GrammarText {
  const words = /default/i.test(text) ? defaultNames(tokenize(text)) : [];
  if (words.length === 0) return { text, toOriginal: (offset) => offset };
  let quoted = "";
  let copied = 0;
  for (const { start, end } of words) {
    quoted += `${text.slice(copied, start)}"default"`;
    copied = end;
  }
  return { text: quoted + text.slice(copied), toOriginal: (offset) => originalOffset(words, offset) };
}

/** What points into a quoted word points to its first letter; the tree of a long text has many offsets, hence the halving. */
function originalOffset(words: readonly Token[], offset: number): number {
  let low = 0;
  let high = words.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((words[middle]?.start ?? 0) + middle * QUOTES <= offset) low = middle + 1;
    else high = middle;
  }
  const last = words[low - 1];
  if (last === undefined) return offset;
  return offset - (low - 1) * QUOTES < last.end + QUOTES ? last.start : offset - low * QUOTES;
}

function defaultNames(tokens: readonly Token[]): Token[] {
  return tokens.filter((token, index) => {
    if (token.kind !== "word" || token.value !== "default") return false;
    const dot = tokens[index + 1];
    const name = tokens[index + 2];
    return dot?.kind === "symbol" && dot.value === "." && name !== undefined && name.kind !== "number";
  });
}
