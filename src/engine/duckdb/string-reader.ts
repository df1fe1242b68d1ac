import type { Vector } from "@duckdb/node-bindings";
import type { Value } from "../types/column-type.ts";
import { duckBindings } from "./native.ts";
import { isValid, validityOf } from "./validity.ts";

/** Bytes of a DuckDB string: length, then twelve bytes of text, or four and a pointer. */
const ENTRY = 16;
const INLINE = 12;
/**
 * Strings this near to each other are fetched together. The bytes between them are less than a memory page, so they lie in pages
 * that hold strings themselves; they are never decoded.
 */
const NEAR = 256;

interface Run {
  readonly first: number;
  readonly start: number;
  end: number;
}

/**
 * Reads a vector of strings. Long strings lie outside of the vector, as a rule one behind the other: each run of them is fetched by
 * one native call, not each string by its own.
 */
export function readStrings(vector: Vector, count: number): Value[] {
  const copied = duckBindings().vector_get_data(vector, count * ENTRY);
  const entries = Buffer.from(copied.buffer, copied.byteOffset, copied.byteLength);
  const validity = validityOf(vector, count);
  const values = new Array<Value>(count).fill(null);
  let run: Run | undefined;
  for (let at = 0; at < count; at++) {
    if (validity !== null && !isValid(validity, at)) continue;
    const length = entries.readUInt32LE(at * ENTRY);
    if (length <= INLINE) {
      values[at] = entries.toString("utf8", at * ENTRY + 4, at * ENTRY + 4 + length);
      continue;
    }
    const start = pointerAt(entries, at);
    const end = start + length;
    if (run !== undefined && start >= run.end && start - run.end < NEAR) {
      run.end = end;
      continue;
    }
    if (run !== undefined) decode(entries, run, at, validity, values);
    run = { first: at, start, end };
  }
  if (run !== undefined) decode(entries, run, count, validity, values);
  return values;
}

/** Cuts the strings of rows `run.first` to `until` out of the bytes of the run. */
function decode(entries: Buffer, run: Run, until: number, validity: Uint8Array | null, values: Value[]): void {
  const pointer = entries.byteOffset + run.first * ENTRY + 8;
  const bytes = duckBindings().get_data_from_pointer(entries.buffer as ArrayBuffer, pointer, run.end - run.start);
  const all = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = run.first; at < until; at++) {
    if (values[at] !== null || (validity !== null && !isValid(validity, at))) continue;
    const length = entries.readUInt32LE(at * ENTRY);
    const offset = pointerAt(entries, at) - run.start;
    values[at] = all.toString("utf8", offset, offset + length);
  }
}

/** An address; those of processes stay far below 2^53. */
function pointerAt(entries: Buffer, at: number): number {
  return entries.readUInt32LE(at * ENTRY + 12) * 0x1_0000_0000 + entries.readUInt32LE(at * ENTRY + 8);
}
