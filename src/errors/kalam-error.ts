import { ERRORS, type ErrorDefinition, type ErrorKey } from "./registry.ts";

/** Values for the `{placeholders}` of a message. */
export type ErrorValues = Readonly<Record<string, string | number | bigint>>;

export interface ErrorContext {
  /** Offset in UTF-16 units into the statement's text; becomes line, column and caret. */
  readonly position?: number;
  readonly cause?: unknown;
  /** Replaces the registry's remedy when something more exact is known. */
  readonly hint?: string;
}

/**
 * The only error that KalamDB's own code throws on purpose.
 *
 * @example
 * throw new KalamError("table_not_found", { table: "app.messages" }, { position: 14 });
 */
export class KalamError extends Error {
  readonly key: ErrorKey;
  readonly position: number | undefined;
  readonly hint: string;
  readonly values: ErrorValues;

  constructor(key: ErrorKey, values: ErrorValues = {}, context: ErrorContext = {}) {
    super(fill(ERRORS[key].message, values), context.cause === undefined ? undefined : { cause: context.cause });
    this.name = "KalamError";
    this.key = key;
    this.values = values;
    this.position = context.position;
    this.hint = context.hint ?? ERRORS[key].remedy;
  }

  get definition(): ErrorDefinition {
    return ERRORS[this.key];
  }

  /** The same error at another place: its position was given in a text that is not the reader's. */
  movedTo(position: number): KalamError {
    return new KalamError(this.key, this.values, { position, cause: this.cause, hint: this.hint });
  }

  /** The same error, placed: used by layers that know where in the text the trouble stands. */
  at(position: number | undefined): KalamError {
    if (position === undefined || this.position !== undefined) return this;
    return new KalamError(this.key, this.values, { position, cause: this.cause, hint: this.hint });
  }
}

function fill(template: string, values: ErrorValues): string {
  return template.replace(/\{(\w+)\}/g, (whole, name: string) => {
    const value = values[name];
    return value === undefined ? (name === "column" ? "" : whole) : String(value);
  });
}

/** Turns anything thrown into a KalamError; what is not ours becomes `internal` and keeps its cause. */
export function toKalamError(error: unknown): KalamError {
  if (error instanceof KalamError) return error;
  const reason = error instanceof Error ? error.message : String(error);
  return new KalamError("internal", { reason }, { cause: error });
}
