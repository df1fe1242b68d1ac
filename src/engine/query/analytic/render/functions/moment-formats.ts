import { quoteText } from "../../../../duckdb/constants.ts";
import { unsupported } from "../env.ts";

/** Patterns of to_char, longest first, and DuckDB's strftime for each; a function where strftime has nothing. */
const PATTERNS: readonly (readonly [string, string | ((sql: string) => string)])[] = [
  ["YYYY", "%Y"],
  ["IYYY", "%G"],
  ["HH24", "%H"],
  ["HH12", "%I"],
  ["Month", (sql) => `rpad(monthname(${sql}), 9, ' ')`],
  ["MONTH", (sql) => `upper(rpad(monthname(${sql}), 9, ' '))`],
  ["month", (sql) => `lower(rpad(monthname(${sql}), 9, ' '))`],
  ["DDD", "%j"],
  ["Day", (sql) => `rpad(dayname(${sql}), 9, ' ')`],
  ["DAY", (sql) => `upper(rpad(dayname(${sql}), 9, ' '))`],
  ["day", (sql) => `lower(rpad(dayname(${sql}), 9, ' '))`],
  ["Mon", "%b"],
  ["MON", (sql) => `upper(strftime(${sql}, '%b'))`],
  ["mon", (sql) => `lower(strftime(${sql}, '%b'))`],
  ["Dy", "%a"],
  ["DY", (sql) => `upper(strftime(${sql}, '%a'))`],
  ["dy", (sql) => `lower(strftime(${sql}, '%a'))`],
  ["YY", "%y"],
  ["MM", "%m"],
  ["DD", "%d"],
  ["ID", "%u"],
  ["IW", "%V"],
  ["HH", "%I"],
  ["MI", "%M"],
  ["SS", "%S"],
  ["MS", "%g"],
  ["US", "%f"],
  ["AM", "%p"],
  ["PM", "%p"],
  ["am", (sql) => `lower(strftime(${sql}, '%p'))`],
  ["pm", (sql) => `lower(strftime(${sql}, '%p'))`],
  ["TZ", () => "'UTC'"],
  ["Q", (sql) => `CAST(quarter(${sql}) AS VARCHAR)`],
  ["D", (sql) => `CAST(dayofweek(${sql}) + 1 AS VARCHAR)`],
  ["T", "T"],
];

/** to_char(moment, format) as a concatenation of strftime and plain text. */
export function strftimeOf(sql: string, format: string, position: number): string {
  const parts: string[] = [];
  let directives = "";
  const flush = (): void => {
    if (directives !== "") parts.push(`strftime(${sql}, ${quoteText(directives)})`);
    directives = "";
  };
  for (let at = 0; at < format.length; ) {
    const rest = format.slice(at);
    const quoted = /^"([^"]*)"/.exec(rest);
    const [prefix] = /^FM/.exec(rest) ?? [""];
    const pattern = PATTERNS.find(([name]) => rest.startsWith(name, prefix.length));
    if (quoted !== null) {
      directives += (quoted[1] ?? "").replaceAll("%", "%%");
      at += quoted[0].length;
    } else if (pattern !== undefined) {
      const [name, meaning] = pattern;
      if (typeof meaning === "string" && prefix === "") directives += meaning;
      else {
        flush();
        const one = typeof meaning === "string" ? `strftime(${sql}, '${meaning}')` : meaning(sql);
        parts.push(prefix === "" ? one : `coalesce(nullif(ltrim(rtrim(${one}), '0'), ''), '0')`);
      }
      at += prefix.length + name.length;
    } else if (/^[A-Za-z]/.test(rest)) {
      throw unsupported(`the to_char pattern "${rest.slice(0, 4)}"`, position);
    } else {
      directives += rest[0] === "%" ? "%%" : (rest[0] ?? "");
      at++;
    }
  }
  flush();
  return parts.length === 0 ? "''" : `(${parts.join(" || ")})`;
}
