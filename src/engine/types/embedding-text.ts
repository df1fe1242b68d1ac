import { KalamError } from "../../errors/index.ts";
import type { ColumnType } from "./column-type.ts";
import { valueError } from "./value-errors.ts";

/**
 * A JSON array of finite numbers, one per dimension, rounded to 32 bits.
 *
 * @throws invalid_text, embedding_dimensions
 */
export function parseEmbedding(text: string, to: ColumnType, column: string | undefined): Float32Array {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) throw valueError("invalid_text", text, to, column);
    throw error;
  }
  if (!Array.isArray(parsed)) throw valueError("invalid_text", text, to, column);
  return embeddingOf(parsed, to, column, text);
}

/** Numbers as an embedding; `shown` stands in the error. */
export function embeddingOf(
  numbers: readonly unknown[],
  to: ColumnType,
  column: string | undefined,
  shown: string,
): Float32Array {
  checkDimensions(numbers.length, to, column);
  const vector = new Float32Array(numbers.length);
  for (let index = 0; index < numbers.length; index++) {
    const number = numbers[index];
    if (typeof number !== "number") throw valueError("invalid_text", shown, to, column);
    vector[index] = number;
    if (!Number.isFinite(vector[index])) throw valueError("out_of_range", String(number), to, column);
  }
  return vector;
}

export function checkDimensions(actual: number, to: ColumnType, column: string | undefined): void {
  if (to.dimensions === undefined || actual === to.dimensions) return;
  throw new KalamError("embedding_dimensions", {
    name: column ?? "?column?",
    expected: to.dimensions,
    actual,
  });
}
