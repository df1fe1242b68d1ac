import type { Cell, SchemaField } from "../../client/index.ts";
import type { Output } from "../output.ts";
import type { ResultWriter } from "./result-writer.ts";
import { valueText } from "./value-text.ts";

const NEEDS_QUOTES = /[",\r\n]/;

/** RFC 4180 with a header and `\n` between lines. NULL is nothing, the empty string is `""`. Only rows are written. */
export class CsvWriter implements ResultWriter {
  readonly #output: Output;
  #schema: readonly SchemaField[] = [];

  constructor(output: Output) {
    this.#output = output;
  }

  begin(schema: readonly SchemaField[]): void {
    this.#schema = schema;
    this.#output.write(`${schema.map((field) => quote(field.name)).join(",")}\n`);
  }

  async rows(rows: readonly (readonly Cell[])[]): Promise<void> {
    for (const row of rows) {
      const cells = this.#schema.map((field, index) => {
        const cell = row[index] ?? null;
        return cell === null ? "" : quote(valueText(cell, field.data_type));
      });
      this.#output.write(`${cells.join(",")}\n`);
      await this.#output.breathe();
    }
  }

  async end(): Promise<void> {
    await this.#output.breathe();
  }

  finish(): Promise<void> {
    return this.#output.flush();
  }

  abandon(): Promise<void> {
    return this.#output.flush();
  }
}

function quote(text: string): string {
  return text === "" || NEEDS_QUOTES.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
