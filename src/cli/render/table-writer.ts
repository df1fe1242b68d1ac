import type { Cell, SchemaField } from "../../client/index.ts";
import type { Output } from "../output.ts";
import { cutTo, displayWidth, fitWidths, padTo, printable } from "./cell-layout.ts";
import type { Footer } from "./footer.ts";
import type { ResultSummary, ResultWriter } from "./result-writer.ts";
import { isRightAligned, valueText } from "./value-text.ts";

/** Rows that decide how wide the columns are. */
const SAMPLE = 1000;
const NULL_TEXT = "NULL";

interface Column {
  readonly width: number;
  readonly right: boolean;
}

/**
 * Boxes around rows. The first rows are held back to find the widths; the others are printed as they come, and one that is wider
 * stands out instead of being cut. Only on a terminal are cells cut to fit the screen.
 */
export class TableWriter implements ResultWriter {
  readonly #output: Output;
  readonly #footer: Footer;
  readonly #color: boolean;
  #schema: readonly SchemaField[] = [];
  #sample: string[][][] = [];
  #nulls: boolean[][] = [];
  #columns: Column[] | undefined;
  #inRows = false;
  #count = 0;

  constructor(output: Output, footer: Footer, color: boolean) {
    this.#output = output;
    this.#footer = footer;
    this.#color = color;
  }

  begin(schema: readonly SchemaField[]): void {
    this.#schema = schema;
    this.#sample = [];
    this.#nulls = [];
    this.#columns = undefined;
    this.#count = 0;
    this.#inRows = true;
  }

  async rows(rows: readonly (readonly Cell[])[]): Promise<void> {
    for (const row of rows) {
      this.#count++;
      const cells = this.#schema.map((field, index) => linesOf(row[index] ?? null, field));
      const nulls = this.#schema.map((_, index) => (row[index] ?? null) === null);
      if (this.#columns !== undefined) this.#writeRow(cells, nulls, this.#columns);
      else {
        this.#sample.push(cells);
        this.#nulls.push(nulls);
        if (this.#sample.length >= SAMPLE) this.#open();
      }
      await this.#output.breathe();
    }
  }

  async end(result: ResultSummary): Promise<void> {
    const hadRows = this.#inRows;
    if (hadRows) {
      this.#close();
      this.#footer.rowCount(this.#count);
    }
    this.#inRows = false;
    this.#footer.message(result, hadRows);
    await this.#output.breathe();
  }

  async finish(millis: number): Promise<void> {
    this.#footer.took(millis);
    await this.#output.flush();
  }

  async abandon(): Promise<void> {
    if (this.#inRows && this.#count > 0) this.#close();
    this.#inRows = false;
    await this.#output.flush();
  }

  /** The widths are known: prints the head and what was held back. */
  #open(): Column[] {
    const names = this.#schema.map((field) => printable(field.name).replaceAll("\n", "\\n"));
    const natural = names.map((name, index) =>
      this.#sample.reduce(
        (width, cells) => (cells[index] ?? []).reduce((most, line) => Math.max(most, displayWidth(line)), width),
        displayWidth(name),
      ),
    );
    const widths = this.#output.columns === undefined ? natural : fitWidths(natural, this.#output.columns);
    const columns = widths.map((width, index) => {
      const field = this.#schema[index];
      return { width, right: field !== undefined && isRightAligned(field.data_type) };
    });
    this.#columns = columns;
    this.#border("┌", "┬", "┐", columns);
    const left = columns.map(({ width }) => ({ width, right: false }));
    this.#writeRow(
      names.map((name) => [name]),
      [],
      left,
    );
    this.#border("├", "┼", "┤", columns);
    for (const [index, cells] of this.#sample.entries()) this.#writeRow(cells, this.#nulls[index] ?? [], columns);
    this.#sample = [];
    this.#nulls = [];
    return columns;
  }

  #close(): void {
    this.#border("└", "┴", "┘", this.#columns ?? this.#open());
  }

  #border(left: string, middle: string, right: string, columns: readonly Column[]): void {
    this.#output.write(`${left}${columns.map(({ width }) => "─".repeat(width + 2)).join(middle)}${right}\n`);
  }

  #writeRow(cells: readonly (readonly string[])[], nulls: readonly boolean[], columns: readonly Column[]): void {
    const height = cells.reduce((most, lines) => Math.max(most, lines.length), 1);
    for (let level = 0; level < height; level++) {
      const parts = columns.map(({ width, right }, index) => {
        const line = cells[index]?.[level] ?? "";
        const shown = padTo(this.#output.columns === undefined ? line : cutTo(line, width), width, right);
        return this.#color && nulls[index] === true ? shown.replace(NULL_TEXT, `\x1b[2m${NULL_TEXT}\x1b[22m`) : shown;
      });
      this.#output.write(`│ ${parts.join(" │ ")} │\n`);
    }
  }
}

function linesOf(cell: Cell, field: SchemaField): string[] {
  return cell === null ? [NULL_TEXT] : printable(valueText(cell, field.data_type)).split("\n");
}
