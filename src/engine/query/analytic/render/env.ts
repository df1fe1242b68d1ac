import type { Node, RangeVar, SelectStmt } from "libpg-query";
import { KalamError } from "../../../../errors/index.ts";
import type { ResultType } from "../../../types/column-type.ts";
import type { Relation } from "../../relation.ts";
import type { AnalyticalContext, ViewExpansion } from "../context.ts";
import type { Bound } from "./bound.ts";
import type { Names } from "./names.ts";
import type { Scans } from "./scans.ts";
import type { Scope } from "./scope.ts";

/** A query in DuckDB's words. */
export interface BoundQuery {
  readonly sql: string;
  readonly columns: readonly BoundColumn[];
}

export interface BoundColumn {
  /** PostgreSQL's name for it; several may be the same. */
  readonly name: string;
  /** Ours, quoted. */
  readonly sql: string;
  readonly type: ResultType | undefined;
  readonly primaryKey: boolean;
}

/** What belongs to one statement: names, scans, and the two recursive entries that expressions need. */
export interface StatementRenderer {
  readonly names: Names;
  readonly scans: Scans;
  source(table: RangeVar, context: AnalyticalContext): Relation | ViewExpansion;
  query(select: SelectStmt, scope: Scope | undefined, context: AnalyticalContext): BoundQuery;
  /** Guards against trees too deep for the stack. */
  deeper<T>(work: () => T): T;
}

/** Where an expression stands. */
export interface Env {
  readonly statement: StatementRenderer;
  readonly context: AnalyticalContext;
  readonly scope: Scope;
  /** Named in messages: `WHERE`, `JOIN conditions`. */
  readonly clause: string;
  readonly aggregates: boolean;
  readonly windows: boolean;
  /** Windows of the WINDOW clause: the user's names to ours. */
  readonly namedWindows: ReadonlyMap<string, string>;
}

/** Renders one expression; the node dispatcher, handed down so that the subjects need not import each other in a circle. */
export type Render = (node: Node, env: Env) => Bound;

export function unsupported(feature: string, position?: number): KalamError {
  return new KalamError("feature_not_supported", { feature }, position === undefined ? {} : { position });
}

/** The strings of a list of String nodes: a qualified name, an operator, column aliases. */
export function strings(nodes: readonly Node[] | undefined): string[] {
  return (nodes ?? []).map((node) => ("String" in node ? (node.String.sval ?? "") : ""));
}

/** Where a node stands in the text, as near as the tree says. */
export function positionOf(node: Node | undefined): number {
  if (node === undefined) return 0;
  const [body] = Object.values(node) as [{ location?: number; arg?: Node; lexpr?: Node; val?: Node } | undefined];
  if (body?.location !== undefined && body.location >= 0) return body.location;
  return positionOfInner(body?.arg ?? body?.lexpr ?? body?.val);
}

function positionOfInner(node: Node | undefined): number {
  return node === undefined ? 0 : positionOf(node);
}
