import type { Node } from "libpg-query";
import { KalamError } from "../../../../errors/index.ts";
import { type BoundColumn, positionOf } from "./env.ts";

/** A column of the select list, with its expression. */
export interface Target extends BoundColumn {
  readonly expression: string;
}

/** The number of a column, written as such. */
export function wholeNumber(node: Node): number | undefined {
  return "A_Const" in node && node.A_Const.ival !== undefined ? (node.A_Const.ival.ival ?? 0) : undefined;
}

/** The column of the select list that a bare name means. */
export function named(node: Node, targets: readonly Target[]): Target | undefined {
  if (!("ColumnRef" in node) || node.ColumnRef.fields?.length !== 1) return undefined;
  const [field] = node.ColumnRef.fields;
  const name = field !== undefined && "String" in field ? field.String.sval : undefined;
  const matches = targets.filter((target) => target.name === name);
  const [first] = matches;
  if (first !== undefined && matches.some((other) => other.expression !== first.expression)) {
    throw new KalamError("ambiguous_column", { column: name ?? "" }, { position: positionOf(node) });
  }
  return first;
}
