/** What the server says about itself. pino's loggers are such logs. */
export interface Log {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
  /** Whether lines of this level go anywhere. */
  isLevelEnabled(level: string): boolean;
}

const SHOWN_STATEMENT = 500;

/**
 * A statement that ran, as it may stand in the log: everything between its first and its last quote is left out, because it
 * can hold passwords or people's messages.
 *
 * @example loggable("SELECT a FROM t WHERE b = 'x' AND c = 'y' LIMIT 1") // "SELECT a FROM t WHERE b = '…' LIMIT 1"
 */
export function loggable(sql: string): string {
  const first = sql.search(/['"]|\$[A-Za-z_]?\w*\$/);
  if (first < 0) return sql.slice(0, SHOWN_STATEMENT);
  const last = Math.max(sql.lastIndexOf("'"), sql.lastIndexOf('"'), sql.lastIndexOf("$"));
  return `${sql.slice(0, first)}'…'${sql.slice(last + 1)}`.slice(0, SHOWN_STATEMENT);
}
