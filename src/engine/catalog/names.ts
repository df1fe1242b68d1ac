import { KalamError } from "../../errors/index.ts";

/**
 * The one place that says which names are allowed. Names of namespaces, tables and columns are kept in lower case; they become
 * parts of paths and of keys, so only letters, digits and `_` may stand in them.
 */
const MAX_NAMESPACE = 32;
const MAX_NAME = 64;

/** Namespaces that the server or its clients use themselves. */
const RESERVED_NAMESPACES = new Set([
  "admin",
  "datafusion",
  "default",
  "information_schema",
  "internal",
  "kalam",
  "kalamdb",
  "main",
  "pg_catalog",
  "root",
  "sql",
  "sys",
  "system",
]);

/** Words that would make a name unusable without quotes (PostgreSQL's reserved words and the heads of our statements). */
const RESERVED_WORDS = new Set(
  `all alter analyse analyze and any array as asc asymmetric both case cast check collate column constraint create
   current_catalog current_date current_role current_time current_timestamp current_user database default deferrable delete
   desc distinct do drop else end except false fetch for foreign from grant group having in index initially insert intersect
   into lateral leading limit localtime localtimestamp not null offset on only or order placing primary references returning
   schema select session_user some symmetric table tables tablespace then to trailing true union unique update user using
   values variadic view when where window with`
    .trim()
    .split(/\s+/),
);

const RESERVED_COLUMNS = new Set(["_seq", "_deleted", "_id", "_row_id", "_rowid", "_key", "_updated", "_created"]);

/** Columns named with a reserved word can be quoted, so only these few are refused. */
const COLUMN_WORDS = new Set(["select", "from", "where", "table"]);

export type NameKind = "namespace" | "table" | "column" | "view" | "index";

/**
 * @returns the name as it is kept.
 * @throws KalamError `invalid_name`
 */
export function checkName(kind: NameKind, name: string, position?: number): string {
  const problem = nameProblem(kind, name);
  if (problem === undefined) return name.toLowerCase();
  throw new KalamError("invalid_name", { kind, name, reason: problem }, position === undefined ? {} : { position });
}

function nameProblem(kind: NameKind, name: string): string | undefined {
  const folded = name.toLowerCase();
  const maximum = kind === "namespace" ? MAX_NAMESPACE : MAX_NAME;
  if (name === "") return "Name cannot be empty";
  if (kind === "column" && RESERVED_COLUMNS.has(folded)) return `Column name '${name}' is reserved and cannot be used`;
  if (name.length > maximum) return `Name is too long (${name.length} characters, max ${maximum})`;
  if (name.includes(" ")) return "Name cannot contain spaces";
  if (name.startsWith("_")) return "Name cannot start with underscore (reserved for system columns)";
  if (/^[0-9]/.test(name)) return "Name cannot start with a number";
  if (!/^[A-Za-z0-9_]+$/.test(name)) {
    return `Name '${name}' contains invalid characters (only alphanumeric and underscore allowed)`;
  }
  const words = kind === "column" ? COLUMN_WORDS : RESERVED_WORDS;
  if (words.has(folded)) return `Name '${name}' is a reserved SQL keyword and cannot be used`;
  if (kind === "namespace" && RESERVED_NAMESPACES.has(folded)) {
    return `Namespace '${name}' is reserved and cannot be used`;
  }
  return undefined;
}

/** Namespaces whose tables are made by the server: no DDL and no DML of users. */
export function isSystemNamespace(namespace: string): boolean {
  return namespace === "system" || namespace === "information_schema" || namespace === "pg_catalog";
}

/** `sys` is short for `system`. */
export function canonicalNamespace(namespace: string): string {
  const folded = namespace.toLowerCase();
  return folded === "sys" ? "system" : folded;
}
