import type { Statement, StorageSetting } from "./statement.ts";
import { duplicateOption, type TokenCursor } from "./token-cursor.ts";

const SETTINGS: ReadonlyMap<string, StorageSetting> = new Map([
  ["name", "name"],
  ["description", "description"],
  ["path", "location"],
  ["base_directory", "location"],
  ["bucket", "location"],
  ["region", "region"],
  ["shared_tables_template", "sharedTablesTemplate"],
  ["user_tables_template", "userTablesTemplate"],
  ["credentials", "credentials"],
  ["config", "config"],
]);

/** `CREATE / ALTER / DROP STORAGE`; undefined where the words say something else. */
export function parseStorageDefinition(cursor: TokenCursor): Statement | undefined {
  const verb = cursor.peek()?.value;
  const noun = cursor.peek(1);
  if (noun?.kind !== "word" || noun.value !== "storage") return undefined;
  cursor.next();
  cursor.next();
  if (verb === "create") return createStorage(cursor);
  if (verb === "alter") return alterStorage(cursor);
  const ifExists = cursor.accept("if", "exists");
  const storage = storageId(cursor);
  cursor.end();
  return { kind: "drop_storage", ...storage, ifExists };
}

function createStorage(cursor: TokenCursor): Statement {
  const ifNotExists = cursor.accept("if", "not", "exists");
  const storage = storageId(cursor);
  cursor.expect("type");
  const type = cursor.peek()?.kind === "string" ? cursor.string() : cursor.identifier().value;
  const settings = new Map<StorageSetting, string>();
  while (!cursor.done) readSetting(cursor, settings);
  return { kind: "create_storage", ...storage, ifNotExists, type, settings };
}

/** `SET NAME '…'`, and more of them, with or without a comma between. */
function alterStorage(cursor: TokenCursor): Statement {
  const storage = storageId(cursor);
  cursor.expect("set");
  const settings = new Map<StorageSetting, string>();
  do {
    readSetting(cursor, settings);
    cursor.accept(",");
    cursor.accept("set");
  } while (!cursor.done);
  return { kind: "alter_storage", ...storage, settings };
}

function readSetting(cursor: TokenCursor, settings: Map<StorageSetting, string>): void {
  const token = cursor.peek();
  const setting = token?.kind === "word" ? SETTINGS.get(token.value) : undefined;
  if (token === undefined || setting === undefined) throw cursor.unexpected();
  if (settings.has(setting)) throw duplicateOption(token.value, token.start);
  cursor.next();
  settings.set(setting, cursor.string());
}

/** An id as written: quoted in either way, or a word that may have `-` in it. */
function storageId(cursor: TokenCursor): { readonly storage: string; readonly position: number } {
  const first = cursor.peek();
  if (first === undefined || first.kind === "symbol" || first.kind === "operator") throw cursor.unexpected();
  let last = cursor.next();
  if (first.kind === "string" || first.kind === "quoted") return { storage: first.value, position: first.start };
  for (let next = cursor.peek(); next?.start === last.end && !isEnd(next.kind, next.value); next = cursor.peek()) {
    last = cursor.next();
  }
  return { storage: cursor.text.slice(first.start, last.end), position: first.start };
}

function isEnd(kind: string, value: string): boolean {
  return kind === "string" || kind === "quoted" || kind === "symbol" || (kind === "operator" && value !== "-");
}

/** `STORAGE CHECK id [EXTENDED]`; undefined where the words say something else. */
export function parseStorageCheck(cursor: TokenCursor): Statement | undefined {
  if (!cursor.accept("storage", "check")) return undefined;
  const storage = storageId(cursor);
  const extended = cursor.accept("extended");
  cursor.end();
  return { kind: "storage_check", ...storage, extended };
}
