import type { Node, ResTarget } from "libpg-query";
import type { ResultType, Row, Value } from "../../types/column-type.ts";
import { columnPath, qualifies, resolveColumn } from "../expression/columns.ts";
import { compileExpression } from "../expression/compile.ts";
import { Compiled, type Frame, PER_ROW, type Scope } from "../expression/frame.ts";
import { NotSimple } from "../expression/not-simple.ts";
import type { RelationColumn, RelationShape, ResultColumn } from "../relation.ts";
import { outputName } from "./output-names.ts";

/** One column of a result: what it is called, and how it is computed. */
export interface Target {
  readonly column: ResultColumn;
  readonly expression: Compiled;
  /** What stands in the SELECT list; undefined for a column out of `*`. */
  readonly node: Node | undefined;
}

/** The columns of a SELECT list, with `*` written out. */
export function compileTargets(list: readonly Node[], scope: Scope): Target[] {
  return list.flatMap((node) => {
    if (!("ResTarget" in node)) throw new NotSimple("a SELECT list of this shape");
    return compileTarget(node.ResTarget, scope);
  });
}

function compileTarget(target: ResTarget, scope: Scope): Target[] {
  const node = target.val;
  if (node === undefined || target.indirection !== undefined) throw new NotSimple("a target of this shape");
  const stars = starColumns(node, scope);
  if (stars !== undefined) return stars;
  const expression = compileExpression(node, scope);
  const { type } = expression;
  if (type.kind === "decimal" && type.scale === undefined) throw new NotSimple("a decimal without a scale as a result");
  const name = target.name ?? outputName(node);
  const origin = "ColumnRef" in node ? resolveColumn(node.ColumnRef, scope) : undefined;
  return [{ column: resultColumn(name, type, origin, scope.shape), expression, node }];
}

function starColumns(node: Node, scope: Scope): Target[] | undefined {
  if (!("ColumnRef" in node)) return undefined;
  const fields = node.ColumnRef.fields ?? [];
  const last = fields.at(-1);
  if (last === undefined || !("A_Star" in last)) return undefined;
  const qualifier = columnPath({ fields: fields.slice(0, -1) });
  const { shape } = scope;
  if (shape === undefined || qualifier === undefined || !qualifies(qualifier, shape, scope.alias)) {
    throw new NotSimple("a star that names another table");
  }
  return shape.columns
    .filter((column) => !column.hidden)
    .map((column) => ({
      column: resultColumn(column.name, column.type, column, shape),
      expression: new Compiled(column.type, (row) => row[column.slot] ?? null, PER_ROW, column.slot),
      node: undefined,
    }));
}

function resultColumn(
  name: string,
  type: ResultType,
  origin: RelationColumn | undefined,
  shape: RelationShape | undefined,
): ResultColumn {
  if (origin === undefined || shape === undefined) return { name, type };
  const primaryKey = shape.keySlots.includes(origin.slot);
  return {
    name,
    type,
    ...(primaryKey ? { primaryKey } : {}),
    ...(primaryKey || origin.notNull === true ? { notNull: true } : {}),
  };
}

export type Projection = (row: Row, frame: Frame) => Row;

/** Makes the row of a result out of a row of the relation. */
export function projectionOf(targets: readonly Target[]): Projection {
  const slots = targets.map((target) => target.expression.slot);
  if (slots.every((slot) => slot !== undefined)) return columnProjection(slots);
  const evaluations = targets.map((target) => target.expression.evaluate);
  return (row, frame) => {
    const out: Value[] = new Array(evaluations.length);
    for (let i = 0; i < out.length; i++) out[i] = (evaluations[i] as Compiled["evaluate"])(row, frame);
    return out;
  };
}

function columnProjection(slots: readonly number[]): Projection {
  return (row) => {
    const out: Value[] = new Array(slots.length);
    for (let i = 0; i < out.length; i++) out[i] = row[slots[i] as number] ?? null;
    return out;
  };
}
