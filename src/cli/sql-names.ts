const PLAIN_NAME = /^[a-z_][a-z0-9_$]*$/;

/** A name as a statement has to spell it. */
export function quoteName(name: string): string {
  return PLAIN_NAME.test(name) ? name : `"${name.replaceAll('"', '""')}"`;
}

/** The name that a statement's spelling means. */
export function unquoteName(name: string): string {
  return name.startsWith('"') ? name.replace(/^"|"$/g, "").replaceAll('""', '"') : name.toLowerCase();
}

/** A text as a literal of SQL. */
export function quoteText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
