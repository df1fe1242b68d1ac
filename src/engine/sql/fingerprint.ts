import { CLASS, DIGIT, LETTER, OPERATOR, PUNCTUATION, SPACE } from "./characters.ts";
import { FingerprintBuffer } from "./fingerprint-buffer.ts";
import { unescapeString, unquote } from "./lexer.ts";
import {
  blockCommentEnd,
  dollarStringEnd,
  dollarTagLength,
  escapeStringEnd,
  isDigit,
  lineCommentEnd,
  numberEnd,
  operatorEnd,
  quotedIdentifierEnd,
  skipBlank,
  stringEnd,
  wordEnd,
} from "./lexical.ts";
import { classifyNumber, digitsOnlyEnd, isPlainNumber } from "./numbers.ts";
import { type Literal, type LiteralKind, NumberLiteral } from "./statement.ts";
import { scanRows, type ValueRows } from "./value-rows.ts";

/** A statement with its literals taken out. */
export interface Fingerprint {
  /** The same for all statements that differ in literals, letter case, blanks and comments only; undefined when too long. */
  readonly key: string | undefined;
  /** Behind the last character of the statement: a `;` or the end of the text. */
  readonly end: number;
  readonly literals: readonly Literal[];
  /** Kinds and offsets of the literals; of a folded INSERT those of its first row. */
  readonly kinds: readonly LiteralKind[];
  readonly starts: readonly number[];
  /** Set for an INSERT whose VALUES are rows of nothing but literals. */
  readonly rows: ValueRows | undefined;
}

/** What stood before: it decides whether a blank counts and whether a `-` belongs to the number behind it. */
const NOTHING = 0;
const WORD = 1;
const LITERAL = 2;
const OPENING = 3;
const CLOSING = 4;
const COMPARISON = 5;
const OPERATION = 6;
const SYMBOL = 7;

/** Behind these a `-` is a sign. Every one is reserved in PostgreSQL, so none is the name of a column. */
const BEFORE_SIGN = new Set(
  "select when then else and or not between limit offset in like ilike case where having on returning".split(" "),
);

/** A VALUES behind one of these is a branch of a query, whose rows may not be folded. */
const SET_OPERATIONS = new Set(["union", "intersect", "except", "all", "distinct"]);

const MARK: Readonly<Record<LiteralKind, number>> = {
  integer: 1,
  bigint: 2,
  decimal: 3,
  string: 4,
  boolean: 5,
  null: 5,
  any: 5,
};
const ROWS = 6;
/** Before a string with a prefix: `U&"a"` is a name, `u & "a"` an operation. */
const PREFIXED = 7;

/**
 * Reads a statement once, from its first character to the `;` behind it, and makes its fingerprint on the way: letters folded,
 * blanks and comments collapsed, each literal a mark of its kind.
 *
 * It must never give two statements one key unless they differ in literals only; the other way round (two keys for what means
 * the same) costs a parse. So whatever is unusual (`U&''`, `0x1F`, bit strings) is copied as it stands. It also need not judge:
 * a text that PostgreSQL refuses is never cached.
 */
export class FingerprintScanner {
  readonly #buffer = new FingerprintBuffer();
  #text = "";
  #at = 0;
  #before = NOTHING;
  #space = false;
  #literals: Literal[] = [];
  #kinds: LiteralKind[] = [];
  #starts: number[] = [];
  #rows: ValueRows | undefined;

  /**
   * @param fold false takes the rows of an INSERT one by one.
   * @throws KalamError batch_parse_error
   */
  scan(text: string, from: number, fold = true): Fingerprint {
    this.#text = text;
    this.#at = from;
    this.#before = NOTHING;
    this.#space = false;
    this.#literals = [];
    this.#kinds = [];
    this.#starts = [];
    this.#rows = undefined;
    this.#buffer.reset();
    this.#run(fold && (text.charCodeAt(from) | 32) === 105);
    return {
      key: this.#buffer.take(),
      end: this.#at,
      literals: this.#literals,
      kinds: this.#kinds,
      starts: this.#starts,
      rows: this.#rows,
    };
  }

