import type { InsertStmt, Node, OnConflictClause, RangeVar } from "libpg-query";
import { KalamError } from "../../../errors/index.ts";
import { columnSlot, type TableSchema } from "../../catalog/table-schema.ts";
import { compileCondition, type Expression, type Frame, type InputBinder } from "../../query/expression/index.ts";
import type { RelationShape } from "../../query/relation.ts";
import type { Row, Value } from "../../types/column-type.ts";
import { type Assignment, assign, assignmentsOf } from "./assignment.ts";

/** What happens to a proposed row whose key is taken. */
export type ConflictAction =
  | { readonly kind: "fail" }
  | { readonly kind: "nothing" }
  | {
      readonly kind: "update";
      readonly assignments: readonly Assignment[];
      readonly where: Expression | undefined;
    };

/** `excluded.c` is looked up as this name in a shape that has both rows side by side. */
const EXCLUDED = "excluded.";

export function conflictAction(node: InsertStmt, schema: TableSchema, binder: InputBinder): ConflictAction {
  const clause = node.onConflictClause;
  if (clause === undefined) return { kind: "fail" };
  requireKeyTarget(clause, schema);
  if (clause.action === "ONCONFLICT_NOTHING") return { kind: "nothing" };
  const target = node.relation as RangeVar;
  const shape = sideBySide(schema);
  const scope = { shape, alias: target.alias?.aliasname ?? target.relname, binder };
  const list = (clause.targetList ?? []).map((item) => qualifyExcluded(item));
  const assignments = assignmentsOf(list, schema, scope);
  const where =
    clause.whereClause === undefined ? undefined : compileCondition(qualifyExcluded(clause.whereClause), scope);
  return { kind: "update", assignments, where };
}

/** The new version of `current`, or undefined when the clause's WHERE leaves it alone. */
export function resolveConflict(
  action: Extract<ConflictAction, { kind: "update" }>,
  schema: TableSchema,
  current: Row,
  proposed: Row,
  frame: Frame,
): Value[] | undefined {
  const both = [...current, ...proposed];
  if (action.where !== undefined && action.where.evaluate(both, frame) !== true) return undefined;
  return assign(action.assignments, schema, current, both, frame);
}

function requireKeyTarget(clause: OnConflictClause, schema: TableSchema): void {
  const elements = clause.infer?.indexElems;
  if (clause.infer?.conname !== undefined) throw new KalamError("invalid_conflict_target");
  if (elements === undefined) {
    if (clause.action === "ONCONFLICT_NOTHING") return;
    throw new KalamError(
      "invalid_conflict_target",
      {},
      { hint: "ON CONFLICT DO UPDATE names the key: ON CONFLICT (id)." },
    );
  }
  const names = elements.map((element) => ("IndexElem" in element ? element.IndexElem.name : undefined));
  const key = schema.definition.primaryKey;
  const same = names.length === key.length && key.every((column) => names.includes(column));
  if (!same || key.length === 0) throw new KalamError("invalid_conflict_target");
}

/** Slots 0…n of the row that is there, then the same of the row that was proposed. */
function sideBySide(schema: TableSchema): RelationShape {
  return {
    name: schema.fullName,
    keySlots: [],
    columns: [
      ...schema.shape.columns,
      ...schema.definition.columns.map((column) => ({
        name: EXCLUDED + column.name,
        type: column.type,
        slot: schema.slotCount + columnSlot(column),
        hidden: true,
      })),
    ],
  };
}

function qualifyExcluded(node: Node): Node {
  return rewrite(node) as Node;
}

function rewrite(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(rewrite);
  if (value === null || typeof value !== "object") return value;
  const entries = Object.entries(value);
  const [first] = entries;
  if (first !== undefined && first[0] === "ColumnRef") return { ColumnRef: rewriteReference(first[1]) };
  return Object.fromEntries(entries.map(([key, part]) => [key, rewrite(part)]));
}

function rewriteReference(reference: { fields?: Node[]; location?: number }): unknown {
  const [table, column] = reference.fields ?? [];
  if (table === undefined || column === undefined || !("String" in table) || !("String" in column)) return reference;
  if (table.String.sval !== "excluded") return reference;
  return { ...reference, fields: [{ String: { sval: EXCLUDED + (column.String.sval ?? "") } }] };
}
