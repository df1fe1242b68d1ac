import type { InputItem } from "./statement-splitter.ts";

/** What is sent in one request: one statement, or a transaction from BEGIN to COMMIT. */
export interface RequestUnit {
  readonly text: string;
  readonly statements: readonly UnitStatement[];
  /** Its rows are shown with one line per column, as `\gx` asks for. */
  readonly expanded?: boolean;
}

export interface UnitStatement {
  readonly text: string;
  /** Where it begins in the unit's text. */
  readonly offset: number;
  /** The line of the script on which it begins. */
  readonly line: number;
  /** The script; undefined for text that the person has before the eyes. */
  readonly file: string | undefined;
}

const BEGIN = /^(?:begin|start\s+transaction)\b/i;
const END = /^(?:commit|rollback|end|abort)\b/i;
const SEPARATOR = ";\n";

/**
 * Puts the statements of a transaction together: a transaction lives within one request, so nothing of it is sent before its
 * COMMIT or ROLLBACK has been read. It may begin in one script and end in another.
 */
export class RequestUnits {
  #open: UnitStatement[] = [];
  #length = 0;
  /** The one that was completed last, for `\g` without a statement before it. */
  last: RequestUnit | undefined;

  get inTransaction(): boolean {
    return this.#open.length > 0;
  }

  /** The unit that this statement completes, if it does. */
  add(item: InputItem, file?: string): RequestUnit | undefined {
    if (!this.inTransaction && !BEGIN.test(item.text)) {
      this.last = unitOf(item, file);
      return this.last;
    }
    this.#open.push({ text: item.text, line: item.line, offset: this.#length, file });
    this.#length += item.text.length + SEPARATOR.length;
    if (!END.test(item.text)) return undefined;
    this.last = this.end();
    return this.last;
  }

  /** What is left when everything is over: a transaction without end, which the server refuses. */
  end(): RequestUnit | undefined {
    const statements = this.#open;
    this.reset();
    if (statements.length === 0) return undefined;
    return { text: statements.map((statement) => statement.text).join(SEPARATOR), statements };
  }

  reset(): void {
    this.#open = [];
    this.#length = 0;
  }
}

export function unitOf(item: Pick<InputItem, "text" | "line" | "expanded">, file?: string): RequestUnit {
  const { text, line, expanded } = item;
  return { text, statements: [{ text, line, offset: 0, file }], ...(expanded === undefined ? {} : { expanded }) };
}
