import { parseKill } from "./job-statements.ts";
import { nextToken } from "./lexer.ts";
import { parseNamespaceStatement, parseUseStatement } from "./namespace-statements.ts";
import { statementOf } from "./query-statements.ts";
import { parseClear, parseDescribe, parseShow } from "./show-statements.ts";
import type { Statement } from "./statement.ts";
import { parseStorageCheck, parseStorageDefinition } from "./storage-statements.ts";
import { parseStorageWork } from "./storage-work-statements.ts";
import { parseTableStatement } from "./table-statements.ts";
import { TokenCursor } from "./token-cursor.ts";
import { parseTree } from "./tree.ts";
import { unsupported } from "./unsupported.ts";
import { parseUserStatement } from "./user-statements.ts";

const TABLE_KINDS = new Set(["user", "shared", "stream"]);
/** Statements of later versions; nothing in PostgreSQL begins with these words. */
const LATER_VERBS = new Set(["backup", "restore", "export", "consume", "ack", "cluster", "publish"]);
const LATER_NOUNS = new Set(["topic"]);

/** Parses a statement in full, without any cache: definitions, and queries when they are seen first. */
export function parseStatement(text: string): Statement {
  const verb = nextToken(text, 0);
  const noun = verb === undefined ? undefined : nextToken(text, verb.end);
  if (verb?.kind !== "word") return statementOf(parseTree(text), text);
  switch (verb.value) {
    case "create":
    case "alter":
    case "drop": {
      if (noun?.kind !== "word") break;
      if (noun.value === "table" || isTableKind(text, noun.value, noun.end)) return parseTableStatement(text);
      if (LATER_NOUNS.has(noun.value)) throw unsupported(text);
      const cursor = new TokenCursor(text);
      const own = parseNamespaceStatement(cursor) ?? parseUserStatement(cursor) ?? parseStorageDefinition(cursor);
      if (own !== undefined) return own;
      break;
    }
    case "use":
      return parseUseStatement(new TokenCursor(text)) ?? refuse(text);
    case "set":
      return parseUseStatement(new TokenCursor(text)) ?? refuse(text);
    case "show":
      return parseShow(new TokenCursor(text));
    case "describe":
    case "desc":
      return parseDescribe(new TokenCursor(text));
    case "kill":
      return parseKill(new TokenCursor(text));
    case "clear":
      return parseClear(new TokenCursor(text));
    case "storage":
      return parseStorageWork(new TokenCursor(text)) ?? parseStorageCheck(new TokenCursor(text)) ?? refuseLater(text);
    default:
      if (LATER_VERBS.has(verb.value)) throw unsupported(text);
  }
  const node = parseTree(text);
  // CREATE TEMP TABLE, CREATE UNLOGGED TABLE, CREATE TABLE AS
  if ("CreateStmt" in node || ("CreateTableAsStmt" in node && node.CreateTableAsStmt.objtype === "OBJECT_TABLE")) {
    return parseTableStatement(text);
  }
  return statementOf(node, text);
}

function isTableKind(text: string, word: string, end: number): boolean {
  if (!TABLE_KINDS.has(word)) return false;
  const after = nextToken(text, end);
  return after?.kind === "word" && after.value === "table";
}

function refuseLater(text: string): never {
  throw unsupported(text);
}

/** A well-formed statement is unsupported, a broken one gets PostgreSQL's complaint. */
function refuse(text: string): never {
  parseTree(text);
  throw unsupported(text);
}
