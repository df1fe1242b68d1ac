import { type Token, tokenize } from "./lexer.ts";
import type { TableKind } from "./statement.ts";

/** What a table statement says beyond PostgreSQL's grammar. */
export interface TableDialect {
  /** The text for PostgreSQL's grammar: our own words blanked, every offset as before. */
  readonly sql: string;
  readonly tableKind: TableKind | undefined;
  /** Offsets of AUTO_INCREMENT and its relatives; each belongs to the column that begins last before it. */
  readonly generated: readonly number[];
  readonly unsigned: readonly number[];
  /** Offsets of MODIFY, which the grammar is shown as ADD. */
  readonly modified: readonly number[];
}

/** Integer types that PostgreSQL does not let have a display width, as in MySQL's `INT(11)`. */
const WIDTHLESS = new Set(["int", "integer", "bigint", "smallint", "mediumint"]);
/** What stands before the name of a column that is defined. */
const COLUMN_STARTS = new Set(["(", ",", "column", "add", "modify", "exists"]);
/** MySQL's table options behind the columns. */
const TAIL_OPTIONS = new Set(["engine", "charset", "character", "collate", "row_format", "comment", "auto_increment"]);

/**
 * Reads `CREATE / ALTER / DROP [USER|SHARED|STREAM] TABLE` so that PostgreSQL's grammar can read the rest. Blanked words:
 * the kind, `AUTO_INCREMENT` (and `AUTO INCREMENT`, `AUTOINCREMENT`, a bare `IDENTITY`), `UNSIGNED`, `COMMENT '…'`,
 * `CHARACTER SET x`, the width in `INT(11)`, and MySQL's `ENGINE=…` tail.
 */
export class TableDialectReader {
  readonly #text: string;
  readonly #tokens: readonly Token[];
  readonly #edits: { start: number; end: number; text: string }[] = [];
  readonly #generated: number[] = [];
  readonly #unsigned: number[] = [];
  readonly #modified: number[] = [];
  #tableKind: TableKind | undefined;

  constructor(text: string) {
    this.#text = text;
    this.#tokens = tokenize(text);
  }

  read(): TableDialect {
    this.#readKind();
    const verb = this.#tokens[0]?.value;
    if (verb === "create") this.#readCreate();
    else if (verb === "alter") this.#readAlter();
    return {
      sql: this.#apply(),
      tableKind: this.#tableKind,
      generated: this.#generated,
      unsigned: this.#unsigned,
      modified: this.#modified,
    };
  }

  #readKind(): void {
    const kind = this.#tokens[1];
    if (kind === undefined || this.#word(2) !== "table") return;
    if (kind.value !== "user" && kind.value !== "shared" && kind.value !== "stream") return;
    this.#tableKind = kind.value;
    this.#blank(1, 1);
  }

