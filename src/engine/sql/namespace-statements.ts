import type { Statement } from "./statement.ts";
import type { TokenCursor } from "./token-cursor.ts";

/** `CREATE / ALTER / DROP NAMESPACE` (or SCHEMA); undefined where the words say something else. */
export function parseNamespaceStatement(cursor: TokenCursor): Statement | undefined {
  const verb = cursor.peek()?.value;
  const noun = cursor.peek(1);
  if (noun?.kind !== "word" || (noun.value !== "namespace" && noun.value !== "schema")) return undefined;
  cursor.next();
  cursor.next();
  if (verb === "create") return createNamespace(cursor);
  if (verb === "alter") return alterNamespace(cursor);
  const ifExists = cursor.accept("if", "exists");
  const name = cursor.identifier();
  if (!cursor.accept("cascade")) cursor.accept("restrict");
  cursor.end();
  return { kind: "drop_namespace", name: name.value, position: name.start, ifExists };
}

function createNamespace(cursor: TokenCursor): Statement {
  const ifNotExists = cursor.accept("if", "not", "exists");
  const name = cursor.identifier();
  let options: Map<string, string> = new Map();
  if (cursor.accept("with")) {
    cursor.accept("options");
    options = cursor.options();
  } else if (cursor.accept("options")) options = cursor.options();
  cursor.end();
  return {
    kind: "create_namespace",
    name: name.value,
    position: name.start,
    ifNotExists,
    options: Object.fromEntries(options),
  };
}

function alterNamespace(cursor: TokenCursor): Statement {
  const name = cursor.identifier();
  cursor.expect("set");
  cursor.accept("options");
  const options = cursor.options();
  cursor.end();
  return { kind: "alter_namespace", name: name.value, position: name.start, options: Object.fromEntries(options) };
}

/** `USE n`, `USE NAMESPACE n`, `SET NAMESPACE n`. */
export function parseUseStatement(cursor: TokenCursor): Statement | undefined {
  const verb = cursor.peek()?.value;
  if (verb === "set" && cursor.peek(1)?.value !== "namespace") return undefined;
  cursor.next();
  const after = cursor.peek(1);
  // A namespace may itself be called "namespace".
  if (cursor.peek()?.value === "namespace" && after !== undefined) cursor.next();
  if (verb === "set" && !cursor.accept("to")) cursor.accept("=");
  const quoted = cursor.peek()?.kind === "string";
  const name = quoted ? cursor.next() : cursor.identifier();
  cursor.end();
  return { kind: "use_namespace", name: name.value, position: name.start };
}