  #run(insert: boolean): void {
    const text = this.#text;
    const classes = CLASS;
    let depth = 0;
    while (this.#at < text.length) {
      const code = text.charCodeAt(this.#at);
      const kind = code < 128 ? classes[code] : LETTER;
      if (kind === SPACE) {
        this.#space = true;
        this.#at++;
      } else if (kind === LETTER) {
        if (this.#word(code) && insert && depth === 0) this.#foldRows();
      } else if (kind === DIGIT) this.#number(this.#at);
      else if (kind === PUNCTUATION) {
        if (code === 59 && depth === 0) return;
        if (code === 40) depth++;
        else if (code === 41 && depth > 0) depth--;
        this.#punctuation(code);
      } else if (kind === OPERATOR) this.#operator(code);
      else this.#quote(code);
    }
  }

  /** True when the word is VALUES, and not a branch of a set operation. */
  #word(first: number): boolean {
    const text = this.#text;
    const at = this.#at;
    const second = text.charCodeAt(at + 1);
    if (second === 39 || (second === 38 && (first | 32) === 117)) {
      if (this.#prefixedString(first, second)) return false;
    }
    this.#separate();
    const buffer = this.#buffer;
    const start = buffer.length;
    this.#at = buffer.pushWord(text, at);
    this.#before = WORD;
    return buffer.length - start === 6 && buffer.endsWith("values") && !SET_OPERATIONS.has(buffer.lastWord(start - 1));
  }

  /** `E'…'` is a literal; `U&'…'`, `B'…'`, `X'…'` and `N'…'` are copied. */
  #prefixedString(first: number, second: number): boolean {
    const text = this.#text;
    const start = this.#at;
    const prefix = first | 32;
    if (second === 38) {
      const quote = text.charCodeAt(start + 2);
      if (quote === 39) return this.#copyPrefixed(stringEnd(text, start + 2));
      return quote === 34 && this.#copyPrefixed(quotedIdentifierEnd(text, start + 2));
    }
    if (prefix === 101) {
      const end = escapeStringEnd(text, start);
      const value = unescapeString(text.slice(start + 2, end - 1));
      if (value === undefined) return this.#copyPrefixed(end);
      this.#literal(value, "string", start, end);
      return true;
    }
    return (prefix === 98 || prefix === 120 || prefix === 110) && this.#copyPrefixed(stringEnd(text, start + 1));
  }

