import type { ExplainStmt, Node, RangeVar, SelectStmt, TransactionStmt } from "libpg-query";
import { createIndex, dropIndex } from "./index-statements.ts";
import { relationName } from "./node-access.ts";
import type {
  DeleteStatement,
  ExplainStatement,
  InsertStatement,
  SelectStatement,
  Statement,
  UpdateStatement,
} from "./statement.ts";
import { visit } from "./tree.ts";
import { notSupported, unsupported } from "./unsupported.ts";
import { createView, dropView } from "./view-statements.ts";

type QueryStatement = SelectStatement | InsertStatement | UpdateStatement | DeleteStatement;

/** What PostgreSQL's tree says, in our words. @throws KalamError unsupported_statement, feature_not_supported */
export function statementOf(node: Node, text: string): Statement {
  const query = queryOf(node);
  if (query !== undefined) return query;
  if ("ExplainStmt" in node) return explain(node.ExplainStmt, text);
  if ("TransactionStmt" in node) return transaction(node.TransactionStmt);
  if ("ViewStmt" in node) return createView(node.ViewStmt, text);
  if ("DropStmt" in node && node.DropStmt.removeType === "OBJECT_VIEW") return dropView(node.DropStmt, text);
  if ("IndexStmt" in node) return createIndex(node.IndexStmt, text);
  if ("DropStmt" in node && node.DropStmt.removeType === "OBJECT_INDEX") return dropIndex(node.DropStmt, text);
  throw unsupported(text);
}

function queryOf(node: Node): QueryStatement | undefined {
  if ("SelectStmt" in node) return checked({ kind: "select", node: node.SelectStmt });
  if ("InsertStmt" in node) return checked({ kind: "insert", node: node.InsertStmt });
  if ("UpdateStmt" in node) return checked({ kind: "update", node: node.UpdateStmt });
  if ("DeleteStmt" in node) return checked({ kind: "delete", node: node.DeleteStmt });
  return undefined;
}

/** Refuses what PostgreSQL's grammar takes and nobody here runs, rather than ignoring it. */
function checked<S extends QueryStatement>(statement: S): S {
  const { node } = statement;
  if ("relation" in node) relationName(node.relation);
  visit(node, (inner) => {
    if (inner.SelectStmt !== undefined) checkSelect(inner.SelectStmt as SelectStmt);
    if (inner.RangeVar !== undefined) relationName(inner.RangeVar as RangeVar);
    if (inner.InsertStmt ?? inner.UpdateStmt ?? inner.DeleteStmt ?? inner.MergeStmt) {
      throw notSupported("a data-modifying statement in WITH");
    }
    if (inner.CurrentOfExpr !== undefined) throw notSupported("WHERE CURRENT OF");
    if (inner.RangeTableSample !== undefined) throw notSupported("TABLESAMPLE");
  });
  if (statement.kind === "select") checkSelect(statement.node);
  return statement;
}

function checkSelect(select: SelectStmt): void {
  if (select.intoClause !== undefined) throw notSupported("SELECT INTO", select.intoClause.rel?.location);
  if (select.lockingClause !== undefined) throw notSupported("SELECT … FOR UPDATE or FOR SHARE");
}

function explain(explained: ExplainStmt, text: string): ExplainStatement {
  let analyze = false;
  for (const option of explained.options ?? []) {
    if (!("DefElem" in option)) continue;
    const { defname, arg, location } = option.DefElem;
    const value = arg === undefined ? "true" : "String" in arg ? (arg.String.sval ?? "") : "true";
    if (defname === "analyze") analyze = !["false", "off", "0"].includes(value.toLowerCase());
    else if (defname === "format" && value.toLowerCase() !== "text") throw notSupported("EXPLAIN (FORMAT …)", location);
  }
  const inner = explained.query === undefined ? undefined : queryOf(explained.query);
  if (inner === undefined) throw unsupported(text);
  return { kind: "explain", analyze, inner };
}

function transaction(statement: TransactionStmt): Statement {
  if (statement.chain) throw notSupported("AND CHAIN", statement.location);
  switch (statement.kind) {
    case "TRANS_STMT_BEGIN":
    case "TRANS_STMT_START":
      return { kind: "begin" };
    case "TRANS_STMT_COMMIT":
      return { kind: "commit" };
    case "TRANS_STMT_ROLLBACK":
      return { kind: "rollback" };
    case "TRANS_STMT_SAVEPOINT":
    case "TRANS_STMT_RELEASE":
    case "TRANS_STMT_ROLLBACK_TO":
      throw notSupported("SAVEPOINT", statement.location);
    default:
      throw notSupported("PREPARE TRANSACTION", statement.location);
  }
}
