import { AuthenticationError, ConnectionError } from "../client/index.ts";
import { EXIT } from "./exit-codes.ts";

/** An error that ends the command: one line (and perhaps a remedy) for a person, and a status for a script. */
export class CliError extends Error {
  readonly exitCode: number;
  /** What would be right; printed on a line of its own. */
  readonly hint: string | undefined;

  constructor(message: string, exitCode: number, hint?: string) {
    super(message);
    this.name = "CliError";
    this.exitCode = exitCode;
    this.hint = hint;
  }
}

/** The exit status that an error of a statement or a connection stands for. */
export function exitCodeOf(error: unknown): number {
  if (error instanceof CliError) return error.exitCode;
  if (error instanceof ConnectionError) return EXIT.connection;
  if (error instanceof AuthenticationError) return EXIT.authentication;
  return EXIT.statement;
}
