import type { CreateUser, Statement } from "./statement.ts";
import type { TokenCursor } from "./token-cursor.ts";

type Authentication = CreateUser["authentication"];

/** `CREATE / ALTER / DROP USER`; undefined where the words say something else (`CREATE USER TABLE`). */
export function parseUserStatement(cursor: TokenCursor): Statement | undefined {
  const verb = cursor.peek()?.value;
  const noun = cursor.peek(1);
  if (noun?.kind !== "word" || noun.value !== "user") return undefined;
  cursor.next();
  cursor.next();
  if (verb === "create") return createUser(cursor);
  if (verb === "alter") return alterUser(cursor);
  const ifExists = cursor.accept("if", "exists");
  const user = userName(cursor);
  cursor.end();
  return { kind: "drop_user", user, ifExists };
}

/** Unquoted names keep their letters: a user's name is a value, not an identifier. */
function userName(cursor: TokenCursor): string {
  const token = cursor.peek();
  if (token?.kind === "string" && token.value !== "") return cursor.next().value;
  const name = cursor.identifier();
  return name.kind === "word" ? cursor.text.slice(name.start, name.end) : name.value;
}

function createUser(cursor: TokenCursor): Statement {
  const ifNotExists = cursor.accept("if", "not", "exists");
  const user = userName(cursor);
  let authentication: Authentication | undefined;
  let role: string | undefined;
  let email: string | undefined;
  while (!cursor.done) {
    const method: Authentication | undefined = authentication === undefined ? parseAuthentication(cursor) : undefined;
    if (method !== undefined) authentication = method;
    else if (role === undefined && cursor.accept("role")) role = word(cursor);
    else if (email === undefined && cursor.accept("email")) email = cursor.string();
    else throw cursor.unexpected();
  }
  if (authentication === undefined) throw cursor.unexpected();
  return { kind: "create_user", user, ifNotExists, authentication, role, email };
}

function parseAuthentication(cursor: TokenCursor): Authentication | undefined {
  const mark = cursor.peek();
  const withWord = cursor.accept("with");
  if (cursor.accept("password")) return { type: "password", password: cursor.string() };
  if (cursor.accept("oauth")) {
    return { type: "oauth", data: cursor.peek()?.kind === "string" ? cursor.string() : undefined };
  }
  if (cursor.accept("internal")) return { type: "internal" };
  if (withWord && mark !== undefined) throw cursor.unexpected();
  return undefined;
}

function word(cursor: TokenCursor): string {
  return cursor.peek()?.kind === "string" ? cursor.string() : cursor.identifier().value;
}

function alterUser(cursor: TokenCursor): Statement {
  const user = userName(cursor);
  // PostgreSQL's own form has no SET: ALTER USER x [WITH] PASSWORD '…'.
  if (!cursor.accept("set") && !cursor.accept("with") && cursor.peek()?.value !== "password") throw cursor.unexpected();
  const statement = { kind: "alter_user", user, change: change(cursor) } as const;
  cursor.end();
  return statement;
}

function change(cursor: TokenCursor) {
  if (cursor.accept("password")) return { type: "password", password: cursor.string() } as const;
  if (cursor.accept("role")) return { type: "role", role: word(cursor) } as const;
  if (cursor.accept("email")) return { type: "email", email: cursor.string() } as const;
  if (cursor.accept("storage_mode")) return { type: "storage_mode", mode: word(cursor) } as const;
  if (cursor.accept("storage_id")) {
    const storageId = cursor.accept("null") ? null : userName(cursor);
    return { type: "storage_id", storageId } as const;
  }
  throw cursor.unexpected();
}
