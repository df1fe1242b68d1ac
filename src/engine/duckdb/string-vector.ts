import type { Vector } from "@duckdb/node-bindings";
import type { Row, Value } from "../types/column-type.ts";
import { duckBindings } from "./native.ts";

/** Bytes of a DuckDB string: length, then twelve bytes of text, or four and a pointer. */
const ENTRY = 16;
const INLINE = 12;
const entries = Buffer.alloc(2048 * ENTRY);
const view = new DataView(entries.buffer, entries.byteOffset, entries.byteLength);

/**
 * Fills a vector of strings or blobs with two native calls instead of one for each value.
 *
 * All values of the vector are handed over as one string, which DuckDB copies into the heap that belongs to the vector; its entry
 * then tells where that copy lies, and the entries of the values are made to point into it. The lengths are those of the bytes
 * really encoded, and their sum is checked against the copy; where it differs, each value is handed over on its own.
 */
export function writeStrings(vector: Vector, rows: readonly Row[], slot: number, count: number): void {
  const values = new Array<Value>(count);
  let units = 0;
  let binary = false;
  for (let at = 0; at < count; at++) {
    const value = rows[at]?.[slot] ?? "";
    values[at] = value;
    if (typeof value === "string") units += value.length;
    else binary = true;
  }
  const all = binary ? Buffer.concat(values.map(bytesOf)) : encode((values as string[]).join(""), units);
  if (!measure(values, all.length, !binary && all.length === units)) {
    for (let at = 0; at < count; at++)
      duckBindings().vector_assign_string_element_len(vector, at, bytesOf(values[at] ?? ""));
    return;
  }
  writeBytes(vector, all, lengths, count);
}

/** Room for the text of a vector, used again and again: memory outside of the heap is dear to allocate, and to collect. */
let room = Buffer.allocUnsafeSlow(1 << 16);
const MAX_ROOM = 1 << 22;
const MAX_BYTES_PER_UNIT = 3;

function encode(text: string, units: number): Buffer {
  const needed = units * MAX_BYTES_PER_UNIT;
  if (needed > MAX_ROOM) return Buffer.from(text, "utf8");
  if (needed > room.length) room = Buffer.allocUnsafeSlow(Math.min(MAX_ROOM, 2 * needed));
  return room.subarray(0, room.write(text, "utf8"));
}

const zeros = new Uint8Array(2048 * ENTRY);
const lengths = new Uint32Array(2048);

/** Notes the encoded length of each value; false when they do not add up, as where halves of a surrogate pair met. */
function measure(values: readonly Value[], total: number, ascii: boolean): boolean {
  let sum = 0;
  for (let at = 0; at < values.length; at++) {
    const value = values[at];
    const length =
      typeof value !== "string" ? bytesOf(value ?? "").length : ascii ? value.length : Buffer.byteLength(value);
    lengths[at] = length;
    sum += length;
  }
  return sum === total;
}

/** Fills a vector with values that stand one behind the other, each of its length. */
export function writeBytes(vector: Vector, all: Buffer, lengths: Uint32Array, count: number): void {
  if (all.length === 0) {
    duckBindings().copy_data_to_vector(vector, 0, zeros.buffer, 0, count * ENTRY);
    return;
  }
  // An inlined string has no copy on the heap; padding makes sure that there is one.
  const whole = all.length > INLINE ? all : Buffer.concat([all, Buffer.alloc(INLINE + 1)]);
  duckBindings().vector_assign_string_element_len(vector, 0, whole);
  const head = Buffer.from(duckBindings().vector_get_data(vector, ENTRY));
  // An address; those of processes stay far below 2^53.
  const base = head.readUInt32LE(12) * 0x1_0000_0000 + head.readUInt32LE(8);
  let offset = 0;
  for (let at = 0; at < count; at++) {
    const length = lengths[at] ?? 0;
    const entry = at * ENTRY;
    view.setUint32(entry, length, true);
    if (length <= INLINE) {
      for (let byte = 0; byte < INLINE; byte++)
        entries[entry + 4 + byte] = byte < length ? (all[offset + byte] ?? 0) : 0;
    } else {
      for (let byte = 0; byte < 4; byte++) entries[entry + 4 + byte] = all[offset + byte] ?? 0;
      const address = base + offset;
      view.setUint32(entry + 8, address >>> 0, true);
      view.setUint32(entry + 12, Math.floor(address / 0x1_0000_0000), true);
    }
    offset += length;
  }
  duckBindings().copy_data_to_vector(vector, 0, entries.buffer as ArrayBuffer, entries.byteOffset, count * ENTRY);
}

function bytesOf(value: Value): Buffer {
  if (typeof value === "string") return Buffer.from(value, "utf8");
  return value instanceof Uint8Array
    ? Buffer.from(value.buffer, value.byteOffset, value.byteLength)
    : Buffer.from(String(value));
}
