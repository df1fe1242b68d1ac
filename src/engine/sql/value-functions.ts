import { tokenize } from "./lexer.ts";

/** SQL writes these without parentheses; clients of KalamDB and of MySQL write them with. */
const WORDS = new Set([
  "current_user",
  "current_role",
  "current_timestamp",
  "current_date",
  "localtimestamp",
  "session_user",
  "current_catalog",
]);
const CALLED = /(?:current_(?:user|role|timestamp|date|catalog)|session_user)\s*\(\s*\)|localtimestamp\s*\(\s*\)/i;

/** Blanks the parentheses of `CURRENT_USER()` and its like, so that offsets stay. Strings and comments are left alone. */
export function withoutEmptyCalls(text: string): string {
  if (!CALLED.test(text)) return text;
  const tokens = tokenize(text);
  let result = text;
  tokens.forEach((token, index) => {
    const open = tokens[index + 1];
    const close = tokens[index + 2];
    if (token.kind !== "word" || !WORDS.has(token.value) || open === undefined || close === undefined) return;
    if (text.slice(open.start, open.end) !== "(" || text.slice(close.start, close.end) !== ")") return;
    result = `${result.slice(0, open.start)}${" ".repeat(close.end - open.start)}${result.slice(close.end)}`;
  });
  return result;
}
