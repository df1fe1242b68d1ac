import type { BoolTestType } from "libpg-query";
import { KalamError } from "../../../errors/index.ts";
import type { ResultType } from "../../types/column-type.ts";
import { Compiled, dependencyOf, type Evaluate } from "./frame.ts";
import { isUntyped, type Operand, settle } from "./operand.ts";
import { postgresName } from "./type-rules.ts";

const BOOLEAN: ResultType = { kind: "boolean" };

/**
 * The operand as a condition.
 *
 * @param place as PostgreSQL's message names it: `WHERE`, `AND`, `NOT`, `CASE/WHEN`.
 * @throws KalamError `datatype_mismatch` when it is not boolean.
 */
export function asCondition(operand: Operand, place: string, position: number | undefined): Compiled {
  if (isUntyped(operand)) return operand.as(BOOLEAN);
  const settled = settle(operand);
  if (settled.type.kind === "boolean") return settled;
  const message = `argument of ${place} must be type boolean, not type ${postgresName(settled.type)}`;
  throw new KalamError("datatype_mismatch", { message }, position === undefined ? {} : { position });
}

export function and(parts: readonly Compiled[]): Compiled {
  const [first, second, third] = parts;
  if (first === undefined) throw new RangeError("AND of nothing");
  if (second === undefined) return first;
  const dependency = dependencyOf(parts);
  if (third === undefined) return new Compiled(BOOLEAN, andTwo(first.evaluate, second.evaluate), dependency);
  const evaluations = parts.map((part) => part.evaluate);
  const evaluate: Evaluate = (row, frame) => {
    let unknown = false;
    for (const part of evaluations) {
      const value = part(row, frame);
      if (value === false) return false;
      if (value === null) unknown = true;
    }
    return unknown ? null : true;
  };
  return new Compiled(BOOLEAN, evaluate, dependency);
}

function andTwo(a: Evaluate, b: Evaluate): Evaluate {
  return (row, frame) => {
    const x = a(row, frame);
    if (x === false) return false;
    const y = b(row, frame);
    return y === false ? false : x === null || y === null ? null : true;
  };
}

export function or(parts: readonly Compiled[]): Compiled {
  const [first, second] = parts;
  if (first === undefined) throw new RangeError("OR of nothing");
  if (second === undefined) return first;
  const evaluations = parts.map((part) => part.evaluate);
  const evaluate: Evaluate = (row, frame) => {
    let unknown = false;
    for (const part of evaluations) {
      const value = part(row, frame);
      if (value === true) return true;
      if (value === null) unknown = true;
    }
    return unknown ? null : false;
  };
  return new Compiled(BOOLEAN, evaluate, dependencyOf(parts));
}

export function not(part: Compiled): Compiled {
  const inner = part.evaluate;
  const evaluate: Evaluate = (row, frame) => {
    const value = inner(row, frame);
    return value === null ? null : !value;
  };
  return new Compiled(BOOLEAN, evaluate, part.dependency);
}

export function nullTest(operand: Operand, wantsNull: boolean): Compiled {
  const part = isUntyped(operand) ? operand.as({ kind: "text" }) : settle(operand);
  const inner = part.evaluate;
  const evaluate: Evaluate = wantsNull
    ? (row, frame) => inner(row, frame) === null
    : (row, frame) => inner(row, frame) !== null;
  return new Compiled(BOOLEAN, evaluate, part.dependency);
}

const TESTS: Readonly<Record<BoolTestType, (value: unknown) => boolean>> = {
  IS_TRUE: (value) => value === true,
  IS_NOT_TRUE: (value) => value !== true,
  IS_FALSE: (value) => value === false,
  IS_NOT_FALSE: (value) => value !== false,
  IS_UNKNOWN: (value) => value === null,
  IS_NOT_UNKNOWN: (value) => value !== null,
};

export function booleanTest(part: Compiled, test: BoolTestType): Compiled {
  const inner = part.evaluate;
  const holds = TESTS[test];
  return new Compiled(BOOLEAN, (row, frame) => holds(inner(row, frame)), part.dependency);
}
