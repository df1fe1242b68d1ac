import type { Node, SelectStmt } from "libpg-query";
import { type ErrorKey, KalamError } from "../../../errors/index.ts";
import type { Names } from "./render/names.ts";

const TYPES: Readonly<Record<string, string>> = {
  BOOL: "boolean",
  INT8: "smallint",
  INT16: "smallint",
  INT32: "integer",
  INT64: "bigint",
  INT128: "numeric",
  FLOAT: "real",
  DOUBLE: "double precision",
  VARCHAR: "text",
};

/** What DuckDB says, and what PostgreSQL would have said. */
const RULES: readonly { readonly when: RegExp; readonly make: (match: RegExpExecArray, names: Names) => KalamError }[] =
  [
    {
      when: /Unknown TimeZone '([^\n]*?)'!?$/m,
      make: ([, zone = ""]) => new KalamError("unknown_time_zone", { zone }),
    },
    { when: /division by zero/i, make: () => new KalamError("division_by_zero") },
    { when: /requested length too large/, make: () => new KalamError("requested_length") },
    { when: /levenshtein argument too long/, make: () => new KalamError("levenshtein_length") },
    { when: /^Out of Memory Error/, make: () => new KalamError("query_memory") },
    { when: /More than one row returned by a subquery/, make: () => new KalamError("too_many_subquery_rows") },
    {
      when: /Like pattern must not end with escape character/,
      make: () => new KalamError("invalid_escape", { message: "LIKE pattern must not end with escape character" }),
    },
    {
      when: /column (\S+) must appear in the GROUP BY clause/,
      make: ([, column = ""], names) => {
        const shown = names.reveal(column).replace(/^"(.*)"$/, "$1");
        const message = `column "${shown}" must appear in the GROUP BY clause or be used in an aggregate function`;
        return new KalamError("grouping_error", { message });
      },
    },
    {
      when: /Could not convert string '([\s\S]*?)' to (\w+)/,
      make: ([, value = "", type = ""]) =>
        new KalamError("invalid_text", { type: TYPES[type] ?? type.toLowerCase(), value, column: "" }),
    },
    {
      when: /Malformed JSON .*?Input: "?([^\n]*?)"?(?:\n|$)/,
      make: ([, value = ""]) => new KalamError("invalid_text", { type: "json", value, column: "" }),
    },
    {
      when: /(timestamp|date|time|interval|uuid)[^\n"]*field[^\n"]*"([^"]*)"/i,
      make: ([, type = "", value = ""]) =>
        new KalamError("invalid_datetime", { type: type.toLowerCase(), value, column: "" }),
    },
    {
      when: /Type (\w+) with value (\S+) can't be cast because the value is out of range for the destination type (\w+)/,
      make: ([, , value = "", type = ""]) =>
        new KalamError("out_of_range", { type: TYPES[type] ?? type.toLowerCase(), value, column: "" }),
    },
    {
      when: /Could not cast value (\S+) to (\w+(?:\([^)]*\))?)/,
      make: ([, value = "", type = ""]) =>
        new KalamError("out_of_range", { type: type.toLowerCase(), value, column: "" }),
    },
    {
      when: /Overflow in \w+(?: of)? (\w+) ?\(([^)]*)\)/i,
      make: ([, type = ""]) => new KalamError("arithmetic_overflow", { type: TYPES[type] ?? type.toLowerCase() }),
    },
    {
      when: /Cannot compare values of type ([^\n]*?) and type ([^\n]*?)(?: -|\n|$)/,
      make: ([, left = "", right = ""]) =>
        new KalamError("undefined_operator", { operator: `${left.toLowerCase()} = ${right.toLowerCase()}` }),
    },
    {
      when: /Unimplemented type for cast \(([^)]*?) -> ([^)]*?)\)/,
      make: ([, from = "", to = ""]) =>
        new KalamError("cannot_cast", { from: from.toLowerCase(), to: to.toLowerCase() }),
    },
    {
      when: /No function matches the given name and argument types '([^\n]*?)'\. You/,
      make: ([, call = ""]) => new KalamError("function_not_allowed", { name: call.toLowerCase() }),
    },
    {
      when: /(?:Cannot|Can't) mix values of type ([^\n]*)|Cannot combine types of ([^\n]*)/i,
      make: ([text], names) => mismatch(names.reveal(text)),
    },
  ];

/**
 * An error of DuckDB as one of ours. Whatever no rule knows keeps DuckDB's first line, without our internal names.
 *
 * @param select to find the place of a column that DuckDB complains of.
 */
export function fromDuckError(error: unknown, names: Names, select: SelectStmt): KalamError {
  if (error instanceof KalamError) return error;
  const text = error instanceof Error ? error.message : String(error);
  for (const { when, make } of RULES) {
    const match = when.exec(text);
    if (match === null) continue;
    const known = make(match, names);
    return known.at(placeOf(known.key, known.message, select));
  }
  const message = clean(names.reveal(text));
  return new KalamError("query_failed", { message }, { cause: error });
}

function mismatch(message: string): KalamError {
  return new KalamError("datatype_mismatch", { message });
}

/** The first paragraph, without what only our own text has: the scan function, its tokens, the echo of the statement. */
function clean(text: string): string {
  const [first = ""] = text.split(/\n\s*\n|\nLINE \d+:|\n\s*Candidate/);
  return first
    .replace(/\b(?:temp\.main\.)?"?k_s[0-9a-f]{32}"?/gi, "relation")
    .replace(/\bkalam_scan\('[0-9a-f]*'\)/gi, "relation")
    .replace(/\bkalam_scan\b/gi, "relation")
    .replace(/\b[0-9a-f]{32}\b/g, "…")
    .trim();
}

function placeOf(key: ErrorKey, message: string, select: SelectStmt): number | undefined {
  if (key !== "grouping_error") return undefined;
  const column = /column "(?:[^"]*\.)?([^".]*)"/.exec(message)?.[1];
  return column === undefined ? undefined : findColumn((select.targetList ?? []) as readonly Node[], column);
}

/** The first reference to a column of this name. */
function findColumn(tree: unknown, name: string): number | undefined {
  if (typeof tree !== "object" || tree === null) return undefined;
  if ("ColumnRef" in tree) {
    const ref = tree.ColumnRef as { fields?: { String?: { sval?: string } }[]; location?: number };
    if (ref.fields?.at(-1)?.String?.sval === name) return ref.location ?? 0;
  }
  for (const child of Object.values(tree)) {
    const found = findColumn(child, name);
    if (found !== undefined) return found;
  }
  return undefined;
}
