import { KalamError } from "../../errors/index.ts";
import { type Token, tokenize } from "./lexer.ts";
import type { QualifiedName } from "./statement.ts";

/** Reads the tokens of a statement that PostgreSQL's grammar does not know; errors are worded as PostgreSQL words them. */
export class TokenCursor {
  readonly text: string;
  readonly tokens: readonly Token[];
  #at = 0;

  constructor(text: string) {
    this.text = text;
    this.tokens = tokenize(text);
  }

  peek(ahead = 0): Token | undefined {
    return this.tokens[this.#at + ahead];
  }

  next(): Token {
    const token = this.tokens[this.#at];
    if (token === undefined) throw this.unexpected();
    this.#at++;
    return token;
  }

  get done(): boolean {
    return this.#at >= this.tokens.length;
  }

  /** Takes these words if all of them come next. */
  accept(...words: readonly string[]): boolean {
    const found = words.every((word, index) => {
      const token = this.peek(index);
      return token !== undefined && token.value === word && token.kind !== "string" && token.kind !== "quoted";
    });
    if (found) this.#at += words.length;
    return found;
  }

  expect(...words: readonly string[]): void {
    for (const word of words) if (!this.accept(word)) throw this.unexpected();
  }

  end(): void {
    if (!this.done) throw this.unexpected();
  }

  /** An identifier: unquoted ones in lower case. */
  identifier(): Token {
    const token = this.peek();
    if (token === undefined || (token.kind !== "word" && token.kind !== "quoted")) throw this.unexpected();
    if (token.kind === "quoted" && token.value === "") throw this.#empty(token);
    return this.next();
  }

  string(): string {
    if (this.peek()?.kind !== "string") throw this.unexpected();
    return this.next().value;
  }

  /** `name` or `namespace.name`. */
  qualifiedName(): QualifiedName {
    const first = this.identifier();
    if (!this.accept(".")) return { namespace: undefined, name: first.value, position: first.start };
    const second = this.identifier();
    if (this.peek()?.value === ".") throw this.unexpected();
    return { namespace: first.value, name: second.value, position: first.start };
  }

  /** `( KEY = value, … )` with names in upper case and values as text. */
  options(): Map<string, string> {
    const options = new Map<string, string>();
    this.expect("(");
    do {
      const name = this.identifier();
      this.accept("=");
      const key = name.value.toUpperCase();
      if (options.has(key)) throw duplicateOption(name.value, name.start);
      options.set(key, this.#value());
    } while (this.accept(","));
    this.expect(")");
    return options;
  }

  /** PostgreSQL's complaint about the next token. */
  unexpected(): KalamError {
    const token = this.peek();
    if (token === undefined) {
      return new KalamError(
        "syntax_error",
        { message: "syntax error at end of input" },
        { position: this.text.length },
      );
    }
    const message = `syntax error at or near "${this.text.slice(token.start, token.end)}"`;
    return new KalamError("syntax_error", { message }, { position: token.start });
  }

  #value(): string {
    const sign = this.accept("-") ? "-" : "";
    const token = this.peek();
    if (token === undefined || token.kind === "symbol" || token.kind === "operator") throw this.unexpected();
    if (sign !== "" && token.kind !== "number") throw this.unexpected();
    return sign + this.next().value;
  }

  #empty(token: Token): KalamError {
    const message = `zero-length delimited identifier at or near ""${token.value}""`;
    return new KalamError("syntax_error", { message }, { position: token.start });
  }
}

export function duplicateOption(name: string, position: number): KalamError {
  return new KalamError("invalid_option", { reason: `parameter "${name}" specified more than once` }, { position });
}
