/** A piece of input: a statement without its end, or a meta command such as `\dt`, from its backslash to the end of the line. */
export interface InputItem {
  readonly kind: "statement" | "meta";
  /** From the first character that is neither space nor comment. */
  readonly text: string;
  /** Line of that character, from 1. */
  readonly line: number;
  /** The statement ended with `\gx`. */
  readonly expanded?: boolean;
}

/** What is still open at the end of the text so far. */
export type OpenPart = "nothing" | "statement" | "'" | '"' | "$" | "/*" | "(";

export class StatementTooLong extends Error {
  readonly line: number;

  constructor(line: number, maximum: number) {
    super(`the statement has more than ${maximum} characters and no end`);
    this.name = "StatementTooLong";
    this.line = line;
  }
}

type State =
  | { readonly in: "space" | "statement" | "meta" | "line comment" }
  | { readonly in: "quote"; readonly quote: "'" | '"'; readonly backslash: boolean }
  | { readonly in: "dollar"; readonly tag: string }
  | { readonly in: "block comment"; readonly depth: number };

const SPACE: State = { in: "space" };
const STATEMENT: State = { in: "statement" };
const DOLLAR_TAG = /^\$(?:[A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*)?\$/;
const MAYBE_DOLLAR_TAG = /^\$(?:[A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*)?$/;
const WORD = /[\w$\u0080-\uffff]/;
/** Ends a stretch in which nothing can begin or end. */
const SPECIAL = /['"$;/\-()\\]/g;
/** Ends a statement as `;` does. */
const GO = /^\\(g|gx|G)\s*;?$/;
/** Forgets the statement that is being written. */
const RESET = /^\\(?:r|reset|clear)\s*;?$/;

/**
 * Cuts a script into statements as it is read, by PostgreSQL's lexical rules: `'…'` with doubled quotes, `E'…'` with backslashes,
 * `"…"`, `$tag$…$tag$`, `-- …`, and block comments that nest. A backslash outside of these begins a meta command, also in the
 * middle of a statement, which goes on in the next line; `\g` ends the statement and `\r` drops it.
 *
 * It holds one statement at most. A token that a chunk has cut in two is looked at again when the next chunk is there.
 */
export class StatementSplitter {
  readonly #maximum: number;
  #text = "";
  /** Everything before it has been understood. */
  #at = 0;
  /** Where in `#text` the item began; -1 while there is none. */
  #start = -1;
  #startLine = 1;
  /** The line on which `#text` continues at `#counted`. */
  #line = 1;
  #counted = 0;
  #parentheses = 0;
  #state: State = SPACE;
  /** What a comment interrupted. */
  #outer: State = SPACE;

  /** @param maximum characters that one statement may have. */
  constructor(maximum = 16 * 1024 * 1024) {
    this.#maximum = maximum;
  }

  get open(): OpenPart {
    if (this.#state.in === "quote") return this.#state.quote;
    if (this.#state.in === "dollar") return "$";
    if (this.#state.in === "block comment") return "/*";
    if (this.#start === -1) return "nothing";
    return this.#parentheses > 0 ? "(" : "statement";
  }

  /** The text of the unfinished item. */
  get pending(): string {
    return this.#start === -1 ? "" : this.#text.slice(this.#start);
  }

  /** @throws StatementTooLong */
  push(chunk: string): InputItem[] {
    this.#text += chunk;
    const items = this.#scan(false);
    if (this.#text.length > this.#maximum) {
      throw new StatementTooLong(this.#start === -1 ? this.#line : this.#startLine, this.#maximum);
    }
    return items;
  }

  /** The text is over: what is left is the last item, even without `;`. */
  end(): InputItem[] {
    const items = this.#scan(true);
    if (this.#start !== -1) this.#finish(this.#text.length, this.#text.length, items);
    this.reset();
    return items;
  }

  /** Forgets what is unfinished. */
  reset(): void {
    this.#countLines(this.#text.length);
    this.#text = "";
    this.#counted = 0;
    this.#at = 0;
    this.#start = -1;
    this.#parentheses = 0;
    this.#state = SPACE;
    this.#outer = SPACE;
  }

  #scan(final: boolean): InputItem[] {
    const items: InputItem[] = [];
    while (this.#at < this.#text.length && this.#step(final, items));
    if (this.#start === -1) this.#drop(this.#at);
    return items;
  }

  /** Understands one token or stretch; false when more text is needed. */
  #step(final: boolean, items: InputItem[]): boolean {
    const state = this.#state;
    switch (state.in) {
      case "space":
        return this.#inSpace(final);
      case "statement":
        return this.#inStatement(final, items);
      case "meta":
        return this.#inMeta(items);
      case "line comment":
        return this.#inLineComment();
      case "block comment":
        return this.#inBlockComment(state.depth, final);
      case "quote":
        return this.#inQuote(state.quote, state.backslash, final);
      case "dollar":
        return this.#inDollar(state.tag);
    }
  }

  #inSpace(final: boolean): boolean {
    const char = this.#text.charAt(this.#at);
    if (char === ";" || char === "\ufeff" || /\s/.test(char)) return this.#advance(this.#at + 1);
    const comment = this.#comment(final);
    if (comment !== undefined) return comment;
    this.#start = this.#at;
    this.#countLines(this.#at);
    this.#startLine = this.#line;
    this.#state = char === "\\" ? { in: "meta" } : STATEMENT;
    return true;
  }

  #inStatement(final: boolean, items: InputItem[]): boolean {
    SPECIAL.lastIndex = this.#at;
    const found = SPECIAL.exec(this.#text);
    if (found === null) return this.#advance(this.#text.length);
    this.#advance(found.index);
    const char = found[0];
    if (char === ";") {
      this.#finish(this.#at, this.#at + 1, items);
      return true;
    }
    if (char === "\\") return this.#metaInStatement(final, items);
    const comment = this.#comment(final);
    if (comment !== undefined) return comment;
    if (char === "$") return this.#beginDollar(final);
    if (char === "'" || char === '"') {
      const before = this.#text.charAt(this.#at - 1);
      const escaping = char === "'" && /[eE]/.test(before) && !WORD.test(this.#text.charAt(this.#at - 2));
      this.#state = { in: "quote", quote: char, backslash: escaping && this.#at - 1 >= this.#start };
    } else if (char === "(") this.#parentheses++;
    else if (char === ")") this.#parentheses = Math.max(0, this.#parentheses - 1);
    return this.#advance(this.#at + 1);
  }

  /** Takes the rest of the line out of the statement. */
  #metaInStatement(final: boolean, items: InputItem[]): boolean {
    const newline = this.#text.indexOf("\n", this.#at);
    if (newline === -1 && !final) return false;
    const end = newline === -1 ? this.#text.length : newline;
    const text = this.#text.slice(this.#at, end).trimEnd();
    const go = GO.exec(text)?.[1];
    if (go !== undefined) {
      this.#finish(this.#at, end, items, go !== "g");
      return true;
    }
    this.#countLines(this.#at);
    items.push({ kind: "meta", text, line: this.#line });
    if (RESET.test(text)) {
      this.#start = -1;
      this.#parentheses = 0;
      this.#state = SPACE;
      return this.#advance(end);
    }
    this.#text = this.#text.slice(0, this.#at) + this.#text.slice(end);
    return true;
  }

  /** Enters a comment that begins here. Undefined when none does; false when more text must tell. */
  #comment(final: boolean): boolean | undefined {
    const char = this.#text.charAt(this.#at);
    if (char !== "-" && char !== "/") return undefined;
    if (this.#at + 1 >= this.#text.length && !final) return false;
    const two = this.#text.slice(this.#at, this.#at + 2);
    if (two !== "--" && two !== "/*") return undefined;
    this.#outer = this.#state;
    this.#state = two === "--" ? { in: "line comment" } : { in: "block comment", depth: 1 };
    return this.#advance(this.#at + 2);
  }

  #inLineComment(): boolean {
    const end = this.#text.indexOf("\n", this.#at);
    if (end !== -1) this.#state = this.#outer;
    return this.#advance(end === -1 ? this.#text.length : end);
  }

  #inBlockComment(depth: number, final: boolean): boolean {
    const mark = /\/\*|\*\/|[/*]$/g;
    mark.lastIndex = this.#at;
    const found = mark.exec(this.#text);
    if (found === null) return this.#advance(this.#text.length);
    if (found[0].length === 1) {
      this.#advance(final ? this.#text.length : found.index);
      return final;
    }
    const left = found[0] === "/*" ? depth + 1 : depth - 1;
    this.#state = left === 0 ? this.#outer : { in: "block comment", depth: left };
    return this.#advance(found.index + 2);
  }

  #inQuote(quote: "'" | '"', backslash: boolean, final: boolean): boolean {
    for (let index = this.#at; index < this.#text.length; index++) {
      const char = this.#text[index];
      if (char !== quote && !(backslash && char === "\\")) continue;
      if (index + 1 >= this.#text.length && !final) {
        this.#advance(index);
        return false;
      }
      if (char === "\\" || this.#text[index + 1] === quote) index++;
      else {
        this.#state = STATEMENT;
        return this.#advance(index + 1);
      }
    }
    return this.#advance(this.#text.length);
  }

  #beginDollar(final: boolean): boolean {
    const rest = this.#text.slice(this.#at, this.#at + 130);
    const inWord = this.#at > this.#start && WORD.test(this.#text.charAt(this.#at - 1));
    const tag = inWord ? undefined : DOLLAR_TAG.exec(rest)?.[0];
    if (tag !== undefined) {
      this.#state = { in: "dollar", tag };
      return this.#advance(this.#at + tag.length);
    }
    if (!inWord && !final && rest.length < 130 && MAYBE_DOLLAR_TAG.test(rest)) return false;
    return this.#advance(this.#at + 1);
  }

  #inDollar(tag: string): boolean {
    const end = this.#text.indexOf(tag, this.#at);
    if (end === -1) {
      // The last characters may be the beginning of the tag.
      this.#advance(Math.max(this.#at, this.#text.length - tag.length + 1));
      return false;
    }
    this.#state = STATEMENT;
    return this.#advance(end + tag.length);
  }

  #inMeta(items: InputItem[]): boolean {
    const end = this.#text.indexOf("\n", this.#at);
    if (end === -1) return this.#advance(this.#text.length);
    this.#finish(end, end, items);
    return true;
  }

  #finish(end: number, next: number, items: InputItem[], expanded = false): void {
    const kind = this.#state.in === "meta" ? "meta" : "statement";
    const text = this.#text.slice(this.#start, end).trimEnd();
    items.push({ kind, text, line: this.#startLine, ...(expanded ? { expanded } : {}) });
    this.#advance(next);
    this.#drop(next);
    this.#start = -1;
    this.#parentheses = 0;
    this.#state = SPACE;
  }

  #advance(to: number): true {
    this.#at = to;
    return true;
  }

  #countLines(to: number): void {
    const part = this.#text.slice(this.#counted, to);
    for (let at = part.indexOf("\n"); at !== -1; at = part.indexOf("\n", at + 1)) this.#line++;
    this.#counted = to;
  }

  #drop(length: number): void {
    if (length === 0) return;
    this.#countLines(length);
    this.#text = this.#text.slice(length);
    this.#counted = 0;
    this.#at -= length;
  }
}
