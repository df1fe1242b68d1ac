import { KalamError } from "../../../errors/index.ts";
import type { ResultType } from "../../types/column-type.ts";
import { Compiled, dependencyOf, type Evaluate } from "./frame.ts";
import { NotSimple } from "./not-simple.ts";
import { isUntyped, type Operand, settle } from "./operand.ts";

const REAL: ResultType = { kind: "real" };

/**
 * `cosine_distance(vector, query)`: 1 minus the cosine of the angle between them, 1 when either has no length. The query may
 * be the text of a JSON array. Computed in 32 bits, element by element, as DuckDB does, so that both give the same number.
 */
export function compileCosineDistance(args: readonly Operand[], position: number | undefined): Compiled {
  const [left, right] = args;
  if (left === undefined || right === undefined || args.length > 2)
    throw new NotSimple("cosine_distance of this shape");
  if (isUntyped(left)) throw new NotSimple("cosine_distance of an untyped vector");
  const vector = settle(left);
  if (vector.type.kind !== "embedding") throw new NotSimple(`cosine_distance of ${vector.type.kind}`);
  const query = isUntyped(right) ? right.as({ kind: "embedding" }) : settle(right);
  if (query.type.kind !== "embedding") throw new NotSimple(`cosine_distance to ${query.type.kind}`);
  const evaluate: Evaluate = (row, frame) => {
    const a = vector.evaluate(row, frame);
    if (a === null) return null;
    const b = query.evaluate(row, frame);
    return b === null ? null : cosineDistance(a as Float32Array, b as Float32Array, position);
  };
  return new Compiled(REAL, evaluate, dependencyOf([vector, query]));
}

function cosineDistance(a: Float32Array, b: Float32Array, position: number | undefined): number {
  if (a.length !== b.length) {
    const message = `cosine_distance: vectors have ${a.length} and ${b.length} dimensions`;
    throw new KalamError("datatype_mismatch", { message }, position === undefined ? {} : { position });
  }
  let dot = 0;
  let aSquare = 0;
  let bSquare = 0;
  for (let i = 0; i < a.length; i++) {
    const x = a[i] as number;
    const y = b[i] as number;
    dot = Math.fround(dot + Math.fround(x * y));
    aSquare = Math.fround(aSquare + Math.fround(x * x));
    bSquare = Math.fround(bSquare + Math.fround(y * y));
  }
  if (aSquare === 0 || bSquare === 0) return 1;
  const cosine = Math.fround(dot / Math.fround(Math.sqrt(Math.fround(aSquare * bSquare))));
  return Math.fround(1 - Math.min(1, Math.max(-1, cosine)));
}
