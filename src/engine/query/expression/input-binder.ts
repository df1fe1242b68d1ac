import { KalamError } from "../../../errors/index.ts";
import type { Parameter } from "../../request.ts";
import type { Literal, LiteralKind } from "../../sql/statement.ts";
import type { ResultType, Value } from "../../types/column-type.ts";
import { convertInput, type InputUsage, negative } from "./input-values.ts";

/** The kinds of the inputs of a template: parameters are untyped, literals have the kind they were written in. */
export interface InputKinds {
  readonly parameterCount: number;
  readonly literalKinds: readonly LiteralKind[];
}

interface Use {
  readonly number: number;
  readonly type: ResultType;
  readonly usage: InputUsage;
  readonly place: InputPlace;
}

/** Where an input stands, and whether a minus stands before it: `-5` is the literal 5. */
export interface InputPlace {
  readonly position?: number | undefined;
  readonly negated?: boolean;
}

/**
 * Converts the inputs of a statement once per execution, however many rows it reads.
 *
 * While a plan is compiled, every place that reads an input registers the type it wants; the same input may be wanted as
 * several types. `bind` then makes the values, and expressions read them by index from `Frame.inputs`.
 *
 * @example
 * const binder = new InputBinder({ parameterCount: 1, literalKinds: [] });
 * const index = binder.use(1, { kind: "bigint" });
 * binder.bind(["200"], [])[index]; // 200n
 */
export class InputBinder {
  readonly kinds: InputKinds;
  readonly #uses: Use[] = [];
  readonly #known = new Map<string, number>();

  constructor(kinds: InputKinds) {
    this.kinds = kinds;
  }

  /** The kind of input `number` (from 1); a parameter's is known only when it is bound. */
  kindOf(number: number): LiteralKind | "parameter" {
    if (number <= this.kinds.parameterCount) return "parameter";
    return this.kinds.literalKinds[number - this.kinds.parameterCount - 1] ?? "any";
  }

  /** Registers a use of input `number` as `type`, and returns the index of its value in `Frame.inputs`. */
  use(number: number, type: ResultType, usage: InputUsage = "value", place: InputPlace = {}): number {
    const key = `${place.negated === true ? "-" : ""}${number}:${usage}:${type.kind}:${type.length}:${type.precision}:${type.scale}:${type.dimensions}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const index = this.#uses.push({ number, type, usage, place }) - 1;
    this.#known.set(key, index);
    return index;
  }

  /**
   * @throws KalamError when a value does not fit the type its place wants, or a parameter is missing.
   * @throws NotSimple when the plan was made for other sizes of values.
   */
  bind(params: readonly Parameter[], literals: readonly Literal[]): Value[] {
    const values: Value[] = new Array(this.#uses.length);
    const parameterCount = this.kinds.parameterCount;
    for (let i = 0; i < values.length; i++) {
      const use = this.#uses[i] as Use;
      const input = use.number <= parameterCount ? params[use.number - 1] : literals[use.number - parameterCount - 1];
      if (input === undefined) throw new KalamError("undefined_parameter", { number: use.number });
      try {
        const signed = use.place.negated === true ? (negative(input) ?? input) : input;
        values[i] = convertInput(signed, use.type, use.usage);
      } catch (error) {
        throw error instanceof KalamError ? error.at(use.place.position) : error;
      }
    }
    return values;
  }
}