  #copyPrefixed(end: number): true {
    this.#separate();
    this.#buffer.push(PREFIXED);
    this.#copy(end);
    return true;
  }

  /** `start` is the digit, or the sign before it. */
  #number(start: number): void {
    const text = this.#text;
    const digits = text.charCodeAt(start) === 45 ? start + 1 : start;
    let end = digitsOnlyEnd(text, digits);
    if (end < 0) {
      end = numberEnd(text, digits);
      if (!isPlainNumber(text, digits, end)) {
        this.#copy(end);
        return;
      }
    }
    const value = text.slice(start, end);
    this.#literal(new NumberLiteral(value), classifyNumber(value), start, end);
  }

  #punctuation(code: number): void {
    if (code === 46) {
      if (isDigit(this.#text.charCodeAt(this.#at + 1))) {
        this.#number(this.#at);
        return;
      }
      this.#separate();
    } else if (code === 58) this.#separate();
    this.#buffer.push(code);
    this.#space = false;
    this.#before = code === 40 || code === 44 || code === 91 ? OPENING : code === 41 || code === 93 ? CLOSING : SYMBOL;
    this.#at++;
  }

  #operator(code: number): void {
    const text = this.#text;
    const at = this.#at;
    const next = text.charCodeAt(at + 1);
    if (code === 45 && next === 45) this.#skipTo(lineCommentEnd(text, at));
    else if (code === 47 && next === 42) this.#skipTo(blockCommentEnd(text, at));
    else if (code === 45 && isNumberStart(text, at + 1) && this.#isSign()) this.#number(at);
    else this.#copyOperator(operatorEnd(text, at));
  }

  #copyOperator(end: number): void {
    const text = this.#text;
    const at = this.#at;
    if (this.#space && this.#before >= COMPARISON) this.#buffer.push(32);
    this.#space = false;
    let comparison = true;
    for (let index = at; index < end; index++) {
      const character = text.charCodeAt(index);
      if (character < 60 || character > 62) comparison = false;
      this.#buffer.push(character);
    }
    this.#at = end;
    this.#before = comparison ? COMPARISON : OPERATION;
  }

  #skipTo(end: number): void {
    this.#at = end;
    this.#space = true;
  }

  /** Whether the `-` here belongs to the number behind it: `(-1`, `= -1`, `THEN -1`, but not `a -1` and not `-1::int`. */
  #isSign(): boolean {
    const before = this.#before;
    if (before === WORD) {
      if (!BEFORE_SIGN.has(this.#buffer.lastWord())) return false;
    } else if (before !== OPENING && before !== COMPARISON) return false;
    const text = this.#text;
    const behind = text.charCodeAt(skipBlank(text, numberEnd(text, this.#at + 1)));
    return behind !== 58 && behind !== 91;
  }

  #quote(code: number): void {
    const text = this.#text;
    const start = this.#at;
    if (code === 39) {
      const end = stringEnd(text, start);
      this.#literal(unquote(text, start + 1, end - 1, "'"), "string", start, end);
    } else if (code === 34 || code === 96) this.#copy(quotedIdentifierEnd(text, start));
    else if (code === 36) this.#dollar(start);
    else this.#copy(start + 1);
  }

  #dollar(start: number): void {
    const text = this.#text;
    const tag = dollarTagLength(text, start);
    if (tag === 0) {
      // A parameter, or nothing that PostgreSQL knows.
      this.#copy(wordEnd(text, start));
      return;
    }
    const end = dollarStringEnd(text, start, tag);
    this.#literal(text.slice(start + tag, end - tag), "string", start, end);
  }

  #literal(value: Literal, kind: LiteralKind, start: number, end: number): void {
    if (this.#rows !== undefined) {
      // Behind folded rows nothing may vary: the literals of a text are then those of its rows alone.
      this.#at = start;
      this.#copy(end);
      return;
    }
    this.#separate();
    this.#buffer.push(MARK[kind]);
    this.#literals.push(value);
    this.#kinds.push(kind);
    this.#starts.push(start);
    this.#before = LITERAL;
    this.#at = end;
  }

  /** Takes the characters up to `end` into the key as they are. */
  #copy(end: number): void {
    this.#separate();
    this.#buffer.pushText(this.#text, this.#at, end);
    this.#before = LITERAL;
    this.#at = end;
  }

  #foldRows(): void {
    if (this.#literals.length > 0 || this.#rows !== undefined) return;
    const found = scanRows(this.#text, this.#at, this.#literals, this.#starts);
    if (found === undefined) {
      this.#literals = [];
      this.#starts = [];
      return;
    }
    this.#rows = found;
    this.#buffer.push(ROWS);
    this.#buffer.push(found.width & 255);
    this.#buffer.push(found.width >> 8);
    for (let index = 0; index < found.width; index++) this.#kinds.push("any");
    this.#at = found.end;
    this.#before = CLOSING;
    this.#space = false;
  }

  /** A blank counts between two tokens that would otherwise run into one; an operator runs into operators only. */
  #separate(): void {
    if (this.#space && (this.#before === WORD || this.#before === LITERAL || this.#before === SYMBOL))
      this.#buffer.push(32);
    this.#space = false;
  }
}

/** A digit, or a point with a digit behind it. */
function isNumberStart(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  return isDigit(code) || (code === 46 && isDigit(text.charCodeAt(at + 1)));
}
