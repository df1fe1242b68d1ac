import { KalamError } from "../../../../../errors/index.ts";
import { quoteText } from "../../../../duckdb/constants.ts";
import { postgresTypeName } from "../../../../types/type-display.ts";
import { splitArrayText } from "../array-text.ts";
import {
  BOOLEAN,
  type Bound,
  constantNumber,
  constantText,
  decide,
  isUnknown,
  isWhole,
  JSON_TYPE,
  TEXT,
} from "../bound.ts";
import { unsupported } from "../env.ts";

export const JSON_OPERATORS: ReadonlySet<string> = new Set(["->", "->>", "#>", "#>>", "?", "?|", "?&", "@>", "<@"]);

const WHOLE = /^-?\d{1,9}$/;

/** A JSON operand: text is read as JSON. */
export function asJson(bound: Bound): Bound {
  if (isUnknown(bound)) return decide(bound, JSON_TYPE);
  return { sql: bound.type?.kind === "json" ? bound.sql : `CAST(${bound.sql} AS JSON)`, type: JSON_TYPE };
}

export function jsonOperator(operator: string, left: Bound, right: Bound, position: number): Bound {
  if (left.type !== undefined && !["json", "text", "unknown", "file"].includes(left.type.kind)) {
    const operands = `${postgresTypeName(left.type)} ${operator} ${postgresTypeName(right.type ?? { kind: "unknown" })}`;
    throw new KalamError("undefined_operator", { operator: operands }, { position });
  }
  const json = asJson(left).sql;
  switch (operator) {
    case "->":
      return { sql: `json_extract(${json}, ${step(right)})`, type: JSON_TYPE };
    case "->>":
      return { sql: `json_extract_string(${json}, ${step(right)})`, type: TEXT };
    case "#>":
      return along("json_extract", json, right, position);
    case "#>>":
      return along("json_extract_string", json, right, position);
    case "?":
      return has(json, right);
    case "?|":
    case "?&":
      return hasSeveral(operator, json, right, position);
    case "@>":
      return { sql: `json_contains(${json}, ${asJson(right).sql})`, type: BOOLEAN };
    default:
      return { sql: `json_contains(${asJson(right).sql}, ${json})`, type: BOOLEAN };
  }
}

/** One key or index as a JSON path of DuckDB, quoted so that no key is taken for a path. */
export function step(key: Bound): string {
  const index = constantNumber(key);
  if (index !== undefined) return quoteText(`$${indexStep(index)}`);
  const text = constantText(key);
  if (text !== undefined) return quoteText(isPlain(text) ? `$${keyStep(text)}` : pointer(text));
  if (isWhole(key.type)) return `('$[' || CASE WHEN ${key.sql} < 0 THEN '#' ELSE '' END || ${key.sql} || ']')`;
  const quoted = `'$."' || replace(replace(${key.sql}, '\\', '\\\\'), '"', '\\"') || '"'`;
  const pointed = `'/' || replace(replace(${key.sql}, '~', '~0'), '/', '~1')`;
  return `CASE WHEN ${key.sql} = '' OR contains(${key.sql}, '*') THEN ${pointed} ELSE ${quoted} END`;
}

/** A star is a wildcard for DuckDB even in quotes, and an empty key no key: those are written as a JSON pointer. */
function isPlain(key: string): boolean {
  return key !== "" && !key.includes("*");
}

function pointer(key: string): string {
  return `/${key.replaceAll("~", "~0").replaceAll("/", "~1")}`;
}

export function keyStep(key: string): string {
  return `."${key.replace(/[\\"]/g, "\\$&")}"`;
}

function indexStep(index: number): string {
  return index < 0 ? `[#${index}]` : `[${index}]`;
}

/** A path such as `{a,0,b}`. A number may be an index or a key, so both are tried. */
function along(fn: string, json: string, path: Bound, position: number): Bound {
  const text = constantText(path);
  const parts = text === undefined ? undefined : splitArrayText(text);
  if (parts === undefined) throw unsupported("a JSON path that is not a constant", position);
  let paths = ["$"];
  for (const part of parts) {
    const key = part ?? "";
    if (!isPlain(key)) throw unsupported(`the key "${key}" in a JSON path`, position);
    const steps = WHOLE.test(key) ? [indexStep(Number(key)), keyStep(key)] : [keyStep(key)];
    paths = paths.flatMap((before) => steps.map((after) => before + after));
    if (paths.length > 16) throw unsupported("a JSON path with more than four numbers", position);
  }
  const tries = paths.map((one) => `${fn}(${json}, ${quoteText(one)})`);
  const type = fn === "json_extract" ? JSON_TYPE : TEXT;
  return { sql: tries.length === 1 ? (tries[0] ?? "NULL") : `COALESCE(${tries.join(", ")})`, type };
}

/** Is the text a key of the object, or an element of the array? */
function has(json: string, key: Bound): Bound {
  const text = decide(key, TEXT).sql;
  const sql = `CASE json_type(${json}) WHEN 'OBJECT' THEN list_contains(json_keys(${json}), ${text}) WHEN 'ARRAY' THEN json_contains(${json}, to_json(CAST(${text} AS VARCHAR))) WHEN 'VARCHAR' THEN json_extract_string(${json}, '$') = ${text} ELSE FALSE END`;
  return { sql: `(${sql})`, type: BOOLEAN };
}

function hasSeveral(operator: "?|" | "?&", json: string, keys: Bound, position: number): Bound {
  const text = constantText(keys);
  const parts = text === undefined ? undefined : splitArrayText(text);
  if (parts === undefined) throw unsupported(`${operator} with keys that are not a constant`, position);
  const tests = parts.map((part) => has(json, { sql: quoteText(part ?? ""), type: TEXT }).sql);
  if (tests.length === 0) return { sql: operator === "?&" ? "TRUE" : "FALSE", type: BOOLEAN };
  return { sql: `(${tests.join(operator === "?|" ? " OR " : " AND ")})`, type: BOOLEAN };
}
