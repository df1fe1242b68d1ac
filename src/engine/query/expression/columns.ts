import type { ColumnRef } from "libpg-query";
import { KalamError } from "../../../errors/index.ts";
import type { RelationColumn, RelationShape } from "../relation.ts";
import { Compiled, PER_ROW, type Scope } from "./frame.ts";
import { NotSimple } from "./not-simple.ts";

/** The parts of a column's name; undefined when it ends in `*`. */
export function columnPath(reference: ColumnRef): readonly string[] | undefined {
  const path: string[] = [];
  for (const field of reference.fields ?? []) {
    if (!("String" in field)) return undefined;
    path.push(field.String.sval ?? "");
  }
  return path;
}

/** @throws KalamError `undefined_column`, placed, with the nearest name as a hint. */
export function resolveColumn(reference: ColumnRef, scope: Scope): RelationColumn {
  const path = columnPath(reference);
  const name = path?.at(-1);
  if (path === undefined || name === undefined) throw new NotSimple("a star inside an expression");
  const { shape } = scope;
  const position = reference.location ?? 0;
  if (shape === undefined) throw new KalamError("undefined_column", { column: path.join(".") }, { position });
  if (!qualifies(path.slice(0, -1), shape, scope.alias)) {
    const hint = `The table here is called "${scope.alias ?? shape.name}".`;
    throw new KalamError("undefined_column", { column: path.join(".") }, { position, hint });
  }
  const column = shape.columns.find((candidate) => candidate.name === name);
  if (column !== undefined) return column;
  if (path.length === 1 && name === (scope.alias ?? lastPart(shape.name)))
    throw new NotSimple("a whole row as a value");
  const near = nearest(name, shape);
  throw new KalamError(
    "undefined_column",
    { column: path.join(".") },
    near === undefined ? { position } : { position, hint: `Perhaps you meant the column "${near}".` },
  );
}

export function compileColumn(reference: ColumnRef, scope: Scope): Compiled {
  const { type, slot } = resolveColumn(reference, scope);
  return new Compiled(type, (row) => row[slot] ?? null, PER_ROW, slot);
}

/** True when `qualifier` (nothing, a table or alias, a namespace and table) names the relation. */
export function qualifies(qualifier: readonly string[], shape: RelationShape, alias: string | undefined): boolean {
  if (qualifier.length === 0) return true;
  const table = lastPart(shape.name);
  if (qualifier.length === 1) return qualifier[0] === (alias ?? table);
  return (alias ?? table) === table && qualifier.join(".") === shape.name;
}

function lastPart(name: string): string {
  return name.slice(name.lastIndexOf(".") + 1);
}

/** The column whose name needs the fewest changes, at most half of its letters. */
function nearest(name: string, shape: RelationShape): string | undefined {
  let best: string | undefined;
  let least = Math.floor(name.length / 2) + 1;
  for (const column of shape.columns) {
    const distance = editDistance(name, column.name);
    if (distance < least) {
      least = distance;
      best = column.name;
    }
  }
  return best;
}

function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const current = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = (previous[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      current.push(Math.min(change, (previous[j] ?? 0) + 1, (current[j - 1] ?? 0) + 1));
    }
    previous = current;
  }
  return previous[b.length] ?? 0;
}
