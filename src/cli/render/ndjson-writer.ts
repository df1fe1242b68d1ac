import { type Cell, nameRow, type SchemaField } from "../../client/index.ts";
import type { Output } from "../output.ts";
import type { ResultWriter } from "./result-writer.ts";

/** One JSON object per row and line, values as on the wire. Only rows are written. */
export class NdjsonWriter implements ResultWriter {
  readonly #output: Output;
  #schema: readonly SchemaField[] = [];

  constructor(output: Output) {
    this.#output = output;
  }

  begin(schema: readonly SchemaField[]): void {
    this.#schema = schema;
  }

  async rows(rows: readonly (readonly Cell[])[]): Promise<void> {
    for (const row of rows) {
      this.#output.write(`${JSON.stringify(nameRow(this.#schema, row))}\n`);
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
