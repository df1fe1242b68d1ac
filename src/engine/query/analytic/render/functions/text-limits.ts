import { LONGEST_MADE_TEXT, LONGEST_MADE_TEXT_PER_ROW } from "../../../../types/size.ts";
import type { Call } from "./rule.ts";

/** Characters that an argument of `levenshtein` may have, as in PostgreSQL. */
export const MAX_LEVENSHTEIN = 255;

/**
 * A call that makes texts as long as it is told to. The time and memory of a single value escape DuckDB's limits and its
 * interruption, and where values differ from row to row it makes 2048 of them before it looks at either: so these are shorter.
 *
 * @param of the text that is there
 * @param characters what the call makes of it
 */
export function bounded(call: Call, of: string, characters: string, sql: string): string {
  return `CASE WHEN ${characters} > ${longest(call, of)} THEN error('requested length too large') ELSE ${sql} END`;
}

/** The same for a call that puts texts into a text; how much is added is only counted where it could be too much. */
export function boundedGrowth(
  call: Call,
  [of = "", what = "", by = ""]: readonly (string | undefined)[],
  sql: string,
  added: string,
): string {
  const most = longest(call, of);
  const harmless = `strlen(${by}) <= strlen(${what}) OR CAST(strlen(${of}) AS HUGEINT) * strlen(${by}) <= ${most}`;
  const tooLong = `CAST(strlen(${of}) AS HUGEINT) + ${added} > ${most}`;
  return `CASE WHEN ${harmless} THEN ${sql} WHEN ${tooLong} THEN error('requested length too large') ELSE ${sql} END`;
}

function longest(call: Call, of: string): string {
  if (call.args.every(({ input }) => input !== undefined)) return String(LONGEST_MADE_TEXT);
  return `(${LONGEST_MADE_TEXT_PER_ROW} + strlen(${of}))`;
}
