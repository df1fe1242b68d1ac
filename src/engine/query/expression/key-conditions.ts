import type { Node } from "libpg-query";
import { KalamError } from "../../../errors/index.ts";
import { isKeyType } from "../../rows/key-codec.ts";
import type { ColumnType } from "../../types/column-type.ts";
import type { RelationColumn } from "../relation.ts";
import { coerce } from "./coerce.ts";
import { resolveColumn } from "./columns.ts";
import { compileOperand } from "./compile.ts";
import { type Compiled, type Scope, STATEMENT } from "./frame.ts";
import type { KeyForm } from "./key-form.ts";
import { NotSimple } from "./not-simple.ts";
import { InputOperand, typeOf } from "./operand.ts";
import { categoryOf, isFloat, isInteger, unbounded } from "./type-rules.ts";

/** One ANDed part of a WHERE that compares a column with values of the statement. */
export interface ColumnCondition {
  readonly column: RelationColumn;
  readonly operator: "=" | "<" | "<=" | ">" | ">=" | "in";
  /** One value; for `in`, the alternatives. */
  readonly values: readonly Compiled[];
}

/** One that compares a key column. */
export interface KeyCondition extends Pick<ColumnCondition, "operator" | "values"> {
  /** Index of the column within the key. */
  readonly part: number;
}

const MIRRORED = { "=": "=", "<": ">", "<=": ">=", ">": "<", ">=": "<=" } as const;

/** The conditions on the columns of a key that every row of the answer meets, and whose values the statement knows. */
export function keyConditions(where: Node, scope: Scope, { slots }: KeyForm): KeyCondition[] {
  const conditions = conjunctsOf(where).flatMap((conjunct) =>
    columnConditions(conjunct, scope, ({ slot }) => slots.includes(slot)).map(({ column, ...condition }) => ({
      ...condition,
      part: slots.indexOf(column.slot),
    })),
  );
  return conditions.filter(({ values }) => values.every((value) => value.dependency <= STATEMENT));
}

/**
 * What one part of nested ANDs says about columns whose values have an order; nothing where it says it in a way that only a look
 * at the rows can judge.
 */
export function columnConditions(
  conjunct: Node,
  scope: Scope,
  wanted: (column: RelationColumn) => boolean,
): ColumnCondition[] {
  try {
    return readConjunct(conjunct, scope, wanted);
  } catch (error) {
    // What cannot be used as a way to the rows is still checked, and refused or reported, as part of the WHERE.
    if (!(error instanceof NotSimple || error instanceof KalamError)) throw error;
    return [];
  }
}

/** The parts of nested ANDs. */
export function conjunctsOf(node: Node): Node[] {
  if ("BoolExpr" in node && node.BoolExpr.boolop === "AND_EXPR") return (node.BoolExpr.args ?? []).flatMap(conjunctsOf);
  return [node];
}

type Wanted = (column: RelationColumn) => boolean;

function readConjunct(node: Node, scope: Scope, wanted: Wanted): ColumnCondition[] {
  if (!("A_Expr" in node)) return [];
  const { kind, lexpr, rexpr, name = [] } = node.A_Expr;
  const [first] = name;
  const operator = first !== undefined && "String" in first ? (first.String.sval ?? "") : "";
  if (lexpr === undefined || rexpr === undefined) return [];
  const column = orderedColumn(lexpr, scope, wanted);
  if (kind === "AEXPR_OP" && operator in MIRRORED) {
    const symbol = operator as keyof typeof MIRRORED;
    if (column !== undefined) return one(column, symbol, rexpr, scope);
    const mirrored = orderedColumn(rexpr, scope, wanted);
    return mirrored === undefined ? [] : one(mirrored, MIRRORED[symbol], lexpr, scope);
  }
  if (column === undefined || !("List" in rexpr)) return [];
  const items = rexpr.List.items ?? [];
  if (kind === "AEXPR_IN" && operator === "=") {
    const values = items.flatMap((item) => keyOperand(item, scope, column.type as ColumnType) ?? []);
    return values.length === items.length ? [{ column, operator: "in", values }] : [];
  }
  const [low, high] = items;
  if (kind !== "AEXPR_BETWEEN" || low === undefined || high === undefined) return [];
  return [...one(column, ">=", low, scope), ...one(column, "<=", high, scope)];
}

function one(
  column: RelationColumn,
  operator: ColumnCondition["operator"],
  source: Node,
  scope: Scope,
): ColumnCondition[] {
  const value = keyOperand(source, scope, column.type as ColumnType);
  return value === undefined ? [] : [{ column, operator, values: [value] }];
}

function orderedColumn(node: Node, scope: Scope, wanted: Wanted): RelationColumn | undefined {
  if (!("ColumnRef" in node)) return undefined;
  const column = resolveColumn(node.ColumnRef, scope);
  return wanted(column) && isKeyType(column.type as ColumnType) ? column : undefined;
}

/** The other side in the form of the key, or undefined when its type is another one. */
function keyOperand(node: Node, scope: Scope, keyType: ColumnType): Compiled | undefined {
  const operand = compileOperand(node, scope);
  const type = typeOf(operand);
  const target = unbounded(keyType);
  if (operand instanceof InputOperand) {
    if (type !== undefined && categoryOf(type) !== categoryOf(keyType)) return undefined;
    return operand.as(type !== undefined && keyType.kind === "real" ? { kind: "double" } : target, "comparison");
  }
  if (operand.type.kind === keyType.kind) return operand;
  if (isInteger(keyType) && isInteger(operand.type)) return operand;
  if (keyType.kind === "decimal" && isInteger(operand.type)) return coerce(operand, { kind: "decimal" });
  if (isFloat(keyType) && isFloat(operand.type)) return operand;
  const moment = categoryOf(keyType) === "moment" && categoryOf(operand.type) === "moment";
  return moment && keyType.kind !== "date" ? coerce(operand, target) : undefined;
}
