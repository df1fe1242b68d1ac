import {
  civilFromDays,
  daysFromCivil,
  daysInMonth,
  joinTimestamp,
  MICROS_PER_DAY,
  splitTimestamp,
} from "./calendar.ts";
import { parseIsoTimestamp } from "./iso-timestamp.ts";
import { roundHalfEven } from "./number-text.ts";
import { zoneOffsetSeconds } from "./time-zone.ts";

/** Why a text is no date or time: not one at all, or one that does not exist. */
export type TemporalFailure = "syntax" | "range";

/** Microseconds since 1970 that 64 bits hold. */
const MAX_MICROS = 2n ** 63n - 1n;
const MIN_MICROS = -(2n ** 63n);
/** From the first year that 64-bit microseconds reach to the last of PostgreSQL's DATE. */
const MIN_YEAR = -290_308;
const MAX_YEAR = 5_874_897;

/** No date is longer; a bound keeps the patterns cheap on whatever is sent. */
const MAX_TEXT = 128;

const DATE = /^(\d{4,7})([-/])(\d{1,2})\2(\d{1,2})/;
const COMPACT_DATE = /^(\d{4})(\d{2})(\d{2})(?=[T\s]|$)/i;
const TIME = /^(\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:\.(\d*))?)?(?:\s*([AP]M)\b)?/i;
const COMPACT_TIME = /^(\d{2})(\d{2})(?:(\d{2})(?:\.(\d*))?)?(?=[Z+\-\s]|$)/i;
const ERA = /\s(BC|AD)$/i;
const EPOCH = /^epoch$/i;

interface Moment {
  readonly days: number;
  /** Microseconds; 24:00:00 is the beginning of the next day. */
  readonly timeOfDay: number;
  /** As written, not yet looked up; undefined when none was. */
  readonly zone: string | undefined;
}

/** Days since 1970; a time of day and a zone behind the date are left out, as in PostgreSQL. */
export function parseDate(text: string): number | TemporalFailure {
  const moment = parseMoment(text.trim());
  if (typeof moment === "string") return moment;
  return isZone(moment.zone) ? moment.days : "syntax";
}

/** Microseconds since midnight, up to and including 24:00:00. A zone is read and left out. */
export function parseTime(text: string): number | TemporalFailure {
  const trimmed = text.trim();
  if (trimmed.length > MAX_TEXT) return "syntax";
  const dated = DATE.test(trimmed) || (COMPACT_DATE.test(trimmed) && /\s|T/i.test(trimmed));
  if (dated) {
    if (!/[T\s]\s*\d/i.test(trimmed)) return "syntax";
    const moment = parseMoment(trimmed);
    if (typeof moment === "string") return moment;
    return isZone(moment.zone) ? moment.timeOfDay : "syntax";
  }
  const time = parseTimeOfDay(trimmed.replace(/^T/i, ""));
  if (typeof time === "string") return time;
  return isZone(time.zone) ? time.micros : "syntax";
}

/**
 * Microseconds since 1970. With `zoned`, a zone in the text shifts to UTC (no zone means UTC); without, a zone is left out,
 * as PostgreSQL does for `timestamp`.
 */
export function parseTimestamp(text: string, zoned: boolean): bigint | TemporalFailure {
  const usual = parseIsoTimestamp(text);
  if (usual !== undefined) return usual;
  const moment = parseMoment(text.trim());
  if (typeof moment === "string") return moment;
  const local = joinTimestamp(moment.days, moment.timeOfDay);
  let micros = local;
  if (moment.zone !== undefined) {
    const offset = zoneOffsetSeconds(moment.zone, local);
    if (offset === undefined) return "syntax";
    if (zoned) micros -= BigInt(offset) * 1_000_000n;
  }
  return micros > MAX_MICROS || micros < MIN_MICROS ? "range" : micros;
}

function isZone(zone: string | undefined): boolean {
  return zone === undefined || zoneOffsetSeconds(zone, 0n) !== undefined;
}

