import { KalamError } from "../../../../../errors/index.ts";
import { quoteText, typedConstant } from "../../../../duckdb/constants.ts";
import type { ResultType } from "../../../../types/column-type.ts";
import { BIGINT, BOOLEAN, type Bound, constantText, DOUBLE, decide, INTERVAL, TEXT } from "../bound.ts";
import { unsupported } from "../env.ts";
import { strftimeOf } from "./moment-formats.ts";
import { accept, type Call, custom, direct, noFunction, type Rule, type Rules } from "./rule.ts";
import { timezone, zoneOf } from "./zones.ts";

const DATE: ResultType = { kind: "date" };
const TIMESTAMP: ResultType = { kind: "timestamp" };
const TIMESTAMPTZ: ResultType = { kind: "timestamptz" };

const TRUNC_UNITS = new Set(
  "microseconds milliseconds second minute hour day week month quarter year decade century millennium".split(" "),
);
const PART_UNITS = new Set(
  "century day decade dow doy epoch hour isodow isoyear julian microseconds millennium milliseconds minute month quarter second timezone timezone_hour timezone_minute week year".split(
    " ",
  ),
);
const SYNONYMS: ReadonlyMap<string, string> = new Map([
  ["years", "year"],
  ["y", "year"],
  ["months", "month"],
  ["mon", "month"],
  ["days", "day"],
  ["d", "day"],
  ["hours", "hour"],
  ["h", "hour"],
  ["minutes", "minute"],
  ["min", "minute"],
  ["seconds", "second"],
  ["sec", "second"],
  ["s", "second"],
  ["weeks", "week"],
  ["w", "week"],
  ["ms", "milliseconds"],
  ["us", "microseconds"],
  ["quarters", "quarter"],
]);

function unit(bound: Bound | undefined, known: ReadonlySet<string>, call: Call): string {
  const text = bound === undefined ? undefined : constantText(bound);
  if (text === undefined) throw unsupported(`${call.name} of a unit that is not a constant`, call.position);
  const lower = text.toLowerCase();
  const name = SYNONYMS.get(lower) ?? lower;
  if (known.has(name)) return name;
  throw new KalamError(
    "invalid_input",
    { reason: `unit "${text}" not recognized for type timestamp` },
    { position: call.position },
  );
}

const dateTrunc: Rule = {
  minimum: 2,
  maximum: 3,
  render(call) {
    const name = unit(call.args[0], TRUNC_UNITS, call);
    const [of] = accept({ ...call, args: call.args.slice(1, 2) }, ["moment"]);
    const zone = call.args[2];
    if (of === undefined) throw noFunction(call);
    const truncated = (sql: string): string => `date_trunc(${quoteText(name)}, ${sql})`;
    if (zone !== undefined) {
      const there = zoneOf(zone, call);
      return { sql: there.moment(truncated(there.local(of.sql))), type: TIMESTAMPTZ };
    }
    if (of.type?.kind === "date") return { sql: truncated(`CAST(${of.sql} AS TIMESTAMPTZ)`), type: TIMESTAMPTZ };
    return { sql: truncated(of.sql), type: of.type };
  },
};

/** extract and date_part: seconds have fractions in PostgreSQL, so they are made of microseconds. */
const part: Rule = {
  minimum: 2,
  maximum: 2,
  render(call) {
    const name = unit(call.args[0], PART_UNITS, call);
    const [of] = accept({ ...call, args: call.args.slice(1) }, ["moment"]);
    if (of === undefined) throw noFunction(call);
    if (name === "second")
      return { sql: `(date_part('microseconds', ${of.sql}) / CAST(1000000 AS DOUBLE))`, type: DOUBLE };
    if (name === "milliseconds")
      return { sql: `(date_part('microseconds', ${of.sql}) / CAST(1000 AS DOUBLE))`, type: DOUBLE };
    return { sql: `CAST(date_part(${quoteText(name)}, ${of.sql}) AS DOUBLE)`, type: DOUBLE };
  },
};

const age: Rule = {
  minimum: 1,
  maximum: 2,
  render(call) {
    const [a, b] = accept(call, ["moment", "moment"]);
    const today = typedConstant((call.env.context.now / 86_400_000_000n) * 86_400_000_000n, TIMESTAMP);
    const [later, earlier] = b === undefined ? [today, a?.sql] : [a?.sql, b.sql];
    return { sql: `age(CAST(${later} AS TIMESTAMP), CAST(${earlier} AS TIMESTAMP))`, type: INTERVAL };
  },
};

