import type { DropStmt, IndexElem, IndexStmt } from "libpg-query";
import { type Token, tokenize } from "./lexer.ts";
import { relationName } from "./node-access.ts";
import type { IndexedColumn, Statement } from "./statement.ts";
import { droppedNames } from "./table-statements.ts";
import { notSupported } from "./unsupported.ts";

/**
 * `CREATE INDEX`. ASC, DESC and NULLS FIRST are taken and mean nothing: an index is read in both directions. CONCURRENTLY means
 * nothing either: no index keeps writers waiting.
 */
export function createIndex(index: IndexStmt, text: string): Statement {
  const table = relationName(index.relation);
  const { accessMethod = "btree" } = index;
  if (index.unique) throw notSupported("CREATE UNIQUE INDEX: the primary key is what is unique", table.position);
  if (accessMethod !== "btree") throw notSupported(`CREATE INDEX … USING ${accessMethod}`, table.position);
  if (index.whereClause !== undefined) throw notSupported("CREATE INDEX … WHERE", table.position);
  if (index.indexIncludingParams !== undefined) throw notSupported("CREATE INDEX … INCLUDE", table.position);
  if (index.options !== undefined) throw notSupported("CREATE INDEX … WITH", table.position);
  if (index.tableSpace) throw notSupported("CREATE INDEX … TABLESPACE", table.position);
  const tokens = tokenize(text).filter(({ start }) => start > table.position);
  return {
    kind: "create_index",
    name: index.idxname === "" ? undefined : index.idxname,
    ifNotExists: index.if_not_exists ?? false,
    table,
    columns: (index.indexParams ?? []).map((node) => indexedColumn("IndexElem" in node ? node.IndexElem : {}, tokens)),
  };
}

function indexedColumn({ name, collation, opclass }: IndexElem, tokens: readonly Token[]): IndexedColumn {
  if (name === undefined) throw notSupported("an index on an expression", tokens[0]?.start);
  const position = tokens.slice(1).find((token) => token.value === name)?.start ?? 0;
  if (collation !== undefined) throw notSupported("COLLATE in CREATE INDEX", position);
  if (opclass !== undefined) throw notSupported("an operator class in CREATE INDEX", position);
  return { name, position };
}

export function dropIndex(drop: DropStmt, text: string): Statement {
  return { kind: "drop_index", indexes: droppedNames(drop, text, "index"), ifExists: drop.missing_ok ?? false };
}
