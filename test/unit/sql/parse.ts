import { loadSqlParser, type ParsedStatement, SqlParser, type Statement } from "../../../src/engine/sql/index.ts";
import { StatementFailure } from "../../../src/engine/statement-failure.ts";
import { type KalamError, toKalamError } from "../../../src/errors/index.ts";

export { loadSqlParser };

export function newParser(cacheEntries = 100): SqlParser {
  return new SqlParser({ cacheEntries, maxStatementBytes: 1 << 20 });
}

export function only(parser: SqlParser, text: string): ParsedStatement {
  const [statement, second] = parser.parse(text);
  if (statement === undefined || second !== undefined) throw new Error(`not one statement: ${text}`);
  return statement;
}

export function statementOf(text: string): Statement {
  return only(newParser(), text).template.statement;
}

/** The failure of a text that must not parse. */
export function failureOf(text: string, parser = newParser()): StatementFailure {
  try {
    parser.parse(text);
  } catch (error) {
    if (error instanceof StatementFailure) return error;
    throw error;
  }
  throw new Error(`parsed: ${text}`);
}

export function errorOf(text: string): KalamError {
  return toKalamError(failureOf(text).error);
}
