import type { InputItem } from "./statement-splitter.ts";

/** What is sent in one request: one statement, or a transaction from BEGIN to COMMIT. */
export interface RequestUnit {
  readonly text: string;
  readonly statements: readonly UnitStatement[];
}

export interface UnitStatement {
  readonly text: string;
  /** Where it begins in the unit's text. */
  readonly offset: number;
  /** The line of the script on which it begins. */
  readonly line: number;
}

const BEGIN = /^(?:begin|start\s+transaction)\b/i;
const END = /^(?:commit|rollback|end|abort)\b/i;
const SEPARATOR = ";\n";

/**
 * Puts the statements of a transaction together: a transaction lives within one request, so nothing of it is sent before its
 * COMMIT or ROLLBACK has been read.
 */
export class RequestUnits {
  #open: UnitStatement[] = [];
  #length = 0;

  get inTransaction(): boolean {
    return this.#open.length > 0;
  }

  /** The unit that this statement completes, if it does. */
  add(item: InputItem): RequestUnit | undefined {
    if (!this.inTransaction && !BEGIN.test(item.text)) return unitOf(item);
    this.#open.push({ text: item.text, line: item.line, offset: this.#length });
    this.#length += item.text.length + SEPARATOR.length;
    return END.test(item.text) ? this.end() : undefined;
  }

  /** What is left when the script is over: a transaction without end, which the server refuses. */
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

export function unitOf(item: Pick<InputItem, "text" | "line">): RequestUnit {
  return { text: item.text, statements: [{ text: item.text, line: item.line, offset: 0 }] };
}
