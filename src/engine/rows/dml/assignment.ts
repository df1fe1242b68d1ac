import type { Node, ResTarget } from "libpg-query";
import { KalamError } from "../../../errors/index.ts";
import type { ColumnSpec } from "../../catalog/definitions.ts";
import { columnSlot, refusesNull, type TableSchema } from "../../catalog/table-schema.ts";
import { compileExpression, type Frame, NotSimple, type Scope } from "../../query/expression/index.ts";
import type { Row, Value } from "../../types/column-type.ts";
import { castValue } from "../../types/index.ts";
import { defaultSource } from "./column-default.ts";

/** One `column = expression` of SET. */
export interface Assignment {
  readonly column: ColumnSpec;
  readonly slot: number;
  evaluate(row: Row, frame: Frame): Value;
}

/** A column of SET and the expression for it; `(a, b) = (1, 2)` is taken apart. */
export interface SetTarget {
  readonly column: ColumnSpec;
  readonly expression: Node;
}

/** @throws NotSimple when an expression needs the analytical path: a sub-query, a function that only it knows */
export function assignmentsOf(list: readonly Node[], schema: TableSchema, scope: Scope): readonly Assignment[] {
  return setTargets(list, schema).map(({ column, expression }) => {
    const slot = columnSlot(column);
    if ("SetToDefault" in expression) {
      const source = defaultSource(column);
      return { column, slot, evaluate: (_row, frame) => source?.(frame) ?? null };
    }
    const compiled = compileExpression(expression, scope, column.type);
    return {
      column,
      slot,
      evaluate: (row, frame) =>
        castValue(compiled.evaluate(row, frame), compiled.type, column.type, "assignment", column.name),
    };
  });
}

export function setTargets(list: readonly Node[], schema: TableSchema): readonly SetTarget[] {
  const seen = new Set<string>();
  return list.map((node) => {
    const target = (node as { ResTarget: ResTarget }).ResTarget;
    const position = target.location;
    const name = (target.name ?? "").toLowerCase();
    const column = schema.column(name);
    if (column === undefined) {
      if (name === "_seq" || name === "_deleted") {
        throw new KalamError(
          "reserved_column",
          { action: "set", column: name, reason: "system column cannot be modified" },
          position === undefined ? {} : { position },
        );
      }
      throw new KalamError("column_not_found", { column: name }, position === undefined ? {} : { position });
    }
    if (seen.has(name))
      throw new KalamError("syntax_error", { message: `multiple assignments to same column "${name}"` });
    seen.add(name);
    if (schema.definition.primaryKey.includes(name)) {
      throw new KalamError("primary_key_update", { column: name }, position === undefined ? {} : { position });
    }
    return { column, expression: expressionOf(target) };
  });
}

function expressionOf(target: ResTarget): Node {
  const value = target.val as Node;
  if (!("MultiAssignRef" in value)) return value;
  const { source, colno } = value.MultiAssignRef;
  if (source === undefined || !("RowExpr" in source)) throw new NotSimple("an assignment from a sub-query");
  const part = source.RowExpr.args?.[(colno ?? 1) - 1];
  if (part === undefined)
    throw new KalamError("syntax_error", { message: "number of columns does not match number of values" });
  return part;
}

/**
 * The next version of `current`.
 *
 * @param scopeRow the row that the expressions read; `current`, or current and proposed side by side
 * @throws KalamError `not_null_violation`
 */
export function assign(
  assignments: readonly Assignment[],
  schema: TableSchema,
  current: Row,
  scopeRow: Row,
  frame: Frame,
): Value[] {
  const next = [...current];
  while (next.length < schema.slotCount) next.push(null);
  for (const assignment of assignments) {
    const value = assignment.evaluate(scopeRow, frame);
    if (value === null && refusesNull(assignment.column)) {
      throw new KalamError("not_null_violation", { column: assignment.column.name, row: 1 });
    }
    next[assignment.slot] = value;
  }
  return next;
}
