import { KalamError } from "../../../errors/index.ts";

/**
 * Reads single values out of JSON text without building the whole of it, so that numbers keep every digit they were written
 * with. The text was checked when it was stored.
 */
export function jsonMember(text: string, key: string): string | undefined {
  let at = skipSpace(text, 0);
  if (text[at] !== "{") return undefined;
  let found: string | undefined;
  at = skipSpace(text, at + 1);
  while (text[at] !== "}") {
    const keyEnd = endOfValue(text, at);
    const name = text.slice(at, keyEnd);
    const start = skipSpace(text, skipSpace(text, keyEnd) + 1);
    const end = endOfValue(text, start);
    // The last of several equal keys counts, as in PostgreSQL.
    if (sameKey(name, key)) found = text.slice(start, end);
    at = nextItem(text, end);
  }
  return found;
}

/** The element at `index`; a negative one counts from the end. */
export function jsonElement(text: string, index: number): string | undefined {
  let at = skipSpace(text, 0);
  if (text[at] !== "[") return undefined;
  const items: string[] = [];
  at = skipSpace(text, at + 1);
  while (text[at] !== "]") {
    const end = endOfValue(text, at);
    if (index >= 0 && items.length === index) return text.slice(at, end);
    items.push(text.slice(at, end));
    at = nextItem(text, end);
  }
  return index < 0 ? items.at(index) : undefined;
}

/** Whether the text is an object with this key, an array with this string, or this string. */
export function jsonHas(text: string, key: string): boolean {
  const at = skipSpace(text, 0);
  if (text[at] === "{") return jsonMember(text, key) !== undefined;
  if (text[at] === '"') return sameKey(text.trim(), key);
  if (text[at] !== "[") return false;
  let item = skipSpace(text, at + 1);
  while (text[item] !== "]") {
    const end = endOfValue(text, item);
    if (text[item] === '"' && sameKey(text.slice(item, end), key)) return true;
    item = nextItem(text, end);
  }
  return false;
}

/** A value as SQL text: strings without their quotes, JSON's null as undefined. */
export function jsonAsText(value: string): string | undefined {
  if (value === "null") return undefined;
  return value.startsWith('"') ? (JSON.parse(value) as string) : compactJson(value);
}

/** The same JSON without blanks between its parts. */
export function compactJson(text: string): string {
  if (!/\s/.test(text)) return text;
  return text.replace(/"(?:[^"\\]|\\.)*"|\s+/g, (part) => (part.startsWith('"') ? part : ""));
}

function sameKey(quoted: string, key: string): boolean {
  if (!quoted.includes("\\")) return quoted.length === key.length + 2 && quoted.startsWith(key, 1);
  return JSON.parse(quoted) === key;
}

function skipSpace(text: string, from: number): number {
  let at = from;
  while (at < text.length && text.charCodeAt(at) <= 0x20) at++;
  return at;
}

function nextItem(text: string, from: number): number {
  const at = skipSpace(text, from);
  return text[at] === "," ? skipSpace(text, at + 1) : at;
}

/** Where the value that begins at `from` ends. */
function endOfValue(text: string, from: number): number {
  let depth = 0;
  for (let at = from; at < text.length; at++) {
    const unit = text[at] as string;
    if (unit === '"') {
      at = endOfString(text, at) - 1;
      if (depth === 0) return at + 1;
    } else if (unit === "{" || unit === "[") depth++;
    else if (unit === "}" || unit === "]") {
      if (depth === 0) return at;
      if (--depth === 0) return at + 1;
    } else if (depth === 0 && (unit === "," || unit === ":" || unit.charCodeAt(0) <= 0x20)) return at;
  }
  if (depth > 0 || from >= text.length)
    throw new KalamError("invalid_text", { type: "json", value: text.slice(0, 100) });
  return text.length;
}

function endOfString(text: string, from: number): number {
  for (let at = from + 1; at < text.length; at++) {
    const unit = text[at];
    if (unit === "\\") at++;
    else if (unit === '"') return at + 1;
  }
  throw new KalamError("invalid_text", { type: "json", value: text.slice(0, 100) });
}
