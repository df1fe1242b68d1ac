import type { Output } from "../output.ts";
import type { Presentation, ResultSummary } from "./result-writer.ts";

/** What stands under the rows of a table: counts, messages, time. */
export class Footer {
  readonly #output: Output;
  readonly #presentation: Presentation;
  readonly #user: string | undefined;
  #asUser: string | undefined;

  constructor(output: Output, presentation: Presentation, user: string | undefined) {
    this.#output = output;
    this.#presentation = presentation;
    this.#user = user;
  }

  rowCount(count: number): void {
    if (!this.#presentation.quiet) this.#output.write(`(${countOf(count)})\n`);
  }

  /** For a statement that only says something; after rows when it changed and returned them. */
  message(result: ResultSummary, hadRows: boolean): void {
    const asUser = result.as_user ?? undefined;
    this.#asUser = asUser !== undefined && asUser.trim() !== "" && asUser !== this.#user ? asUser : undefined;
    if (this.#presentation.quiet) return;
    const message = result.message ?? undefined;
    if (message !== undefined) this.#output.write(`${message}\n`);
    else if (!hadRows) this.#output.write(`Query OK, ${countOf(result.row_count ?? 0)} affected\n`);
  }

  took(millis: number): void {
    if (this.#presentation.quiet) return;
    const lines = [
      ...(this.#asUser === undefined ? [] : [`As: ${this.#asUser}`]),
      ...(this.#presentation.timing ? [`Took: ${millis.toFixed(3)} ms`] : []),
    ];
    if (lines.length > 0) this.#output.write(`\n${lines.join("\n")}\n`);
    if (this.#output.isTerminal) this.#output.write("\n");
  }
}

function countOf(rows: number): string {
  return `${rows} ${rows === 1 ? "row" : "rows"}`;
}
