import type { Runtime } from "../../../runtime/runtime.ts";
import type { Principal } from "../../auth/roles.ts";
import type { ResultType, Row, Value } from "../../types/column-type.ts";
import type { RelationShape } from "../relation.ts";
import type { InputBinder } from "./input-binder.ts";

/** What one execution of a plan brings along. */
export interface Frame {
  /** From `InputBinder.bind`. */
  readonly inputs: readonly Value[];
  /** When the statement began, in microseconds since 1970. */
  readonly now: bigint;
  readonly principal: Principal;
  /** Who sent the request: another than `principal` under EXECUTE AS. */
  readonly sessionUser: string;
  /** For names without a namespace. */
  readonly namespace: string;
  readonly runtime: Runtime;
}

/** A value that can be computed for every row. */
export interface Expression {
  readonly type: ResultType;
  /** @throws KalamError what PostgreSQL reports for these values: overflow, division by zero, bad text in a cast. */
  evaluate(row: Row, frame: Frame): Value;
}

/** Where names of an expression are looked up. */
export interface Scope {
  /** Undefined when there is no FROM. */
  readonly shape: RelationShape | undefined;
  /** The name given with AS; it hides the table's own. */
  readonly alias: string | undefined;
  readonly binder: InputBinder;
}

export type Evaluate = (row: Row, frame: Frame) => Value;

/**
 * What a value depends on, in growing order: nothing, the statement (inputs, its time, its user), the row, or chance.
 * Everything up to `STATEMENT` is computed once for a key lookup.
 */
export const CONSTANT = 0;
export const STATEMENT = 1;
export const PER_ROW = 2;
export const VOLATILE = 3;
export type Dependency = typeof CONSTANT | typeof STATEMENT | typeof PER_ROW | typeof VOLATILE;

/** An expression whose type is settled. */
export class Compiled implements Expression {
  readonly type: ResultType;
  readonly evaluate: Evaluate;
  readonly dependency: Dependency;
  /** Set for a plain column: its slot. */
  readonly slot: number | undefined;

  constructor(type: ResultType, evaluate: Evaluate, dependency: Dependency, slot?: number) {
    this.type = type;
    this.evaluate = evaluate;
    this.dependency = dependency;
    this.slot = slot;
  }
}

/** The strongest dependency among the parts. */
export function dependencyOf(parts: readonly Compiled[]): Dependency {
  let most: Dependency = CONSTANT;
  for (const part of parts) if (part.dependency > most) most = part.dependency;
  return most;
}
