import { KalamError } from "../../../errors/index.ts";
import type { Literal, LiteralKind } from "../../sql/statement.ts";
import type { ResultType, Value } from "../../types/column-type.ts";
import { CONSTANT, Compiled, STATEMENT } from "./frame.ts";
import type { InputBinder } from "./input-binder.ts";
import { convertInput, type InputUsage, negative } from "./input-values.ts";
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

  /** The input with a minus before it; undefined when it is no literal number, or has a minus already. */
  abstract negated(position: number | undefined): InputOperand | undefined;

  /** True when the input takes any type: quoted text, NULL, a parameter. */
  get untyped(): boolean {
    return this.naturalType === undefined;
  }
}

const NATURAL: Readonly<Partial<Record<LiteralKind | "parameter", ResultType>>> = {
  integer: { kind: "integer" },
  bigint: { kind: "bigint" },
  decimal: { kind: "decimal" },
  boolean: { kind: "boolean" },
};

function isNumber(kind: LiteralKind | "parameter"): boolean {
  return kind === "integer" || kind === "bigint" || kind === "decimal";
}

/** Input `number` of a template. */
export class TemplateInput extends InputOperand {
  readonly kind: LiteralKind | "parameter";
  readonly position: number | undefined;
  readonly naturalType: ResultType | undefined;
  readonly #binder: InputBinder;
  readonly #number: number;
  readonly #negated: boolean;

  constructor(binder: InputBinder, number: number, position: number | undefined, negated = false) {
    super();
    this.kind = binder.kindOf(number);
    this.position = position;
    this.naturalType = NATURAL[this.kind];
    this.#binder = binder;
    this.#number = number;
    this.#negated = negated;
  }

  as(type: ResultType, usage: InputUsage = "value"): Compiled {
    const place = { position: this.position, negated: this.#negated };
    const index = this.#binder.use(this.#number, type, usage, place);
    return new Compiled(type, (_row, frame) => frame.inputs[index] as Value, STATEMENT);
  }

  negated(position: number | undefined): InputOperand | undefined {
    if (this.#negated || !isNumber(this.kind)) return undefined;
    return new TemplateInput(this.#binder, this.#number, position, true);
  }
}

/** A literal that stands in the tree itself. */
export class ConstantInput extends InputOperand {
  readonly kind: LiteralKind;
  readonly position: number | undefined;
  readonly naturalType: ResultType | undefined;
  readonly #literal: Literal;

  constructor(literal: Literal, kind: LiteralKind, position: number | undefined) {
    super();
    this.kind = kind;
    this.position = position;
    this.naturalType = NATURAL[kind];
    this.#literal = literal;
  }

  negated(position: number | undefined): InputOperand | undefined {
    const literal = negative(this.#literal);
    return literal === undefined ? undefined : new ConstantInput(literal, this.kind, position);
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
