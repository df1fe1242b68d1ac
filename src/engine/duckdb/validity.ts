import type { Vector } from "@duckdb/node-bindings";
import { duckBindings } from "./native.ts";

/** One bit for each row; null when every row has a value. */
export function validityOf(vector: Vector, count: number): Uint8Array | null {
  const bytes: Uint8Array | null = duckBindings().vector_get_validity(vector, Math.ceil(count / 64) * 8);
  return bytes;
}

export function isValid(validity: Uint8Array, at: number): boolean {
  return ((validity[at >> 3] ?? 0) & (1 << (at & 7))) !== 0;
}
