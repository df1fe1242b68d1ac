import type { Cell, SchemaField } from "../../client/index.ts";
import { fitsScreen } from "./cell-layout.ts";
import type { ResultSummary, ResultWriter } from "./result-writer.ts";

/** Each result as a table if a screen has room for its columns, and else with one line per column. */
export class FittingWriter implements ResultWriter {
  readonly #screen: number | undefined;
  readonly #table: ResultWriter;
  readonly #expanded: ResultWriter;
  #current: ResultWriter;

  /** @param screen its width; undefined where nothing limits it. */
  constructor(screen: number | undefined, table: ResultWriter, expanded: ResultWriter) {
    this.#screen = screen;
    this.#table = table;
    this.#expanded = expanded;
    this.#current = table;
  }

  begin(schema: readonly SchemaField[]): void {
    const fits = this.#screen === undefined || fitsScreen(schema.length, this.#screen);
    this.#current = fits ? this.#table : this.#expanded;
    this.#current.begin(schema);
  }

  rows(rows: readonly (readonly Cell[])[]): Promise<void> {
    return this.#current.rows(rows);
  }

  end(result: ResultSummary): Promise<void> {
    return this.#current.end(result);
  }

  finish(millis: number): Promise<void> {
    return this.#current.finish(millis);
  }

  abandon(): Promise<void> {
    return this.#current.abandon();
  }
}