const toChar: Rule = {
  minimum: 2,
  maximum: 2,
  render(call) {
    const format = call.args[1] === undefined ? undefined : constantText(call.args[1]);
    const of = call.args[0] === undefined ? undefined : decide(call.args[0], TIMESTAMPTZ);
    if (format === undefined) throw unsupported("to_char with a format that is not a constant", call.position);
    if (of?.type === undefined || !["date", "timestamp", "timestamptz", "datetime"].includes(of.type.kind)) {
      throw unsupported("to_char of anything but dates and timestamps", call.position);
    }
    return { sql: strftimeOf(`CAST(${of.sql} AS TIMESTAMP)`, format, call.position), type: TEXT };
  },
};

const toTimestamp: Rule = {
  minimum: 1,
  maximum: 1,
  render(call) {
    const [of] = accept(call, ["number"]);
    return { sql: `to_timestamp(CAST(${of?.sql} AS DOUBLE))`, type: TIMESTAMPTZ };
  },
};

/** A count of seconds or parts of them since 1970, as microseconds. */
const fromCount = (micros: (count: string) => string): Rule =>
  custom(["whole"], TIMESTAMP, ([count]) => `make_timestamp(CAST(${micros(`CAST(${count} AS BIGINT)`)} AS BIGINT))`);

/** A moment as a count since 1970, out of its microseconds. */
const toCount = (count: (micros: string) => string): Rule =>
  custom(["moment"], BIGINT, ([of]) => `CAST(${count(`epoch_us(CAST(${of} AS TIMESTAMP))`)} AS BIGINT)`);

const makeTimestamp = (args: readonly string[]): string =>
  `make_timestamp(${integers(args.slice(0, 5))}, CAST(${args[5]} AS DOUBLE))`;

const makeTimestamptz: Rule = {
  minimum: 6,
  maximum: 7,
  render(call) {
    const parts = { ...call, args: call.args.slice(0, 6) };
    const args = accept(parts, ["whole", "whole", "whole", "whole", "whole", "number"]);
    const local = makeTimestamp(args.map(({ sql }) => sql));
    const zone = call.args[6];
    const moment = zone === undefined ? `timezone('UTC', ${local})` : zoneOf(zone, call).moment(local);
    return { sql: moment, type: TIMESTAMPTZ };
  },
};

const now: Rule = {
  minimum: 0,
  maximum: 0,
  render: (call) => ({ sql: typedConstant(call.env.context.now, TIMESTAMPTZ), type: TIMESTAMPTZ }),
};

const integers = (args: readonly string[]): string => args.map((arg) => `CAST(${arg} AS BIGINT)`).join(", ");

export const MOMENT_FUNCTIONS: Rules = new Map<string, Rule>([
  ["now", now],
  ["transaction_timestamp", now],
  ["statement_timestamp", now],
  ["clock_timestamp", now],
  ["date_trunc", dateTrunc],
  ["date_part", part],
  ["extract", part],
  ["age", age],
  ["to_char", toChar],
  ["to_timestamp", toTimestamp],
  ["to_timestamp_seconds", fromCount((count) => `${count} * 1000000`)],
  ["to_timestamp_millis", fromCount((count) => `${count} * 1000`)],
  ["to_timestamp_micros", fromCount((count) => count)],
  // A DECIMAL is rounded to the nearest whole number when it is cast, halves away from zero.
  ["to_timestamp_nanos", fromCount((count) => `CAST(${count} AS DECIMAL(19, 0)) * CAST(0.001 AS DECIMAL(4, 3))`)],
  ["epoch_ms", toCount((micros) => `floor(CAST(${micros} AS DECIMAL(22, 3)) * CAST(0.001 AS DECIMAL(4, 3)))`)],
  ["epoch_us", toCount((micros) => micros)],
  ["epoch_ns", toCount((micros) => `${micros} * 1000`)],
  ["timezone", timezone],
  ["make_date", custom(["whole", "whole", "whole"], DATE, (args) => `make_date(${integers(args)})`)],
  ["make_timestamp", custom(["whole", "whole", "whole", "whole", "whole", "number"], TIMESTAMP, makeTimestamp)],
  ["make_timestamptz", makeTimestamptz],
  [
    "make_time",
    custom(
      ["whole", "whole", "number"],
      { kind: "time" },
      (args) => `make_time(${integers(args.slice(0, 2))}, CAST(${args[2]} AS DOUBLE))`,
    ),
  ],
  [
    "date_bin",
    custom(
      ["any", "moment", "moment"],
      undefined,
      ([width, of, origin]) => `time_bucket(CAST(${width} AS INTERVAL), ${of}, ${origin})`,
    ),
  ],
  ["date", custom(["moment"], DATE, ([of]) => `CAST(${of} AS DATE)`)],
  ["isfinite", direct("isfinite", ["moment"], BOOLEAN)],
]);
