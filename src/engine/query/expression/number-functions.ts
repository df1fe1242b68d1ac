import type { ResultType, Value } from "../../types/column-type.ts";
import { Decimal } from "../../types/index.ts";
import { checkBig, checkWhole } from "./arithmetic.ts";
import { Compiled } from "./frame.ts";
import { NotSimple } from "./not-simple.ts";
import { isUntyped, type Operand, settle } from "./operand.ts";
import { categoryOf } from "./type-rules.ts";

function number(args: readonly Operand[], name: string): Compiled {
  const [operand] = args;
  if (operand === undefined || args.length > 1 || isUntyped(operand)) throw new NotSimple(`${name} of this shape`);
  const value = settle(operand);
  if (categoryOf(value.type) !== "number") throw new NotSimple(`${name} of ${value.type.kind}`);
  return value;
}

function mapped(value: Compiled, type: ResultType, map: (value: Exclude<Value, null>) => Value): Compiled {
  const inner = value.evaluate;
  return new Compiled(
    type,
    (row, frame) => {
      const found = inner(row, frame);
      return found === null ? null : map(found);
    },
    value.dependency,
  );
}

function absolute(args: readonly Operand[], position: number | undefined): Compiled {
  const value = number(args, "abs");
  const { type } = value;
  return mapped(value, type, (item) => {
    if (item instanceof Decimal) return item.unscaled < 0n ? new Decimal(-item.unscaled, item.scale) : item;
    if (typeof item === "bigint") return checkBig(item < 0n ? -item : item, position);
    const magnitude = Math.abs(item as number);
    return type.kind === "real" || type.kind === "double" ? magnitude : checkWhole(magnitude, type, position);
  });
}

/** round, floor, ceil and trunc of a decimal: PostgreSQL makes doubles of whole numbers, which is left to the other path. */
const toWhole =
  (name: string, map: (value: Decimal) => Decimal) =>
  (args: readonly Operand[]): Compiled => {
    const value = number(args, name);
    if (value.type.kind !== "decimal" || value.type.scale === undefined)
      throw new NotSimple(`${name} of ${value.type.kind}`);
    const whole = (value.type.precision ?? 38) - value.type.scale;
    return mapped(value, { kind: "decimal", precision: Math.min(38, whole + 1), scale: 0 }, (item) =>
      map(item as Decimal),
    );
  };

function floor(value: Decimal): Decimal {
  const cut = truncate(value);
  return value.unscaled < 0n && cut.rescale(value.scale).unscaled !== value.unscaled
    ? new Decimal(cut.unscaled - 1n, 0)
    : cut;
}

function truncate(value: Decimal): Decimal {
  return new Decimal(value.unscaled / 10n ** BigInt(value.scale), 0);
}

function negate(value: Decimal): Decimal {
  return new Decimal(-value.unscaled, value.scale);
}

/** Functions on numbers, by name. */
export const NUMBER_FUNCTIONS: Readonly<
  Record<string, (args: readonly Operand[], position: number | undefined) => Compiled>
> = {
  abs: absolute,
  round: toWhole("round", (value) => value.rescale(0)),
  floor: toWhole("floor", floor),
  ceil: toWhole("ceil", (value) => negate(floor(negate(value)))),
  ceiling: toWhole("ceiling", (value) => negate(floor(negate(value)))),
  trunc: toWhole("trunc", truncate),
};
