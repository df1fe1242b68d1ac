import { KalamError } from "../../../errors/index.ts";
import type { Literal, LiteralKind } from "../../sql/statement.ts";
import type { ResultType, Value } from "../../types/column-type.ts";
import { CONSTANT, Compiled, STATEMENT } from "./frame.ts";
import type { InputBinder } from "./input-binder.ts";
import { convertInput, type InputUsage } from "./input-values.ts";
import { NotSimple } from "./not-simple.ts";

/** Part of an expression: either settled, or an input that still takes the type its place asks for. */
export type Operand = Compiled | InputOperand;

/**
 * A literal or a parameter before its type is settled.
 *
 * PostgreSQL gives a quoted literal, a parameter and NULL the type of the other side of their operator; a number has a type
 * of its own, but beside a column it is converted once instead of widening the column for every row.
 */
export abstract class InputOperand {
  abstract readonly kind: LiteralKind | "parameter";
  abstract readonly position: number | undefined;

  /** The input as a value of `type`. */
  abstract as(type: ResultType, usage?: InputUsage): Compiled;

  /** The type that the input has without its surroundings; undefined when it has none. */
  abstract readonly naturalType: ResultType | undefined;

  /**
   * The input by itself.
   *
   * @throws NotSimple for a parameter: what it is shows only when it is bound.
   */
  natural(): Compiled {
    const type = this.naturalType;
    if (type !== undefined) return this.as(type, "natural");
    if (this.kind === "string" || this.kind === "null") return this.as({ kind: "text" });
    throw new NotSimple("a parameter whose type its place does not tell");
  }

  /** True when the input takes any type: quoted text, NULL, a parameter. */
  get untyped(): boolean {
    return this.naturalType === undefined;
  }
}

/** Input `number` of a template. */
export class TemplateInput extends InputOperand {
  readonly kind: LiteralKind | "parameter";
  readonly position: number | undefined;
  readonly #binder: InputBinder;
  readonly #number: number;

  constructor(binder: InputBinder, number: number, position: number | undefined) {
    super();
    this.kind = binder.kindOf(number);
    this.position = position;
    this.#binder = binder;
    this.#number = number;
  }

  get naturalType(): ResultType | undefined {
    switch (this.kind) {
      case "integer":
        return { kind: "integer" };
      case "decimal":
        return { kind: "decimal" };
      case "boolean":
        return { kind: "boolean" };
      default:
        return undefined;
    }
  }

  as(type: ResultType, usage: InputUsage = "value"): Compiled {
    const index = this.#binder.use(this.#number, type, usage, this.position);
    return new Compiled(type, (_row, frame) => frame.inputs[index] as Value, STATEMENT);
  }
}

/** A literal that stands in the tree itself. */
export class ConstantInput extends InputOperand {
  readonly kind: LiteralKind;
  readonly position: number | undefined;
  readonly naturalType: ResultType | undefined;
  readonly #literal: Literal;

  constructor(literal: Literal, kind: LiteralKind, naturalType: ResultType | undefined, position: number | undefined) {
    super();
    this.kind = kind;
    this.position = position;
    this.naturalType = naturalType;
    this.#literal = literal;
  }

  as(type: ResultType, usage: InputUsage = "value"): Compiled {
    let value: Value;
    try {
      value = convertInput(this.#literal, type, usage);
    } catch (error) {
      throw error instanceof KalamError ? error.at(this.position) : error;
    }
    return new Compiled(type, () => value, CONSTANT);
  }
}

/** An operand with its own type; quoted text is text. */
export function settle(operand: Operand): Compiled {
  return operand instanceof InputOperand ? operand.natural() : operand;
}

export function isUntyped(operand: Operand): operand is InputOperand {
  return operand instanceof InputOperand && operand.untyped;
}

/** The type an operand has by itself; undefined for what is untyped. */
export function typeOf(operand: Operand): ResultType | undefined {
  return operand instanceof InputOperand ? operand.naturalType : operand.type;
}
