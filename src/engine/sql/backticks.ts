import { tokenize } from "./lexer.ts";

/**
 * Turns MySQL's quoted identifiers into PostgreSQL's, character by character, so that offsets stay. A name that has quotes of
 * its own is left for the grammar to refuse.
 */
export function backticksToQuotes(text: string): string {
  let result = "";
  let copied = 0;
  for (const token of tokenize(text)) {
    if (token.kind !== "quoted" || text[token.start] !== "`" || /["`]/.test(token.value)) continue;
    result += `${text.slice(copied, token.start)}"${token.value}"`;
    copied = token.end;
  }
  return result + text.slice(copied);
}
