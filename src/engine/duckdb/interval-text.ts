import type { DuckDBIntervalValue } from "@duckdb/node-api";
import { formatTime } from "../types/temporal-text.ts";

/** `1 year 2 mons 3 days 04:05:06`, as PostgreSQL writes an interval. */
export function intervalText(interval: Pick<DuckDBIntervalValue, "months" | "days" | "micros">): string {
  const years = Math.trunc(interval.months / 12);
  const months = interval.months % 12;
  const parts: string[] = [];
  let negative = false;
  const add = (amount: number, unit: string): void => {
    if (amount === 0) return;
    const sign = negative && amount > 0 ? "+" : "";
    parts.push(`${sign}${amount} ${unit}${amount === 1 ? "" : "s"}`);
    negative = amount < 0;
  };
  add(years, "year");
  add(months, "mon");
  add(interval.days, "day");
  if (interval.micros !== 0n || parts.length === 0) {
    const sign = interval.micros < 0n ? "-" : negative ? "+" : "";
    parts.push(sign + formatTime(Number(interval.micros < 0n ? -interval.micros : interval.micros)));
  }
  return parts.join(" ");
}
