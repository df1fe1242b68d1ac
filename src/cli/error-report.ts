import { ConnectionError, ServerError } from "../client/index.ts";
import { KalamError } from "../errors/index.ts";
import { CliError } from "./cli-error.ts";
import { displayWidth, printable } from "./render/cell-layout.ts";
import type { RequestUnit, UnitStatement } from "./script/request-unit.ts";

const STATEMENT_PREFIX = /^Statement (\d+) failed: /;
/** Characters of a long line that are shown around the place. */
const EXCERPT = 72;

/**
 * What a person is told about a failed request:
 *
 *     chat.sql:12: ERROR 42P01: Table not found: relation "mesages" does not exist
 *     LINE 2: FROM mesages
 *                  ^
 *     HINT: SHOW TABLES lists what is there; qualify the name or set the namespace.
 */
export function reportError(error: unknown, unit?: RequestUnit): string {
  if (error instanceof ServerError) return reportServerError(error, unit);
  const where = placeOf(unit?.statements[0], 1);
  if (error instanceof ConnectionError && error.code === "ECONNREFUSED") {
    return `${where}${error.message} (is the server running? kalam serve starts one)`;
  }
  const remedy = error instanceof CliError || error instanceof KalamError ? error.hint : undefined;
  const hint = remedy === undefined ? [] : [`HINT: ${remedy}`];
  return [`${where}${printable(error instanceof Error ? error.message : String(error))}`, ...hint].join("\n");
}

function reportServerError(error: ServerError, unit: RequestUnit | undefined): string {
  const statement = unit === undefined ? undefined : failedStatement(error, unit);
  const position =
    statement === undefined || error.position === undefined ? undefined : error.position - statement.offset;
  const place =
    statement === undefined || position === undefined || position < 0 ? undefined : locate(statement.text, position);
  const where = placeOf(statement, place?.line ?? 1);
  const message = printable(error.message.replace(STATEMENT_PREFIX, ""));
  return [
    `${where}ERROR ${error.sqlstate ?? error.code}: ${message}`,
    ...(place === undefined ? [] : [place.excerpt]),
    ...(error.hint === undefined ? [] : [`HINT: ${printable(error.hint)}`]),
  ].join("\n");
}

/** `chat.sql:12: `; nothing where there is no file to look into. @param line of the statement, from 1. */
function placeOf(statement: UnitStatement | undefined, line: number): string {
  return statement?.file === undefined ? "" : `${statement.file}:${statement.line + line - 1}: `;
}

/** By the place if there is one, else by the number that the server names. */
function failedStatement(error: ServerError, unit: RequestUnit): UnitStatement | undefined {
  const { position } = error;
  if (position !== undefined) return unit.statements.findLast((statement) => statement.offset <= position);
  const number = Number(STATEMENT_PREFIX.exec(error.message)?.[1] ?? 1);
  return unit.statements[number - 1] ?? unit.statements[0];
}

/** Line (from 1) of a place, and the line's text with a caret under it, as psql shows it. */
export function locate(text: string, position: number): { readonly line: number; readonly excerpt: string } {
  const at = Math.min(position, text.length);
  const line = text.slice(0, at).split("\n").length;
  const start = text.lastIndexOf("\n", at - 1) + 1;
  const newline = text.indexOf("\n", at);
  const end = newline === -1 ? text.length : newline;
  const from = end - start > EXCERPT ? Math.max(start, Math.min(at - EXCERPT / 2, end - EXCERPT)) : start;
  const to = Math.min(end, from + EXCERPT);
  const show = (part: string) => printable(part.replaceAll("\t", " "));
  const before = `LINE ${line}: ${from > start ? "..." : ""}${show(text.slice(from, at))}`;
  const after = `${show(text.slice(at, to))}${to < end ? "..." : ""}`;
  return { line, excerpt: `${before}${after}\n${" ".repeat(displayWidth(before))}^` };
}
