import { civilFromDays, daysFromCivil, splitTimestamp } from "./calendar.ts";

const NUMERIC = /^([+-])(\d{1,2})(?::?(\d{2})(?::?(\d{2}))?)?$/i;
const ZERO = new Set(["z", "zulu", "utc", "gmt", "ut", "etc/utc"]);
const MAX_CACHED_ZONES = 64;
const MAX_OFFSET_HOURS = 15;

const formats = new Map<string, Intl.DateTimeFormat | undefined>();

/**
 * Seconds that a zone is ahead of UTC: `Z`, `+02`, `-0330`, `+05:30`, `Europe/Berlin`. For a named zone the local time
 * decides; as in PostgreSQL, a local time that occurs twice is the later one, and one that a leap forward left out has the
 * offset from before. Undefined when there is no such zone.
 */
export function zoneOffsetSeconds(zone: string, localMicros: bigint): number | undefined {
  const name = zone.trim().toLowerCase();
  if (ZERO.has(name)) return 0;
  const numeric = NUMERIC.exec(name);
  if (numeric !== null) {
    const hours = Number(numeric[2]);
    const minutes = Number(numeric[3] ?? 0);
    const seconds = Number(numeric[4] ?? 0);
    if (hours > MAX_OFFSET_HOURS || minutes > 59 || seconds > 59) return undefined;
    return (numeric[1] === "-" ? -1 : 1) * (hours * 3600 + minutes * 60 + seconds);
  }
  const format = formatOf(name);
  if (format === undefined) return undefined;
  return namedOffset(format, localMicros);
}

/** Whether there is a zone of this name: `Europe/Berlin`, `UTC`. */
export function isZoneName(name: string): boolean {
  const folded = name.trim().toLowerCase();
  return ZERO.has(folded) || formatOf(folded) !== undefined;
}

function namedOffset(format: Intl.DateTimeFormat, localMicros: bigint): number {
  const { days, timeOfDay } = splitTimestamp(localMicros);
  const localSeconds = days * 86_400 + Math.floor(timeOfDay / 1_000_000);
  const after = offsetAt(format, localSeconds + 86_400);
  return offsetAt(format, localSeconds - after) === after ? after : offsetAt(format, localSeconds - 86_400);
}

/** How far the zone is ahead at a moment in UTC. */
function offsetAt(format: Intl.DateTimeFormat, utcSeconds: number): number {
  const parts: Record<string, number> = {};
  const clamped = Math.max(-8.64e12, Math.min(8.64e12, utcSeconds));
  for (const { type, value } of format.formatToParts(clamped * 1000)) parts[type] = Number(value);
  const { year = 1970, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = parts;
  const clock = (hour % 24) * 3600 + minute * 60 + second;
  const { year: utcYear } = civilFromDays(Math.floor(clamped / 86_400));
  return daysFromCivil(utcYear <= 0 ? utcYear : year, month, day) * 86_400 + clock - clamped;
}

function formatOf(name: string): Intl.DateTimeFormat | undefined {
  if (formats.has(name)) return formats.get(name);
  if (formats.size >= MAX_CACHED_ZONES) formats.clear();
  const format = /^[a-z][a-z0-9_+/-]{1,40}$/.test(name) ? tryFormat(name) : undefined;
  formats.set(name, format);
  return format;
}

function tryFormat(name: string): Intl.DateTimeFormat | undefined {
  try {
    return new Intl.DateTimeFormat("en-US", {
      timeZone: name,
      hourCycle: "h23",
      calendar: "gregory",
      year: "numeric",
      month: "numeric",
      day: "numeric",
      hour: "numeric",
      minute: "numeric",
      second: "numeric",
    });
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}
