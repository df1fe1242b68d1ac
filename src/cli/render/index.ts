import type { Output } from "../output.ts";
import { CsvWriter } from "./csv-writer.ts";
import { ExpandedWriter } from "./expanded-writer.ts";
import { FittingWriter } from "./fitting-writer.ts";
import { Footer } from "./footer.ts";
import { JsonWriter } from "./json-writer.ts";
import { NdjsonWriter } from "./ndjson-writer.ts";
import type { Presentation, ResultWriter } from "./result-writer.ts";
import { TableWriter } from "./table-writer.ts";

export { type Expansion, FORMATS, type Format, type Presentation, type ResultWriter } from "./result-writer.ts";

/** A writer for the answers to one request. @param user who is logged in: rows of others are marked. */
export function createResultWriter(output: Output, presentation: Presentation, user: string | undefined): ResultWriter {
  switch (presentation.format) {
    case "json":
      return new JsonWriter(output);
    case "csv":
      return new CsvWriter(output);
    case "ndjson":
      return new NdjsonWriter(output);
    case "table": {
      const footer = new Footer(output, presentation, user);
      const expanded = () => new ExpandedWriter(output, footer);
      const table = () => new TableWriter(output, footer, presentation.color);
      switch (presentation.expanded) {
        case "on":
          return expanded();
        case "off":
          return table();
        case "auto":
          return new FittingWriter(output.columns, table(), expanded());
      }
    }
  }
}
