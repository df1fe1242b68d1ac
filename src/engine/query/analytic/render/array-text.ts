import { KalamError } from "../../../../errors/index.ts";
import type { ResultType } from "../../../types/column-type.ts";
import { inputTypeName } from "../../../types/type-display.ts";

/**
 * PostgreSQL's array text `{a,"b c",NULL}` as a list expression of DuckDB.
 *
 * @param constant renders one element.
 */
export function parseArrayText(
  text: string,
  type: ResultType,
  constant: (element: string, type: ResultType) => string,
): string {
  const element = type.element ?? { kind: "text" };
  const parts = splitArrayText(text);
  if (parts === undefined) {
    throw new KalamError("invalid_text", { type: inputTypeName(type), value: text });
  }
  return `[${parts.map((part) => (part === null ? "NULL" : constant(part, element))).join(", ")}]`;
}

/** The elements of a one-dimensional array text; undefined when it is none. */
export function splitArrayText(text: string): (string | null)[] | undefined {
  const body = /^\s*\{(.*)\}\s*$/s.exec(text)?.[1];
  if (body === undefined) return undefined;
  if (body.trim() === "") return [];
  const parts: (string | null)[] = [];
  const item = /\s*(?:"((?:[^"\\]|\\.)*)"|((?:[^",\\{}]|\\.)*?))\s*(,|$)/gsy;
  let ended = false;
  while (!ended) {
    const match = item.exec(body);
    if (match === null) return undefined;
    const [, quoted, bare, comma] = match;
    if (quoted === undefined && (bare === undefined || bare === "")) return undefined;
    const written = (quoted ?? bare ?? "").replace(/\\(.)/gs, "$1");
    parts.push(quoted === undefined && /^null$/i.test(written) ? null : written);
    ended = comma === "";
  }
  return parts;
}
