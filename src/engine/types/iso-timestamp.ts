import { daysFromCivil, daysInMonth, joinTimestamp } from "./calendar.ts";

const [DASH, COLON, DOT, SPACE, UPPER_T, UPPER_Z, ZERO] = [45, 58, 46, 32, 84, 90, 48];
const FRACTION_DIGITS = 6;

/**
 * The usual form of a moment, `2026-01-31T12:00:00.123Z` or with a blank, in UTC or without a zone, read without patterns.
 * Undefined for every other text, which `parseTimestamp` then reads slowly or refuses.
 */
export function parseIsoTimestamp(text: string): bigint | undefined {
  const end = text.charCodeAt(text.length - 1) === UPPER_Z ? text.length - 1 : text.length;
  const separator = text.charCodeAt(10);
  if (end < 19 || end > 20 + FRACTION_DIGITS || (separator !== UPPER_T && separator !== SPACE)) return undefined;
  if (text.charCodeAt(4) !== DASH || text.charCodeAt(7) !== DASH) return undefined;
  if (text.charCodeAt(13) !== COLON || text.charCodeAt(16) !== COLON) return undefined;
  const year = digits(text, 0, 4);
  const month = digits(text, 5, 7);
  const day = digits(text, 8, 10);
  const hour = digits(text, 11, 13);
  const minute = digits(text, 14, 16);
  const second = digits(text, 17, 19);
  const fraction = fractionOf(text, end);
  const inRange = year > 0 && month > 0 && month <= 12 && day > 0 && hour >= 0 && hour < 24;
  if (!inRange || day > daysInMonth(year, month)) return undefined;
  if (minute < 0 || minute > 59 || second < 0 || second > 59 || fraction < 0) return undefined;
  return joinTimestamp(daysFromCivil(year, month, day), ((hour * 60 + minute) * 60 + second) * 1_000_000 + fraction);
}

/** Microseconds; -1 when it is no fraction. */
function fractionOf(text: string, end: number): number {
  if (end === 19) return 0;
  if (end === 20 || text.charCodeAt(19) !== DOT) return -1;
  let value = digits(text, 20, end);
  for (let count = end - 20; count < FRACTION_DIGITS; count++) value *= 10;
  return value;
}

/** -1 when one is no digit. */
function digits(text: string, start: number, end: number): number {
  let value = 0;
  for (let at = start; at < end; at++) {
    const digit = text.charCodeAt(at) - ZERO;
    if (digit < 0 || digit > 9) return -1;
    value = value * 10 + digit;
  }
  return value;
}
