import type { RelationShape } from "../relation.ts";
import type { PlanParts } from "./plan.ts";

/** The steps of a plan in words, as EXPLAIN shows them. */
export function explainPlan(parts: PlanParts): string[] {
  const lines: string[] = [];
  if (parts.counts > 0) lines.push("Count rows");
  if (parts.direction === undefined) lines.push(parts.hasLimit ? "Top-N sort" : "Sort");
  else if (parts.hasLimit) lines.push("Limit");
  lines.push(accessLine(parts));
  if (parts.where !== undefined) lines.push("Filter: the WHERE on every row found");
  return lines;
}

function accessLine({ scope, access, direction }: PlanParts): string {
  const { shape } = scope;
  if (shape === undefined) return "One row without a table";
  const way = direction === "backward" ? " backward" : "";
  if (access === undefined) return `Scan${way} on ${shape.name}`;
  if (access.kind === "keys") return `Key lookup on ${shape.name} (${keyNames(shape, shape.keySlots.length)})`;
  return `Range scan${way} on ${shape.name} (${keyNames(shape, access.equalities + (access.ranged ? 1 : 0))})`;
}

function keyNames(shape: RelationShape, count: number): string {
  const names = shape.keySlots
    .slice(0, count)
    .map((slot) => shape.columns.find((column) => column.slot === slot)?.name);
  return names.join(", ");
}
