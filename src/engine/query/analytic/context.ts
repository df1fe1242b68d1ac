import type { Node, RangeVar, SelectStmt } from "libpg-query";
import type { Principal } from "../../auth/roles.ts";
import type { Parameter } from "../../request.ts";
import type { Literal } from "../../sql/statement.ts";
import type { Relation, RelationShape, RowBounds } from "../relation.ts";

/** What a statement on the analytical path may use. */
export interface AnalyticalContext {
  /**
   * The relation or view behind a name of a FROM clause; names of CTEs are never asked for. Throws the KalamError that the
   * caller shall see when there is none, or none for this caller. May be asked again for the same node.
   */
  resolve(table: RangeVar): Relation | ViewExpansion | Promise<Relation | ViewExpansion>;
  /**
   * What a WHERE says of the rows of a relation that stands beside it in FROM under this name.
   * Left out where nothing can be said.
   */
  readonly bounds?: (where: Node, shape: RelationShape, alias: string) => RowBounds;
  /** Input `n` of the tree is `inputs[n - 1]`: the parameters, then the literals. */
  readonly inputs: readonly (Literal | Parameter)[];
  readonly principal: Principal;
  /** Who sent the request: another than `principal` under EXECUTE AS. */
  readonly sessionUser: string;
  /** For names without a namespace. */
  readonly namespace: string;
  /** Microseconds since 1970: what `now()` says. */
  readonly now: bigint;
  readonly signal?: AbortSignal | undefined;
  readonly timeoutMillis: number;
}

/** A view: its query, the names of its columns, and the context that its own names and literals belong to. */
export interface ViewExpansion {
  readonly query: SelectStmt;
  readonly columns: readonly string[];
  readonly context: AnalyticalContext;
}

export function isView(source: Relation | ViewExpansion): source is ViewExpansion {
  return "query" in source;
}
