import type { KalamError } from "../errors/index.ts";

/** A KalamError, and which statement of the request it belongs to. */
export class StatementFailure extends Error {
  readonly error: KalamError;
  /** From 1; 0 when the request failed before its statements were told apart. */
  readonly statement: number;
  /** The text of that statement. */
  readonly text: string;
  /** Offset of `error.position` in the text of the whole request. */
  readonly position: number | undefined;

  constructor(error: KalamError, statement: number, text: string, offset = 0) {
    super(error.message, { cause: error });
    this.name = "StatementFailure";
    this.error = error;
    this.statement = statement;
    this.text = text;
    this.position = error.position === undefined ? undefined : error.position + offset;
  }
}
