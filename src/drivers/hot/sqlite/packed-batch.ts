import { KalamError } from "../../../errors/index.ts";
import type { WriteBatch } from "../hot-store.ts";

/**
 * A whole batch as two bound values, so that it is one statement and one hop to the thread pool however many entries it
 * has, and costs the JavaScript thread a copy instead of a call per value.
 *
 *     data     kind (1 digit) | key bytes (6 digits) | value bytes (9 digits) | key | value | kind | …
 *     starts   [1, 57, 113, …]   where each entry begins, counted from 1, as JSON
 *
 * SQLite reads it back with `json_each(starts)` and `substr(data, …)`; lengths are decimal because SQL can cast digits to
 * a number but has no way to read binary integers.
 */
export interface PackedEntries {
  readonly data: Buffer;
  /** One for each entry. */
  readonly starts: readonly number[];
}

/** A batch, or a piece of a large one. */
export interface PackedBatch extends PackedEntries {
  /** What is among its entries: nothing but puts, deletes as well, or conditions. */
  readonly holds: "puts" | "changes" | "conditions";
}

/** What an entry does. The numbers are written into the packed form and into the triggers of `schema.ts`. */
export const KIND = { put: 1, remove: 2, removeRange: 3, expectAbsent: 4, expectValue: 5, lookUp: 6 } as const;

type Kind = (typeof KIND)[keyof typeof KIND];

/** SQL for the parts of the entry at `starts.value` in `?1`. */
export const PACKED = {
  kind: "CAST(substr(?1, value, 1) AS INTEGER)",
  key: "substr(?1, value + 16, CAST(substr(?1, value + 1, 6) AS INTEGER))",
  value:
    "substr(?1, value + 16 + CAST(substr(?1, value + 1, 6) AS INTEGER), CAST(substr(?1, value + 7, 9) AS INTEGER))",
} as const;

/** Bytes in front of the key of an entry. */
export const HEADER_BYTES = 16;
const MAXIMUM_KEY_BYTES = 999_999;
const MAXIMUM_VALUE_BYTES = 999_000_000;
/** SQLite's own limit of a bound value is 10⁹ bytes; smaller pieces keep the copies small. */
const PIECE_BYTES = 64 * 1024 * 1024;
const NOTHING = Buffer.alloc(0);

interface PackedItem {
  readonly kind: Kind;
  readonly key: Buffer;
  readonly value: Buffer;
}

/** The second bound value. */
export function startsText(starts: readonly number[]): string {
  return `[${starts.join(",")}]`;
}

/** Packs in the order in which a batch is applied: conditions, range deletes, deletes, puts. */
export function packBatch(batch: WriteBatch): PackedBatch[] {
  const items: PackedItem[] = [];
  for (const { key, expected } of batch.conditions ?? []) {
    items.push({ kind: expected ? KIND.expectValue : KIND.expectAbsent, key, value: expected ?? NOTHING });
  }
  for (const [start, end] of batch.deleteRanges ?? []) items.push({ kind: KIND.removeRange, key: start, value: end });
  for (const key of batch.deletes ?? []) items.push({ kind: KIND.remove, key, value: NOTHING });
  for (const { key, value } of batch.puts) items.push({ kind: KIND.put, key, value });
  const holds = batch.conditions?.length ? "conditions" : items.length > batch.puts.length ? "changes" : "puts";
  return packItems(items).map(({ data, starts }) => ({ data, starts, holds }));
}

export function packKeys(keys: readonly Buffer[]): PackedEntries[] {
  return packItems(keys.map((key) => ({ kind: KIND.lookUp, key, value: NOTHING })));
}

function packItems(items: readonly PackedItem[]): PackedEntries[] {
  const pieces: PackedEntries[] = [];
  let first = 0;
  let bytes = 0;
  for (let i = 0; i < items.length; i++) {
    const length = packedLength(items[i] as PackedItem);
    if (i > first && bytes + length > PIECE_BYTES) {
      pieces.push(packPiece(items, first, i, bytes));
      first = i;
      bytes = 0;
    }
    bytes += length;
  }
  if (first < items.length) pieces.push(packPiece(items, first, items.length, bytes));
  return pieces;
}

function packedLength({ key, value }: PackedItem): number {
  if (key.length > MAXIMUM_KEY_BYTES || value.length > MAXIMUM_VALUE_BYTES) {
    const reason = `an entry of ${key.length + value.length} bytes is larger than SQLite takes`;
    throw new KalamError("storage_failed", { reason });
  }
  return HEADER_BYTES + key.length + value.length;
}

function packPiece(items: readonly PackedItem[], from: number, to: number, bytes: number): PackedEntries {
  const data = Buffer.allocUnsafe(bytes);
  const starts = new Array<number>(to - from);
  let at = 0;
  for (let i = from; i < to; i++) {
    const { kind, key, value } = items[i] as PackedItem;
    starts[i - from] = at + 1;
    data[at] = 0x30 + kind;
    writeDigits(data, at + 1, 6, key.length);
    writeDigits(data, at + 7, 9, value.length);
    at += HEADER_BYTES;
    data.set(key, at);
    at += key.length;
    data.set(value, at);
    at += value.length;
  }
  return { data, starts };
}

function writeDigits(data: Buffer, at: number, width: number, number: number): void {
  let rest = number;
  for (let i = at + width - 1; i >= at; i--) {
    const tens = Math.floor(rest / 10);
    data[i] = 0x30 + (rest - tens * 10);
    rest = tens;
  }
}
