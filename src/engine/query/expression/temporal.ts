import { KalamError } from "../../../errors/index.ts";
import type { ResultType } from "../../types/column-type.ts";
import { checkBig } from "./arithmetic.ts";
import { coerce, DAY_MICROS } from "./coerce.ts";
import { Compiled, dependencyOf, type Evaluate } from "./frame.ts";
import { NotSimple } from "./not-simple.ts";
import { InputOperand, type Operand, settle, typeOf } from "./operand.ts";

const TIMESTAMP: ResultType = { kind: "timestamp" };

/** Whether `left + right` or `left - right` is about moments: one of them is a date, a time of day or an interval. */
export function isTemporal(left: Operand, right: Operand): boolean {
  return [typeOf(left), typeOf(right)].some((type) => type !== undefined && TEMPORAL.has(type.kind));
}

const TEMPORAL = new Set(["date", "time", "timestamp", "timestamptz", "datetime", "interval"]);

/**
 * A moment plus or minus an interval of days or less, which is the same number of microseconds at any moment since times are
 * kept in UTC. A date becomes a timestamp.
 */
export function compileTemporal(
  operator: string,
  left: Operand,
  right: Operand,
  position: number | undefined,
): Compiled {
  if (operator !== "+" && operator !== "-") throw new NotSimple(`${operator} on moments`);
  const leftIsInterval = typeOf(left)?.kind === "interval";
  if (leftIsInterval && operator === "-") throw new NotSimple("an interval minus something");
  const [base, span] = leftIsInterval ? [right, left] : [left, right];
  if (base instanceof InputOperand || span instanceof InputOperand || span.type.kind !== "interval") {
    throw new NotSimple("this arithmetic on moments");
  }
  const moment = momentOf(settle(base));
  const sign = operator === "-" ? -1n : 1n;
  const [a, b] = [moment.evaluate, span.evaluate];
  const evaluate: Evaluate = (row, frame) => {
    const micros = a(row, frame);
    const offset = b(row, frame);
    if (micros === null || offset === null) return null;
    const sum = (micros as bigint) + sign * (offset as bigint);
    try {
      return checkBig(sum, position);
    } catch (error) {
      throw new KalamError("datetime_out_of_range", { value: String(sum) }, { cause: error });
    }
  };
  return new Compiled(moment.type, evaluate, dependencyOf([moment, span]));
}

function momentOf(value: Compiled): Compiled {
  if (value.type.kind === "date") return coerce(value, TIMESTAMP);
  if (value.type.kind === "timestamp" || value.type.kind === "timestamptz" || value.type.kind === "datetime")
    return value;
  throw new NotSimple(`an interval beside ${value.type.kind}`);
}

/** The day of the statement, in days since 1970. */
export function dayOf(micros: bigint): number {
  const days = micros / DAY_MICROS;
  return Number(micros < 0n && days * DAY_MICROS !== micros ? days - 1n : days);
}
