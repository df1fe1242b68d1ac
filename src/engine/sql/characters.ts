/** Classes of characters, as PostgreSQL's lexer sees them. Everything from 128 on belongs to identifiers. */
export const OTHER = 0;
export const SPACE = 1;
/** Letters and `_`: may begin an identifier. */
export const LETTER = 2;
export const DIGIT = 3;
/** `( ) [ ] , ; : .` stand alone. */
export const PUNCTUATION = 4;
/** May be part of an operator. */
export const OPERATOR = 5;
/** `' " $` and the backtick. */
export const QUOTE = 6;

export const CLASS = new Uint8Array(128);
/** The characters of words (letters, digits, `_`, `$`), letters in lower case; 0 for all others. */
export const WORD_FOLD = new Uint8Array(128);

function classify(characters: string, kind: number): void {
  for (const character of characters) CLASS[character.charCodeAt(0)] = kind;
}

classify(" \t\n\r\f\v", SPACE);
classify("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_", LETTER);
classify("0123456789", DIGIT);
classify("()[],;:.", PUNCTUATION);
classify("~!@#^&|?+-*/%<>=", OPERATOR);
classify("'\"$`", QUOTE);
for (let code = 0; code < 128; code++) {
  const inWord = CLASS[code] === LETTER || CLASS[code] === DIGIT || code === 36;
  if (inWord) WORD_FOLD[code] = code >= 65 && code <= 90 ? code + 32 : code;
}

export function classOf(code: number): number {
  return code < 128 ? (CLASS[code] ?? OTHER) : LETTER;
}

/** Lower case as PostgreSQL folds identifiers: ASCII letters only. */
export function foldIdentifier(text: string): string {
  return text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}