  #readCreate(): void {
    const open = this.#tokens.findIndex((token) => token.kind === "symbol" && token.value === "(");
    if (open < 0) return;
    let depth = 1;
    let at = open + 1;
    for (; at < this.#tokens.length && depth > 0; at++) {
      const token = this.#tokens[at];
      if (token?.value === "(" && token.kind === "symbol") {
        if (depth === 1 && this.#isWidth(at)) {
          this.#blank(at, 3);
          at += 2;
        } else depth++;
      } else if (token?.value === ")" && token.kind === "symbol") depth--;
      else if (depth === 1) at += this.#readColumnWord(at);
    }
    this.#readTail(at);
  }

  /** Handles a word inside a column definition; gives the number of further tokens it took. */
  #readColumnWord(at: number): number {
    const word = this.#word(at);
    const before = this.#tokens[at - 1];
    const startsColumn = before?.kind === "symbol" && (before.value === "(" || before.value === ",");
    if (word === undefined || startsColumn) return 0;
    switch (word) {
      case "auto_increment":
      case "autoincrement":
        return this.#take(at, 1, this.#generated);
      case "auto":
        return this.#word(at + 1) === "increment" ? this.#take(at, 2, this.#generated) : 0;
      case "identity":
        return this.#word(at - 1) === "as" ? 0 : this.#take(at, this.#identityLength(at), this.#generated);
      case "unsigned":
        return this.#take(at, 1, this.#unsigned);
      case "signed":
        // Right behind the column's name it is the type.
        return COLUMN_STARTS.has(this.#tokens[at - 2]?.value ?? "") ? 0 : this.#take(at, 1, []);
      case "zerofill":
        return this.#take(at, 1, []);
      case "comment":
        return this.#tokens[at + 1]?.kind === "string" ? this.#take(at, 2, []) : 0;
      case "character":
        return this.#word(at + 1) === "set" ? this.#take(at, 3, []) : 0;
      default:
        return 0;
    }
  }

  #take(at: number, count: number, note: number[]): number {
    note.push(this.#tokens[at]?.start ?? 0);
    this.#blank(at, count);
    return count - 1;
  }

  /** `IDENTITY` or `IDENTITY(1,1)`. */
  #identityLength(at: number): number {
    return this.#tokens[at + 1]?.value === "(" && this.#tokens[at + 5]?.value === ")" ? 6 : 1;
  }

  /** `(11)` behind an integer type that begins a column's type. */
  #isWidth(at: number): boolean {
    const type = this.#word(at - 1);
    return (
      type !== undefined &&
      WIDTHLESS.has(type) &&
      this.#tokens[at + 1]?.kind === "number" &&
      this.#tokens[at + 2]?.value === ")"
    );
  }

  #readTail(from: number): void {
    let at = from;
    while (at < this.#tokens.length) {
      const start = at;
      if (this.#word(at) === "default") at++;
      const option = this.#word(at);
      if (option === undefined || !TAIL_OPTIONS.has(option)) return;
      at++;
      if (option === "character" && this.#word(at) === "set") at++;
      if (this.#tokens[at]?.value === "=") at++;
      at++;
      if (this.#tokens[at]?.value === ",") at++;
      this.#blank(start, at - start);
    }
  }

  #readAlter(): void {
    let depth = 0;
    for (let at = 3; at < this.#tokens.length; at++) {
      const token = this.#tokens[at];
      if (token?.kind === "symbol" && token.value === "(") {
        if (depth === 0 && this.#isWidth(at)) {
          this.#blank(at, 3);
          at += 2;
        } else depth++;
      } else if (token?.kind === "symbol" && token.value === ")") depth--;
      else if (depth === 0 && token !== undefined) at += this.#readAlterWord(at, token);
    }
  }

  #readAlterWord(at: number, token: Token): number {
    const word = this.#word(at);
    const before = this.#tokens[at - 1];
    if (word === "modify" && before?.value !== "column" && before?.value !== "add" && before?.value !== ".") {
      this.#modified.push(token.start);
      this.#edits.push({ start: token.start, end: token.end, text: "ADD   " });
      return 0;
    }
    if (word === "tblproperties" && before?.value === "set") return this.#take(at, 1, []);
    // A column's name stands behind one of these; anything later is an option.
    const namesColumn = before?.value === "column" || before?.value === "add" || before?.value === "modify";
    return namesColumn || before?.value === "to" || before?.value === "." ? 0 : this.#readColumnWord(at);
  }

  #word(at: number): string | undefined {
    const token = this.#tokens[at];
    return token?.kind === "word" ? token.value : undefined;
  }

  #blank(at: number, count: number): void {
    const start = this.#tokens[at]?.start;
    const end = (this.#tokens[at + count - 1] ?? this.#tokens.at(-1))?.end;
    if (start !== undefined && end !== undefined) this.#edits.push({ start, end, text: " ".repeat(end - start) });
  }

  #apply(): string {
    let result = "";
    let copied = 0;
    for (const { start, end, text } of this.#edits.toSorted((a, b) => a.start - b.start)) {
      if (start < copied) continue;
      result += this.#text.slice(copied, start) + text;
      copied = end;
    }
    return result + this.#text.slice(copied);
  }
}
