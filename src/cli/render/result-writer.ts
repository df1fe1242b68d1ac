import type { Cell, SchemaField } from "../../client/index.ts";

/** What one statement answered, its rows apart. */
export interface ResultSummary {
  readonly schema?: readonly SchemaField[];
  readonly row_count?: number;
  readonly message?: string | null;
  readonly as_user?: string | null;
}

/**
 * Writes the answers to one request in one format, as they arrive:
 * (`begin`, `rows` …)? `end`, once per statement; `finish` at the end. `abandon` instead when it breaks off.
 */
export interface ResultWriter {
  /** A result with rows begins. */
  begin(schema: readonly SchemaField[]): void;
  rows(rows: readonly (readonly Cell[])[]): Promise<void>;
  end(result: ResultSummary): Promise<void>;
  /** @param millis that the request took. */
  finish(millis: number): Promise<void>;
  abandon(): Promise<void>;
}

export const FORMATS = ["table", "json", "csv", "ndjson"] as const;
export type Format = (typeof FORMATS)[number];

/** `auto`: where a terminal is too narrow for the columns. */
export type Expansion = "on" | "off" | "auto";

/** What a person may change while the command runs. */
export interface Presentation {
  format: Format;
  /** One line per column instead of one per row; tables only. */
  expanded: Expansion;
  timing: boolean;
  color: boolean;
  /** Print rows only, nothing about statements without rows. */
  quiet: boolean;
}
