import { META_NAMES } from "../meta/index.ts";
import { quoteName, unquoteName } from "../sql-names.ts";
import type { CatalogNames } from "./catalog-names.ts";
import { KEYWORDS } from "./keywords.ts";

const MOST = 100;
const WORD = /[\w$".]*$/;
const EXPECTS_TABLE = /\b(?:from|join|into|update|table|describe|desc|truncate)\s+$/i;
const EXPECTS_NAMESPACE = /\b(?:use|namespace)\s+$/i;
const TABLE_MENTIONED = /\b(?:from|join|into|update)\s+((?:[\w$"]+\.)?[\w$"]+)(?:\s+(?:as\s+)?([\w$]+))?/gi;

/**
 * What may stand where the cursor is.
 *
 * @param text everything from the start of the statement to the cursor.
 * @returns candidates, and the part of the text that they replace.
 */
export function complete(text: string, names: CatalogNames, namespace = "default"): [string[], string] {
  const meta = /(?:^|\s)(\\[\w?+-]*)$/.exec(text)?.[1];
  if (meta !== undefined) return [META_NAMES.filter((name) => name.startsWith(meta)), meta];
  const word = WORD.exec(text)?.[0] ?? "";
  const before = text.slice(0, text.length - word.length);
  const hits = candidates(before, word, text, names, namespace).filter((name) => startsWith(name, word));
  return [[...new Set(hits)].slice(0, MOST), word];
}

function candidates(before: string, word: string, text: string, names: CatalogNames, namespace: string): string[] {
  if (EXPECTS_NAMESPACE.test(before) || /^\s*\\(?:use|c|dt|tables|dv|views)\s+$/.test(before))
    return names.namespaces.map(quoteName);
  const tablesExpected = EXPECTS_TABLE.test(before) || /^\s*\\(?:d\+?|describe)\s+$/.test(before);
  const dot = word.lastIndexOf(".");
  if (dot !== -1) {
    const owner = word.slice(0, dot);
    const tables = (names.tables.get(unquoteName(owner)) ?? []).map((table) => `${owner}.${quoteName(table)}`);
    if (tablesExpected) return tables;
    return [...columnsOf(owner, text, names, namespace).map((column) => `${owner}.${quoteName(column)}`), ...tables];
  }
  const own = (names.tables.get(namespace) ?? []).map(quoteName);
  const spaces = names.namespaces.map((name) => `${quoteName(name)}.`);
  if (tablesExpected) return [...own, ...spaces];
  const columns = columnsInScope(text, names, namespace);
  return [...columns.map(quoteName), ...own, ...KEYWORDS.map((keyword) => sameCase(keyword, word))];
}

/** Of the tables that the statement names; before it names one, of all tables of the namespace. */
function columnsInScope(text: string, names: CatalogNames, namespace: string): string[] {
  const tables = mentioned(text).map(({ table }) => keyOf(table, namespace));
  const keys = tables.length > 0 ? tables : (names.tables.get(namespace) ?? []).map((table) => `${namespace}.${table}`);
  return keys.flatMap((key) => names.columns.get(key) ?? []);
}

/** The columns behind a table's name or the alias that the statement gives it. */
function columnsOf(owner: string, text: string, names: CatalogNames, namespace: string): readonly string[] {
  const aliased = mentioned(text).find(({ alias }) => alias?.toLowerCase() === owner.toLowerCase());
  return names.columns.get(keyOf(aliased?.table ?? owner, namespace)) ?? [];
}

function mentioned(text: string): { table: string; alias: string | undefined }[] {
  return [...text.matchAll(TABLE_MENTIONED)].map(([, table = "", alias]) => ({ table, alias }));
}

function keyOf(table: string, namespace: string): string {
  const parts = table.split(".").map(unquoteName);
  return parts.length === 1 ? `${namespace}.${parts[0]}` : parts.join(".");
}

function startsWith(name: string, word: string): boolean {
  return (
    name.toLowerCase().startsWith(word.toLowerCase()) || name.replaceAll('"', "").startsWith(word.replaceAll('"', ""))
  );
}

function sameCase(keyword: string, word: string): string {
  return word !== "" && word === word.toLowerCase() ? keyword.toLowerCase() : keyword;
}
