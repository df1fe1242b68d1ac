import { KalamError } from "../../../errors/index.ts";
import { NotSimple } from "./not-simple.ts";

const SECOND = 1_000_000n;
const MICROS: Readonly<Record<string, bigint>> = {
  microsecond: 1n,
  us: 1n,
  millisecond: 1000n,
  ms: 1000n,
  second: SECOND,
  sec: SECOND,
  s: SECOND,
  minute: 60n * SECOND,
  min: 60n * SECOND,
  m: 60n * SECOND,
  hour: 3600n * SECOND,
  hr: 3600n * SECOND,
  h: 3600n * SECOND,
  day: 86_400n * SECOND,
  d: 86_400n * SECOND,
  week: 604_800n * SECOND,
  w: 604_800n * SECOND,
};
const PART = /\s*([+-]?\d{1,12})(?:\.(\d{1,6}))?\s*([a-z]+)\s*/iy;
const CLOCK = /^\s*([+-]?)(\d{1,7}):([0-5]\d)(?::([0-5]\d)(?:\.(\d{1,6}))?)?\s*$/;

/**
 * The length of an interval text of weeks, days, hours, minutes and seconds, in microseconds: `5 minutes`, `1 day 2 hours`,
 * `90s`, `01:30:00`, `2 hours ago`. Days have 24 hours, as times are kept in UTC.
 *
 * @throws NotSimple for months, years and forms that PostgreSQL may know beyond these.
 */
export function intervalMicros(text: string): bigint {
  const clock = CLOCK.exec(text);
  if (clock !== null) {
    const [, sign, hours = "0", minutes = "0", seconds = "0", fraction = ""] = clock;
    const whole = BigInt(hours) * 3600n + BigInt(minutes) * 60n + BigInt(seconds);
    const micros = whole * SECOND + BigInt(fraction.padEnd(6, "0"));
    return sign === "-" ? -micros : micros;
  }
  const ago = /\bago\s*$/i.exec(text);
  const body = ago === null ? text : text.slice(0, ago.index);
  if (body.trim() === "") throw new KalamError("invalid_datetime", { type: "interval", value: text });
  let total = 0n;
  PART.lastIndex = 0;
  while (PART.lastIndex < body.length) {
    const part = PART.exec(body);
    if (part === null) throw new NotSimple("this form of interval");
    const [, amount = "0", fraction, word = ""] = part;
    const unit = MICROS[word.toLowerCase()] ?? MICROS[word.toLowerCase().replace(/s$/, "")];
    if (unit === undefined) throw new NotSimple(`intervals of ${word}`);
    total += BigInt(amount) * unit;
    if (fraction !== undefined) total += fractionMicros(fraction, unit) * (amount.startsWith("-") ? -1n : 1n);
  }
  return ago === null ? total : -total;
}

function fractionMicros(fraction: string, unit: bigint): bigint {
  const scaled = BigInt(fraction) * unit;
  const divisor = 10n ** BigInt(fraction.length);
  if (scaled % divisor !== 0n) throw new NotSimple("a fraction below a microsecond");
  return scaled / divisor;
}
