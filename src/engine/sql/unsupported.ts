import { KalamError } from "../../errors/index.ts";
import { nextToken } from "./lexer.ts";

/** A statement that is well-formed, or belongs to a later version, but that nobody here can run. */
export function unsupported(text: string): KalamError {
  return new KalamError("unsupported_statement", { statement: leadingWords(text) }, { position: 0 });
}

export function notSupported(feature: string, position?: number): KalamError {
  return new KalamError("feature_not_supported", { feature }, position === undefined ? {} : { position });
}

const SINGLE = new Set([
  "truncate",
  "merge",
  "grant",
  "revoke",
  "call",
  "copy",
  "vacuum",
  "analyze",
  "listen",
  "set",
  "do",
]);

/** The words that name a statement: `CREATE INDEX`, `STORAGE FLUSH`, `TRUNCATE`. */
function leadingWords(text: string): string {
  const words: string[] = [];
  let token = nextToken(text, 0);
  while (token?.kind === "word" && words.length < 2) {
    words.push(token.value.toUpperCase());
    if (SINGLE.has(token.value)) break;
    token = nextToken(text, token.end);
  }
  return words.join(" ");
}
