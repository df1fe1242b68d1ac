import type { TypeName } from "libpg-query";
import { KalamError } from "../../../errors/index.ts";
import type { ColumnType, ResultType } from "../../types/column-type.ts";
import { castValue, resolveType } from "../../types/index.ts";
import { Compiled, type Evaluate } from "./frame.ts";
import { NotSimple } from "./not-simple.ts";
import { InputOperand, isUntyped, type Operand, settle } from "./operand.ts";
import { categoryOf, isFloat } from "./type-rules.ts";

const UNBOUNDED_DECIMALS = new Set(["numeric", "decimal", "dec"]);

/** The type that a cast names. */
export function castTarget(typeName: TypeName): ResultType {
  const names = (typeName.names ?? []).map((node) => ("String" in node ? (node.String.sval ?? "") : ""));
  const name = names.at(-1) ?? "";
  if (names.length > 2 || (names.length === 2 && names[0] !== "pg_catalog"))
    throw new NotSimple(`type ${names.join(".")}`);
  if (typeName.arrayBounds !== undefined) throw new NotSimple("an array type");
  if (typeName.setof === true || typeName.pct_type === true) throw new NotSimple("a derived type");
  if (name === "interval") {
    if (typeName.typmods !== undefined) throw new NotSimple("an interval with fields");
    return { kind: "interval" };
  }
  const modifiers = (typeName.typmods ?? []).map(modifierOf);
  if (UNBOUNDED_DECIMALS.has(name) && modifiers.length === 0) throw new NotSimple("numeric without a scale");
  if (name === "bpchar" || name === "char" || name === "timetz") throw new NotSimple(`type ${name}`);
  if (modifiers.length > 0 && /^time/.test(name)) throw new NotSimple("a time of fewer digits");
  try {
    return resolveType({ name, modifiers, array: false, unsigned: false, position: typeName.location ?? 0 });
  } catch (error) {
    if (error instanceof KalamError) throw new NotSimple(`type ${name}`);
    throw error;
  }
}

function modifierOf(node: object): number {
  if ("A_Const" in node) {
    const constant = node.A_Const as { ival?: { ival?: number } };
    if (constant.ival !== undefined) return constant.ival.ival ?? 0;
  }
  throw new NotSimple("a type with modifiers that are no numbers");
}

/** `operand::type`. */
export function compileCast(operand: Operand, target: ResultType, position: number | undefined): Compiled {
  if (isUntyped(operand)) {
    if (target.kind !== "text" || target.length === undefined) return operand.as(target);
    return compileCast(operand.as({ kind: "text" }), target, position);
  }
  if (operand instanceof InputOperand && operand.naturalType?.kind !== "boolean") {
    const plain = categoryOf(target) === "number" || (target.kind === "text" && target.length === undefined);
    if (plain) return operand.as(target);
  }
  const value = settle(operand);
  const from = value.type;
  if (from.kind === "interval" || target.kind === "interval") throw new NotSimple("casts of intervals");
  if (from.kind === target.kind && !isBounded(target)) {
    return new Compiled(target, value.evaluate, value.dependency, value.slot);
  }
  if (from.kind === "embedding" || (isFloat(from) && target.kind === "decimal")) {
    throw new NotSimple(`a cast of ${from.kind} to ${target.kind}`);
  }
  const inner = value.evaluate;
  const evaluate: Evaluate = (row, frame) => {
    const source = inner(row, frame);
    if (source === null) return null;
    try {
      return castValue(source, from, target as ColumnType, "explicit");
    } catch (error) {
      throw error instanceof KalamError ? error.at(position) : error;
    }
  };
  return new Compiled(target, evaluate, value.dependency);
}

function isBounded(type: ResultType): boolean {
  return type.length !== undefined || type.kind === "decimal" || type.dimensions !== undefined;
}
