import type { Node } from "libpg-query";
import { KalamError } from "../../../errors/index.ts";
import type { ColumnType } from "../../types/column-type.ts";
import { coerce } from "./coerce.ts";
import { resolveColumn } from "./columns.ts";
import { compileOperand } from "./compile.ts";
import type { Compiled, Scope } from "./frame.ts";
import { NotSimple } from "./not-simple.ts";
import { InputOperand, typeOf } from "./operand.ts";
import { categoryOf, isFloat, isInteger, unbounded } from "./type-rules.ts";

/** One ANDed part of a WHERE that compares a key column with values of the statement. */
export interface KeyCondition {
  /** Index of the column within the key. */
  readonly part: number;
  readonly operator: "=" | "<" | "<=" | ">" | ">=" | "in";
  /** One value; for `in`, the alternatives. */
  readonly values: readonly Compiled[];
}

const MIRRORED = { "=": "=", "<": ">", "<=": ">=", ">": "<", ">=": "<=" } as const;

/** The conditions on key columns that every row of the answer meets. */
export function keyConditions(where: Node, scope: Scope, keyTypes: readonly ColumnType[]): KeyCondition[] {
  const conditions: KeyCondition[] = [];
  for (const conjunct of conjunctsOf(where)) {
    try {
      conditions.push(...readConjunct(conjunct, scope, keyTypes));
    } catch (error) {
      // What cannot be used as a way to the rows is still checked, and refused or reported, as part of the WHERE.
      if (!(error instanceof NotSimple || error instanceof KalamError)) throw error;
    }
  }
  return conditions;
}

/** The parts of nested ANDs. */
export function conjunctsOf(node: Node): Node[] {
  if ("BoolExpr" in node && node.BoolExpr.boolop === "AND_EXPR") return (node.BoolExpr.args ?? []).flatMap(conjunctsOf);
  return [node];
}

function readConjunct(node: Node, scope: Scope, keyTypes: readonly ColumnType[]): KeyCondition[] {
  if (!("A_Expr" in node)) return [];
  const { kind, lexpr, rexpr, name = [] } = node.A_Expr;
  const [first] = name;
  const operator = first !== undefined && "String" in first ? (first.String.sval ?? "") : "";
  if (lexpr === undefined || rexpr === undefined) return [];
  const part = keyPart(lexpr, scope);
  const value = (source: Node, at: number): Compiled[] => {
    const compiled = keyOperand(source, scope, keyTypes[at] as ColumnType);
    return compiled === undefined ? [] : [compiled];
  };
  if (kind === "AEXPR_OP" && operator in MIRRORED) {
    const symbol = operator as keyof typeof MIRRORED;
    if (part !== undefined) return one(part, symbol, value(rexpr, part));
    const mirrored = keyPart(rexpr, scope);
    return mirrored === undefined ? [] : one(mirrored, MIRRORED[symbol], value(lexpr, mirrored));
  }
  if (part === undefined || !("List" in rexpr)) return [];
  const items = rexpr.List.items ?? [];
  if (kind === "AEXPR_IN" && operator === "=") {
    const values = items.flatMap((item) => value(item, part));
    return values.length === items.length ? [{ part, operator: "in", values }] : [];
  }
  const [low, high] = items;
  if (kind !== "AEXPR_BETWEEN" || low === undefined || high === undefined) return [];
  return [...one(part, ">=", value(low, part)), ...one(part, "<=", value(high, part))];
}

function one(part: number, operator: KeyCondition["operator"], values: Compiled[]): KeyCondition[] {
  return values.length === 0 ? [] : [{ part, operator, values }];
}

function keyPart(node: Node, scope: Scope): number | undefined {
  if (!("ColumnRef" in node)) return undefined;
  const part = scope.shape?.keySlots.indexOf(resolveColumn(node.ColumnRef, scope).slot) ?? -1;
  return part < 0 ? undefined : part;
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
