import type { Statement, StorageWork } from "./statement.ts";
import type { TokenCursor } from "./token-cursor.ts";

const KINDS = { flush: "storage_flush", compact: "storage_compact" } as const;

/** `STORAGE FLUSH | COMPACT TABLE t` and `… ALL [IN [NAMESPACE] ns]`; undefined where the second word says something else. */
export function parseStorageWork(cursor: TokenCursor): Statement | undefined {
  const verb = cursor.peek(1)?.value;
  if (verb !== "flush" && verb !== "compact") return undefined;
  cursor.next();
  cursor.next();
  const target = parseTarget(cursor);
  cursor.end();
  return { kind: KINDS[verb], target };
}

function parseTarget(cursor: TokenCursor): StorageWork["target"] {
  if (!cursor.accept("all")) {
    cursor.expect("table");
    return { type: "table", table: cursor.qualifiedName() };
  }
  if (!cursor.accept("in")) return { type: "all", namespace: undefined };
  if (cursor.peek(1) !== undefined) cursor.accept("namespace");
  return { type: "all", namespace: cursor.identifier().value };
}
