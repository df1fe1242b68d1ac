import { isRecord, parseJson } from "./json.ts";
import type { Cell, NamedRow } from "./results.ts";
import { SeqId } from "./seq-id.ts";

const MICROS_PER_SECOND = 1_000_000;
const MILLIS_PER_DAY = 86_400_000;
const WHOLE = /^-?\d+$/;

/**
 * One value of a row as it stands on the wire, with the readings that columns have. A reading that does not fit gives null, and so
 * does NULL: `row.price?.asFloat() ?? 0`.
 */
export class KalamCellValue {
  /** As on the wire. */
  readonly value: Cell;

  private constructor(value: Cell) {
    this.value = value;
  }

  static from(value: Cell | KalamCellValue): KalamCellValue {
    return value instanceof KalamCellValue ? value : new KalamCellValue(value);
  }

  isNull(): boolean {
    return this.value === null;
  }

  isString(): boolean {
    return typeof this.value === "string";
  }

  isNumber(): boolean {
    return typeof this.value === "number";
  }

  isBool(): boolean {
    return typeof this.value === "boolean";
  }

  isObject(): boolean {
    return isRecord(this.value);
  }

  isArray(): boolean {
    return Array.isArray(this.value);
  }

  /** Text as it is, anything else as JSON has it. */
  asString(): string | null {
    if (this.value === null || typeof this.value === "string") return this.value;
    return JSON.stringify(this.value);
  }

  /** A whole number, cut where there is a fraction; beyond 2^53 it loses digits: see `asBigInt`. */
  asInt(): number | null {
    const number = this.asFloat();
    return number === null ? null : Math.trunc(number);
  }

  asBigInt(): bigint | null {
    if (typeof this.value === "number") return Number.isInteger(this.value) ? BigInt(this.value) : null;
    return typeof this.value === "string" && WHOLE.test(this.value) ? BigInt(this.value) : null;
  }

  asSeqId(): SeqId | null {
    const value = this.asBigInt();
    return value === null ? null : SeqId.from(value);
  }

  asFloat(): number | null {
    if (typeof this.value === "boolean") return Number(this.value);
    if (typeof this.value === "number") return this.value;
    if (typeof this.value !== "string" || this.value.trim() === "") return null;
    const number = Number(this.value);
    return Number.isNaN(number) && this.value !== "NaN" ? null : number;
  }

  asBool(): boolean | null {
    if (typeof this.value === "boolean") return this.value;
    if (this.value === 1 || this.value === "true" || this.value === "1") return true;
    return this.value === 0 || this.value === "false" || this.value === "0" ? false : null;
  }

  asUuid(): string | null {
    return typeof this.value === "string" ? this.value : null;
  }

  /** All digits of a DECIMAL. */
  asDecimal(): string | null {
    return typeof this.value === "string" || typeof this.value === "number" ? String(this.value) : null;
  }

  /** BYTES: a list of numbers, or base64. */
  asBytes(): Uint8Array | null {
    if (Array.isArray(this.value)) return Uint8Array.from(this.value as readonly number[]);
    if (typeof this.value !== "string" || !/^[A-Za-z0-9+/]*={0,2}$/.test(this.value)) return null;
    return Uint8Array.from(atob(this.value), (character) => character.charCodeAt(0));
  }

  /** EMBEDDING: a list, or a list as JSON text. */
  asEmbedding(): number[] | null {
    const list = this.#parsed();
    return Array.isArray(list) && list.every((each) => typeof each === "number") ? list : null;
  }

  /** TIMESTAMP and DATETIME: microseconds since 1970, or text that `Date` reads. */
  asDate(): Date | null {
    if (typeof this.value === "string" && !WHOLE.test(this.value)) return validDate(Date.parse(this.value));
    const micros = this.asFloat();
    return micros === null ? null : validDate(Math.floor(micros / 1000));
  }

  /** DATE: days since 1970, or text that `Date` reads. Midnight in UTC. */
  asDateOnly(): Date | null {
    if (typeof this.value === "string" && !WHOLE.test(this.value)) return validDate(Date.parse(this.value));
    const days = this.asInt();
    return days === null ? null : validDate(days * MILLIS_PER_DAY);
  }

  /** TIME, microseconds since midnight, as `HH:MM:SS` with a fraction where there is one. */
  asTimeString(): string | null {
    if (typeof this.value === "string" && !WHOLE.test(this.value)) return this.value;
    const micros = this.asInt();
    if (micros === null) return null;
    const seconds = Math.floor(micros / MICROS_PER_SECOND);
    const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
    const clock = parts.map((part) => String(part).padStart(2, "0")).join(":");
    const fraction = String(micros % MICROS_PER_SECOND).padStart(6, "0");
    return fraction === "000000" ? clock : `${clock}.${fraction.replace(/0+$/, "")}`;
  }

  /** JSON columns come as text. */
  asObject(): Readonly<Record<string, unknown>> | null {
    const object = this.#parsed();
    return isRecord(object) ? object : null;
  }

  asArray(): readonly unknown[] | null {
    const list = this.#parsed();
    return Array.isArray(list) ? list : null;
  }

  asJson(): Cell {
    return this.value;
  }

  toJson(): Cell {
    return this.value;
  }

  toJSON(): Cell {
    return this.value;
  }

  /** `NULL` for NULL. */
  toString(): string {
    return this.asString() ?? "NULL";
  }

  #parsed(): unknown {
    if (typeof this.value !== "string") return this.value;
    try {
      return parseJson(this.value);
    } catch (error) {
      if (error instanceof SyntaxError) return undefined;
      throw error;
    }
  }
}

function validDate(millis: number): Date | null {
  const date = new Date(millis);
  return Number.isNaN(date.getTime()) ? null : date;
}

/** A row by column name. */
export type RowData = Record<string, KalamCellValue>;

export function wrapRowMap(row: NamedRow): RowData {
  return Object.fromEntries(Object.entries(row).map(([name, cell]) => [name, KalamCellValue.from(cell)]));
}