function parseMoment(text: string): Moment | TemporalFailure {
  if (text.length > MAX_TEXT) return "syntax";
  if (EPOCH.test(text)) return { days: 0, timeOfDay: 0, zone: undefined };
  const era = /\d$|Z$/i.test(text) ? null : ERA.exec(text);
  const body = era === null ? text : text.slice(0, era.index);
  const separated = DATE.exec(body);
  const date = separated ?? COMPACT_DATE.exec(body);
  if (date === null) return "syntax";
  const [yearText, monthText, dayText] = separated === null ? date.slice(1) : [date[1], date[3], date[4]];
  const written = Number(yearText);
  if (written === 0) return "range";
  const year = era?.[1]?.toUpperCase() === "BC" ? 1 - written : written;
  const month = Number(monthText);
  const day = Number(dayText);
  const rest = body.slice(date[0].length);
  if (rest !== "" && !/^[T\s]/i.test(rest) && !/^[Z+-]/i.test(rest)) return "syntax";
  const time = parseTail(rest);
  if (typeof time === "string") return time;
  if (year < MIN_YEAR || year > MAX_YEAR) return "range";
  if (month < 1 || month > 12 || day < 1 || day > daysInMonth(year, month)) return "range";
  return { days: daysFromCivil(year, month, day), timeOfDay: time.micros, zone: time.zone };
}

function parseTail(rest: string): { micros: number; zone: string | undefined } | TemporalFailure {
  const tail = rest.replace(/^[T\s]\s*/i, "");
  if (tail === "") return rest.length > 0 ? "syntax" : { micros: 0, zone: undefined };
  if (!/^\d/.test(tail)) return { micros: 0, zone: tail };
  return parseTimeOfDay(tail);
}

function parseTimeOfDay(text: string): { micros: number; zone: string | undefined } | TemporalFailure {
  const match = TIME.exec(text) ?? COMPACT_TIME.exec(text);
  if (match === null) return "syntax";
  const zone = text.slice(match[0].length).trim();
  if (zone !== "" && !/^(?:[+-]\d|[a-z])/i.test(zone)) return "syntax";
  let hour = Number(match[1]);
  const minute = Number(match[2]);
  const second = Number(match[3] ?? 0);
  const half = match[5]?.toUpperCase();
  if (half !== undefined) {
    if (hour > 12) return "range";
    hour = (hour % 12) + (half === "PM" ? 12 : 0);
  }
  if (hour > 24 || minute > 59 || second > 60) return "range";
  const fraction = match[4] === undefined || match[4] === "" ? 0 : roundHalfEven(Number(`0.${match[4]}`) * 1e6);
  const micros = ((hour * 60 + minute) * 60 + second) * 1_000_000 + fraction;
  if (micros > MICROS_PER_DAY) return "range";
  return { micros, zone: zone === "" ? undefined : zone };
}

/** `2026-01-31`, `0044-03-15 BC`. */
export function formatDate(days: number): string {
  const { year, month, day } = civilFromDays(days);
  const shown = year <= 0 ? 1 - year : year;
  return `${String(shown).padStart(4, "0")}-${two(month)}-${two(day)}${year <= 0 ? " BC" : ""}`;
}

/** `12:00:00.5`: no zeros at the end of the fraction. */
export function formatTime(micros: number): string {
  const seconds = Math.floor(micros / 1_000_000);
  const fraction = micros - seconds * 1_000_000;
  const clock = `${two(Math.floor(seconds / 3600))}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
  return fraction === 0 ? clock : `${clock}.${String(fraction).padStart(6, "0").replace(/0+$/, "")}`;
}

/** `2026-01-31 12:00:00.123456`, with `+00` behind it when zoned. */
export function formatTimestamp(micros: bigint, zoned: boolean): string {
  const { days, timeOfDay } = splitTimestamp(micros);
  const date = formatDate(days);
  const zone = zoned ? "+00" : "";
  if (date.endsWith(" BC")) return `${date.slice(0, -3)} ${formatTime(timeOfDay)}${zone} BC`;
  return `${date} ${formatTime(timeOfDay)}${zone}`;
}

function two(n: number): string {
  return n < 10 ? `0${n}` : String(n);
}
