import type { Cell, SchemaField } from "../../client/index.ts";
import type { Output } from "../output.ts";
import { displayWidth, padTo, printable } from "./cell-layout.ts";
import type { Footer } from "./footer.ts";
import type { ResultSummary, ResultWriter } from "./result-writer.ts";
import { valueText } from "./value-text.ts";

/** One line per column: for rows that are too wide for a table. */
export class ExpandedWriter implements ResultWriter {
  readonly #output: Output;
  readonly #footer: Footer;
  #schema: readonly SchemaField[] = [];
  #names: string[] = [];
  #inRows = false;
  #count = 0;

  constructor(output: Output, footer: Footer) {
    this.#output = output;
    this.#footer = footer;
  }

  begin(schema: readonly SchemaField[]): void {
    const names = schema.map((field) => printable(field.name).replaceAll("\n", "\\n"));
    const width = names.reduce((most, name) => Math.max(most, displayWidth(name)), 0);
    this.#schema = schema;
    this.#names = names.map((name) => padTo(name, width, false));
    this.#inRows = true;
    this.#count = 0;
  }

  async rows(rows: readonly (readonly Cell[])[]): Promise<void> {
    for (const row of rows) {
      this.#output.write(`─[ RECORD ${++this.#count} ]${"─".repeat(20)}\n`);
      for (const [index, field] of this.#schema.entries()) {
        const cell = row[index] ?? null;
        const lines = cell === null ? ["NULL"] : printable(valueText(cell, field.data_type)).split("\n");
        const name = this.#names[index] ?? "";
        const below = " ".repeat(displayWidth(name));
        for (const [level, line] of lines.entries()) this.#output.write(`${level === 0 ? name : below} │ ${line}\n`);
      }
      await this.#output.breathe();
    }
  }

  async end(result: ResultSummary): Promise<void> {
    if (this.#inRows) this.#footer.rowCount(this.#count);
    this.#footer.message(result, this.#inRows);
    this.#inRows = false;
    await this.#output.breathe();
  }

  async finish(millis: number): Promise<void> {
    this.#footer.took(millis);
    await this.#output.flush();
  }

  async abandon(): Promise<void> {
    this.#inRows = false;
    await this.#output.flush();
  }
}
