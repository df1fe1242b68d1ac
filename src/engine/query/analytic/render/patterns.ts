import { quoteText } from "../../../duckdb/constants.ts";
import { BOOLEAN, type Bound, constantText, decide, TEXT } from "./bound.ts";
import { unsupported } from "./env.ts";

/** LIKE and ILIKE. PostgreSQL's escape is a backslash; DuckDB has none unless it is named. */
export function like(operator: string, left: Bound, right: Bound, position: number, escape?: string): Bound {
  const subject = decide(left, TEXT);
  const pattern = decide(right, TEXT);
  const text = constantText(right);
  const sign = escape ?? "\\";
  if ([...sign].length > 1) throw unsupported("an escape of several characters", position);
  const needed = sign !== "" && (text === undefined || text.includes(sign));
  const not = operator.startsWith("!") ? "NOT " : "";
  const word = operator.endsWith("*") ? "ILIKE" : "LIKE";
  const tail = needed ? ` ESCAPE ${quoteText(sign)}` : "";
  return { sql: `(${subject.sql} ${not}${word} ${pattern.sql}${tail})`, type: BOOLEAN };
}

/** `~` and its kin: found anywhere; a dot matches a line break too. */
export function matches(operator: string, subject: Bound, pattern: Bound): Bound {
  const options = operator.endsWith("*") ? "si" : "s";
  const sql = `regexp_matches(${subject.sql}, ${pattern.sql}, '${options}')`;
  return { sql: operator.startsWith("!") ? `(NOT ${sql})` : sql, type: BOOLEAN };
}

/** SIMILAR TO with a constant pattern, as the regular expression that it means. */
export function similar(subject: Bound, pattern: Bound, escape: string, negated: boolean, position: number): Bound {
  const text = constantText(pattern);
  if (text === undefined) throw unsupported("SIMILAR TO with a pattern that is not a constant", position);
  const sql = `regexp_full_match(${decide(subject, TEXT).sql}, ${quoteText(similarRegex(text, escape))}, 's')`;
  return { sql: negated ? `(NOT ${sql})` : sql, type: BOOLEAN };
}

function similarRegex(pattern: string, escape: string): string {
  let regex = "";
  let inClass = false;
  for (let i = 0; i < pattern.length; i++) {
    const character = pattern[i] ?? "";
    if (character === escape && escape !== "") {
      i++;
      regex += (pattern[i] ?? "").replace(/[^\w\s]/, "\\$&");
    } else if (inClass) {
      inClass = character !== "]";
      regex += character === "\\" ? "\\\\" : character;
    } else if (character === "%") regex += ".*";
    else if (character === "_") regex += ".";
    else if (character === "[") {
      inClass = true;
      regex += "[";
    } else regex += /[.^$\\]/.test(character) ? `\\${character}` : character;
  }
  return `(?:${regex})`;
}
