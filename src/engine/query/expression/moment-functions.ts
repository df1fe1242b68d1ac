import type { ResultType, Value } from "../../types/column-type.ts";
import { checkBig } from "./arithmetic.ts";
import { coerce } from "./coerce.ts";
import { Compiled } from "./frame.ts";
import { NotSimple } from "./not-simple.ts";
import { isUntyped, type Operand, settle } from "./operand.ts";
import { isInteger } from "./type-rules.ts";

const BIGINT: ResultType = { kind: "bigint" };
const TIMESTAMP: ResultType = { kind: "timestamp" };

function only(args: readonly Operand[], name: string): Compiled {
  const [operand] = args;
  if (operand === undefined || args.length > 1 || isUntyped(operand)) throw new NotSimple(`${name} of this shape`);
  return settle(operand);
}

function mapped(value: Compiled, type: ResultType, map: (value: bigint) => Value): Compiled {
  const inner = value.evaluate;
  return new Compiled(
    type,
    (row, frame) => {
      const found = inner(row, frame);
      return found === null ? null : map(found as bigint);
    },
    value.dependency,
  );
}

type MomentFunction = (args: readonly Operand[], position: number | undefined) => Compiled;

/** A count of seconds or parts of them since 1970 as a timestamp. */
const fromCount =
  (name: string, toMicros: (count: bigint) => bigint): MomentFunction =>
  (args, position) => {
    const count = only(args, name);
    if (!isInteger(count.type)) throw new NotSimple(`${name} of ${count.type.kind}`);
    return mapped(coerce(count, BIGINT), TIMESTAMP, (value) => checkBig(toMicros(value), position));
  };

/** A moment as a count since 1970. */
const toCount =
  (name: string, fromMicros: (micros: bigint) => bigint): MomentFunction =>
  (args, position) => {
    const moment = only(args, name);
    const { kind } = moment.type;
    if (kind !== "date" && kind !== "timestamp" && kind !== "timestamptz" && kind !== "datetime") {
      throw new NotSimple(`${name} of ${kind}`);
    }
    const micros = kind === "date" ? coerce(moment, TIMESTAMP) : moment;
    return mapped(micros, BIGINT, (value) => checkBig(fromMicros(value), position));
  };

/** The nearest microsecond. */
function microsOfNanos(nanos: bigint): bigint {
  return nanos < 0n ? -((500n - nanos) / 1000n) : (nanos + 500n) / 1000n;
}

function floorThousandth(micros: bigint): bigint {
  return (micros - (((micros % 1000n) + 1000n) % 1000n)) / 1000n;
}

/** Functions between moments and counts since 1970, by name. */
export const MOMENT_FUNCTIONS: Readonly<Record<string, MomentFunction>> = {
  to_timestamp_seconds: fromCount("to_timestamp_seconds", (count) => count * 1_000_000n),
  to_timestamp_millis: fromCount("to_timestamp_millis", (count) => count * 1000n),
  to_timestamp_micros: fromCount("to_timestamp_micros", (count) => count),
  to_timestamp_nanos: fromCount("to_timestamp_nanos", microsOfNanos),
  epoch_ms: toCount("epoch_ms", floorThousandth),
  epoch_us: toCount("epoch_us", (micros) => micros),
  epoch_ns: toCount("epoch_ns", (micros) => micros * 1000n),
};
