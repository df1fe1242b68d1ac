import type { RelationShape } from "../relation.ts";
import type { IndexChoice } from "./index-choice.ts";
import type { PlanParts } from "./plan.ts";

/** The steps of a plan in words, as EXPLAIN shows them. */
export function explainPlan(parts: PlanParts): string[] {
  const lines: string[] = [];
  if (parts.counts > 0) lines.push("Count rows");
  if (parts.direction === undefined && (parts.index?.order ?? "key") === "key")
    lines.push(parts.hasLimit ? "Top-N sort" : "Sort");
  else if (parts.hasLimit) lines.push("Limit");
  lines.push(accessLine(parts));
  if (parts.where !== undefined) lines.push("Filter: the WHERE on every row found");
  return lines;
}

function accessLine({ scope, access, index, direction }: PlanParts): string {
  const { shape } = scope;
  if (shape === undefined) return "One row without a table";
  if (index !== undefined) return indexLine(shape, index);
  const way = direction === "backward" ? " backward" : "";
  if (access === undefined) return `Scan${way} on ${shape.name}`;
  if (access.kind === "keys") return `Key lookup on ${shape.name} (${keyNames(shape, shape.keySlots.length)})`;
  return `Range scan${way} on ${shape.name} (${keyNames(shape, access.equalities + (access.ranged ? 1 : 0))})`;
}

function indexLine(shape: RelationShape, { access: { index }, order }: IndexChoice): string {
  const way = order.startsWith("backward") ? " Backward" : "";
  return `Index Scan${way} using ${index.name} on ${shape.name} (${columnNames(shape, index.slots)})`;
}

function keyNames(shape: RelationShape, count: number): string {
  return columnNames(shape, shape.keySlots.slice(0, count));
}

function columnNames(shape: RelationShape, slots: readonly number[]): string {
  const names = slots.map((slot) => shape.columns.find((column) => column.slot === slot)?.name);
  return names.join(", ");
}
