import { KalamError } from "../../../../../errors/index.ts";
import { quoteText } from "../../../../duckdb/constants.ts";
import { isZoneName } from "../../../../types/index.ts";
import { type Bound, constantText } from "../bound.ts";
import { accept, type Call, noFunction, type Rule } from "./rule.ts";

/** `+02:00`, `UTC+3`: in POSIX, and so in PostgreSQL's AT TIME ZONE, what is ahead of UTC has a minus. */
const POSIX = /^([a-z]{3,})?([+-]?)(\d{1,2})(?::?(\d{2}))?$/i;
const MAX_HOURS = 15;

/** How a moment gets into a zone and out of it. */
interface Zone {
  /** The time of day there, of a TIMESTAMPTZ. */
  local(sql: string): string;
  /** The moment at which it is this time of day there, of a TIMESTAMP. */
  moment(sql: string): string;
}

/**
 * The zone that an argument names: a text, or how far it is ahead of UTC as an interval.
 * @throws KalamError `unknown_time_zone`
 */
export function zoneOf(zone: Bound, call: Call): Zone {
  const { position } = call;
  if (zone.type?.kind === "interval") return offsetZone(zone.sql);
  const text = constantText(zone);
  const posix = text === undefined ? null : POSIX.exec(text.trim());
  if (posix === null) {
    if (text !== undefined && !isZoneName(text))
      throw new KalamError("unknown_time_zone", { zone: text }, { position });
    const [named] = accept({ ...call, args: [zone] }, ["text"]);
    if (named === undefined) throw noFunction(call);
    return namedZone(named.sql);
  }
  const [, , sign = "", hours = "0", minutes = "0"] = posix;
  if (Number(hours) > MAX_HOURS || Number(minutes) > 59) {
    throw new KalamError("unknown_time_zone", { zone: text ?? "" }, { position });
  }
  const behind = (Number(hours) * 60 + Number(minutes)) * (sign === "-" ? -1 : 1);
  return offsetZone(`INTERVAL (${-behind}) MINUTE`);
}

function namedZone(zone: string): Zone {
  const shifted = (sql: string): string => `timezone(${zone}, ${sql})`;
  return { local: shifted, moment: shifted };
}

const UTC = namedZone(quoteText("UTC"));

function offsetZone(ahead: string): Zone {
  return {
    local: (sql) => `(${UTC.local(sql)} + ${ahead})`,
    moment: (sql) => UTC.moment(`(${sql} - ${ahead})`),
  };
}

/** AT TIME ZONE: with a zone it loses it, without one it gains it. AT LOCAL: the zone of all sessions is UTC. */
export const timezone: Rule = {
  minimum: 1,
  maximum: 2,
  render(call) {
    const [zone, of] = zoneAndMoment(call);
    const { kind } = of.type ?? {};
    if (kind === "date") return { sql: zone.local(`CAST(${of.sql} AS TIMESTAMPTZ)`), type: { kind: "timestamp" } };
    return kind === "timestamptz"
      ? { sql: zone.local(of.sql), type: { kind: "timestamp" } }
      : { sql: zone.moment(of.sql), type: { kind: "timestamptz" } };
  },
};

function zoneAndMoment(call: Call): [Zone, Bound] {
  const zone = call.args.length === 1 ? undefined : call.args[0];
  const [of] = accept({ ...call, args: call.args.slice(-1) }, ["moment"]);
  if (of === undefined) throw noFunction(call);
  return [zone === undefined ? UTC : zoneOf(zone, call), of];
}
