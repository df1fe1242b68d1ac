import { parseJobIds } from "./job-statements.ts";
import type { ShowStatement, Statement } from "./statement.ts";
import type { TokenCursor } from "./token-cursor.ts";
import { unsupported } from "./unsupported.ts";

type Subject = ShowStatement["subject"];

/** `SHOW …` of a thing that a later version will know. */
const LATER = new Set(["export", "topics", "cluster"]);

export function parseShow(cursor: TokenCursor): Statement {
  cursor.expect("show");
  const subject = parseSubject(cursor);
  cursor.end();
  return { kind: "show", subject };
}

function parseSubject(cursor: TokenCursor): Subject {
  const first = cursor.peek();
  if (first?.kind === "word" && LATER.has(first.value)) throw unsupported(cursor.text);
  if (cursor.accept("namespaces") || cursor.accept("schemas") || cursor.accept("databases"))
    return { type: "namespaces" };
  if (cursor.accept("storages")) return { type: "storages" };
  if (cursor.accept("manifest")) return { type: "manifest" };
  if (cursor.accept("live", "queries") || cursor.accept("live") || cursor.accept("subscriptions"))
    return { type: "live" };
  if (cursor.accept("users")) return { type: "users" };
  if (cursor.accept("jobs") || cursor.accept("job")) return { type: "jobs", ids: parseJobIds(cursor) };
  if (cursor.accept("full", "tables") || cursor.accept("tables"))
    return { type: "tables", namespace: inNamespace(cursor) };
  if (cursor.accept("full", "columns") || cursor.accept("columns")) return { type: "columns", table: ofTable(cursor) };
  if (cursor.accept("indexes") || cursor.accept("index") || cursor.accept("keys")) {
    return { type: "indexes", table: cursor.done ? undefined : ofTable(cursor) };
  }
  if (cursor.accept("stats")) {
    cursor.expect("for");
    cursor.expect("table");
    return { type: "stats", table: cursor.qualifiedName() };
  }
  if (cursor.accept("create", "table")) return { type: "create_table", table: cursor.qualifiedName() };
  return { type: "setting", name: settingName(cursor) };
}

function inNamespace(cursor: TokenCursor): string | undefined {
  if (!cursor.accept("in") && !cursor.accept("from")) return undefined;
  if (cursor.peek(1) !== undefined && !cursor.accept("namespace")) cursor.accept("schema");
  return cursor.identifier().value;
}

function ofTable(cursor: TokenCursor) {
  if (!cursor.accept("from") && !cursor.accept("on")) cursor.expect("in");
  const table = cursor.qualifiedName();
  // MySQL: SHOW COLUMNS FROM table FROM namespace
  if (!cursor.accept("from") && !cursor.accept("in")) return table;
  return { ...table, namespace: cursor.identifier().value };
}

/** `SHOW server_version`, `SHOW a.b`, `SHOW TRANSACTION ISOLATION LEVEL`. */
function settingName(cursor: TokenCursor): string {
  let name = cursor.identifier().value;
  while (!cursor.done) name += cursor.accept(".") ? `.${cursor.identifier().value}` : `_${cursor.identifier().value}`;
  return name;
}

/** `DESCRIBE [TABLE] t [HISTORY]`. */
export function parseDescribe(cursor: TokenCursor): Statement {
  cursor.next();
  const next = cursor.peek(1);
  if (next !== undefined && next.value !== "." && next.value !== "history") cursor.accept("table");
  const table = cursor.qualifiedName();
  const history = cursor.accept("history");
  cursor.end();
  return { kind: "describe_table", table, history };
}

export function parseClear(cursor: TokenCursor): Statement {
  cursor.expect("clear");
  if (cursor.peek()?.value === "topic") throw unsupported(cursor.text);
  if (!cursor.accept("query")) cursor.accept("plan");
  cursor.expect("cache");
  cursor.end();
  return { kind: "clear_cache" };
}
