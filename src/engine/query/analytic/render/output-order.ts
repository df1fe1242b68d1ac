import type { Node } from "libpg-query";
import { KalamError } from "../../../../errors/index.ts";
import type { Bound } from "./bound.ts";
import { type BoundColumn, positionOf, unsupported } from "./env.ts";
import { direction } from "./order.ts";
import { named, type Target, wholeNumber } from "./select-list.ts";

/**
 * An item of a query's ORDER BY: the number of a column, the name of one, or an expression over the input.
 *
 * @param render undefined for UNION and VALUES, where there is no input to speak of.
 */
export function outputOrder(
  item: Node,
  columns: readonly (BoundColumn | Target)[],
  render?: (node: Node) => Bound,
): string {
  if (!("SortBy" in item) || item.SortBy.node === undefined) throw unsupported("this ORDER BY", positionOf(item));
  const { node } = item.SortBy;
  const targets = columns.map(
    (column): Target => ("expression" in column ? column : { ...column, expression: column.sql }),
  );
  const number = wholeNumber(node) ?? indexOf(named(node, targets), targets);
  if (number !== undefined) {
    if (number < 1 || number > columns.length) {
      const message = `ORDER BY position ${number} is not in select list`;
      throw new KalamError("grouping_error", { message }, { position: positionOf(node) });
    }
    return number + direction(item);
  }
  if (render === undefined) {
    if ("ColumnRef" in node) {
      const name = node.ColumnRef.fields
        ?.flatMap((field) => ("String" in field ? (field.String.sval ?? "") : ""))
        .join(".");
      throw new KalamError("undefined_column", { column: name ?? "" }, { position: positionOf(node) });
    }
    throw unsupported("an expression in the ORDER BY of a UNION, INTERSECT or EXCEPT", positionOf(node));
  }
  const of = render(node);
  if (of.input !== undefined) return `(${of.sql} IS NULL)${direction(item)}`;
  const same = indexOf(
    targets.find((target) => target.expression === of.sql),
    targets,
  );
  return `${same ?? of.sql}${direction(item)}`;
}

function indexOf(target: Target | undefined, targets: readonly Target[]): number | undefined {
  return target === undefined ? undefined : targets.findIndex((other) => other.sql === target.sql) + 1;
}
