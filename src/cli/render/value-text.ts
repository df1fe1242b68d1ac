import type { Cell, WireType } from "../../client/index.ts";

const MICROS_PER_SECOND = 1_000_000n;
const MICROS_PER_DAY = 86_400n * MICROS_PER_SECOND;
const MILLIS_PER_DAY = 86_400_000;
const WRITTEN_AS_JSON = new Set(["Embedding", "Json"]);
/** Within an array of PostgreSQL. */
const NEEDS_QUOTES = /[{},"\\\s]|^null$/i;
const RIGHT_ALIGNED = new Set(["SmallInt", "Int", "BigInt", "Float", "Double", "Decimal"]);

/** The wire's name of a type without its parameters. */
export function typeName(type: WireType): string {
  return typeof type === "string" ? type : (Object.keys(type)[0] ?? "");
}

export function isRightAligned(type: WireType): boolean {
  return RIGHT_ALIGNED.has(typeName(type));
}

/** A value as PostgreSQL's text output has it: what tables and CSV show. Null is for the caller to show. */
export function valueText(cell: Exclude<Cell, null>, type: WireType): string {
  if (typeof cell === "string" || typeof cell === "number") {
    switch (typeName(type)) {
      case "Timestamp":
        return isWhole(cell) ? timestampText(BigInt(cell), "") : String(cell);
      case "DateTime":
        return isWhole(cell) ? timestampText(BigInt(cell), "+00") : String(cell);
      case "Date":
        return isWhole(cell) ? dateText(Number(cell)) : String(cell);
      case "Time":
        return isWhole(cell) ? timeText(BigInt(cell)) : String(cell);
      case "Float":
        return typeof cell === "number" ? singleText(cell) : cell;
      default:
        return String(cell);
    }
  }
  if (typeof cell === "boolean") return String(cell);
  if (typeName(type) === "Bytes" && Array.isArray(cell)) return `\\x${Buffer.from(cell as number[]).toString("hex")}`;
  // A list of a type that has no name of its own on the wire; vectors and JSON keep the form in which they are written.
  return Array.isArray(cell) && !WRITTEN_AS_JSON.has(typeName(type)) ? arrayText(cell) : JSON.stringify(cell);
}

/** `{a,"b c",NULL}`; what would be read as something else stands in quotes. */
function arrayText(elements: readonly unknown[]): string {
  return `{${elements.map(elementText).join(",")}}`;
}

function elementText(element: unknown): string {
  if (element === null || element === undefined) return "NULL";
  if (Array.isArray(element)) return arrayText(element);
  const text = typeof element === "object" ? JSON.stringify(element) : String(element);
  return text === "" || NEEDS_QUOTES.test(text) ? `"${text.replace(/["\\]/g, "\\$&")}"` : text;
}

/** The fewest digits that mean the same 32-bit number: the wire has it widened to 64 bits. */
function singleText(value: number): string {
  for (let digits = 6; digits <= 9; digits++) {
    const shorter = Number(value.toPrecision(digits));
    if (Math.fround(shorter) === Math.fround(value)) return String(shorter);
  }
  return String(value);
}

function isWhole(cell: string | number): boolean {
  return typeof cell === "number" ? Number.isInteger(cell) : /^-?\d+$/.test(cell);
}

/** @param micros since 1970-01-01T00:00:00. @param zone stands behind the time. */
function timestampText(micros: bigint, zone: string): string {
  const inDay = ((micros % MICROS_PER_DAY) + MICROS_PER_DAY) % MICROS_PER_DAY;
  const days = Number((micros - inDay) / MICROS_PER_DAY);
  const date = dateText(days);
  const time = `${timeText(inDay)}${zone}`;
  return date.endsWith(" BC") ? `${date.slice(0, -3)} ${time} BC` : `${date} ${time}`;
}

/** @param days since 1970-01-01. */
function dateText(days: number): string {
  const date = new Date(days * MILLIS_PER_DAY);
  if (Number.isNaN(date.getTime())) return String(days);
  const year = date.getUTCFullYear();
  const shown = `${pad(year > 0 ? year : 1 - year, 4)}-${pad(date.getUTCMonth() + 1, 2)}-${pad(date.getUTCDate(), 2)}`;
  return year > 0 ? shown : `${shown} BC`;
}

/** @param micros since midnight; a fraction is shown without zeros at its end. */
function timeText(micros: bigint): string {
  const seconds = micros / MICROS_PER_SECOND;
  const fraction = pad(micros % MICROS_PER_SECOND, 6).replace(/0+$/, "");
  const clock = [seconds / 3600n, (seconds / 60n) % 60n, seconds % 60n].map((part) => pad(part, 2)).join(":");
  return fraction === "" ? clock : `${clock}.${fraction}`;
}

function pad(value: number | bigint, width: number): string {
  return String(value).padStart(width, "0");
}
