import { KalamError } from "../../errors/index.ts";
import type { SubscribeStatement } from "./statement.ts";
import { TokenCursor } from "./token-cursor.ts";

/** `SUBSCRIBE TO …` with the query that it means. */
export interface SubscribeEnvelope extends Omit<SubscribeStatement, "kind" | "inner"> {
  /** The query, as long as the whole text: every token stands where it stands there. */
  readonly inner: string;
}

const HEAD = "SELECT*FROM";

/**
 * `SUBSCRIBE TO ns.t [ALL USERS [ON STORAGE 'id']] [WHERE …] [OPTIONS (LAST_ROWS = 10, …)]` and `SUBSCRIBE TO SELECT … [OPTIONS (…)]`.
 *
 * @returns undefined where the text is something else
 */
export function readSubscribe(text: string): SubscribeEnvelope | undefined {
  if (!/^subscribe(?![\w$])/i.test(text)) return undefined;
  const cursor = new TokenCursor(text);
  cursor.expect("subscribe", "to");
  const begin = cursor.peek()?.start ?? text.length;
  const { optionsAt, options } = readOptions(text, cursor);
  if (cursor.peek()?.value === "select") {
    const query = text.slice(begin, optionsAt);
    return { inner: blanks(begin) + query, sql: query.trim(), everybody: false, storage: undefined, options };
  }
  cursor.qualifiedName();
  const tableEnd = cursor.peek()?.start ?? text.length;
  const everybody = cursor.accept("all", "users");
  let storage: string | undefined;
  if (cursor.accept("on")) {
    if (!everybody) throw new KalamError("live_query_refused", { reason: "ON STORAGE belongs to ALL USERS" });
    cursor.expect("storage");
    storage = cursor.peek()?.kind === "string" ? cursor.string() : cursor.identifier().value;
  }
  const whereAt = cursor.peek()?.start ?? text.length;
  if (whereAt < optionsAt) cursor.expect("where");
  const where = text.slice(whereAt, optionsAt);
  const table = text.slice(begin, tableEnd);
  const inner = HEAD + blanks(begin - HEAD.length) + table + blanks(whereAt - tableEnd) + where;
  const sql = everybody ? text.slice(0, optionsAt).trim() : `SELECT * FROM ${table.trim()} ${where}`.trim();
  return { inner, sql, everybody, storage, options };
}

function blanks(count: number): string {
  return " ".repeat(count);
}

/** `OPTIONS (…)` at the end. */
function readOptions(
  text: string,
  { tokens }: TokenCursor,
): { optionsAt: number; options: ReadonlyMap<string, string> | undefined } {
  let depth = 0;
  for (const [at, token] of tokens.entries()) {
    if (token.value === "(" && token.kind === "symbol") depth++;
    if (token.value === ")" && token.kind === "symbol") depth--;
    const begins = token.kind === "word" && token.value === "options" && tokens[at + 1]?.value === "(";
    if (depth !== 0 || !begins) continue;
    const cursor = new TokenCursor(blanks(token.start) + text.slice(token.start));
    cursor.expect("options");
    const options = cursor.options();
    cursor.end();
    return { optionsAt: token.start, options };
  }
  return { optionsAt: text.length, options: undefined };
}
