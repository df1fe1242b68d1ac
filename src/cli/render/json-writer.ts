import type { Cell, SchemaField } from "../../client/index.ts";
import type { Output } from "../output.ts";
import type { ResultSummary, ResultWriter } from "./result-writer.ts";

/**
 * The server's response, indented by two, written as it arrives:
 * `{status, results: [{schema, rows, row_count, message?, as_user}], took}`.
 */
export class JsonWriter implements ResultWriter {
  readonly #output: Output;
  #results = 0;
  #inRows = false;
  #rows = 0;

  constructor(output: Output) {
    this.#output = output;
  }

  begin(schema: readonly SchemaField[]): void {
    this.#openResult();
    this.#output.write(`\n      "schema": ${indented(schema, 6)},\n      "rows": [`);
    this.#inRows = true;
    this.#rows = 0;
  }

  async rows(rows: readonly (readonly Cell[])[]): Promise<void> {
    for (const row of rows) {
      this.#output.write(`${this.#rows++ === 0 ? "" : ","}\n        ${indented(row, 8)}`);
      await this.#output.breathe();
    }
  }

  async end(result: ResultSummary): Promise<void> {
    if (!this.#inRows) this.#openResult();
    const fields = [
      ...(this.#inRows ? [this.#rows === 0 ? "]" : "\n      ]"] : []),
      ...(["row_count", "message", "as_user"] as const)
        .filter((name) => result[name] !== undefined && result[name] !== null)
        .map((name) => `\n      "${name}": ${JSON.stringify(result[name])}`),
    ];
    this.#output.write(`${fields.join(",")}\n    }`);
    this.#inRows = false;
    await this.#output.breathe();
  }

  async finish(millis: number): Promise<void> {
    this.#openDocument();
    this.#output.write(`${this.#results === 0 ? "" : "\n  "}],\n  "took": ${JSON.stringify(millis)}\n}\n`);
    await this.#output.flush();
  }

  /** A document that has begun stays unfinished, so that nobody takes a part for the whole. */
  abandon(): Promise<void> {
    return this.#output.flush();
  }

  #openDocument(): void {
    if (this.#results === 0) this.#output.write('{\n  "status": "success",\n  "results": [');
  }

  #openResult(): void {
    this.#openDocument();
    this.#output.write(`${this.#results++ === 0 ? "" : ","}\n    {`);
  }
}

function indented(value: unknown, spaces: number): string {
  return JSON.stringify(value, null, 2).replaceAll("\n", `\n${" ".repeat(spaces)}`);
}
