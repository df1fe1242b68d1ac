import type { RelationShape } from "../../src/engine/query/relation.ts";
import type { ResultType, Row, Value } from "../../src/engine/types/column-type.ts";
import { Decimal } from "../../src/engine/types/decimal.ts";
import { SeededRandom } from "../../src/runtime/random.ts";
import { shapeOf } from "../unit/query/support/array-relation.ts";
import { COLUMNS, type TestType } from "./evaluator-grammar.ts";

export const ROWS = 24;

export const TYPES = Object.keys(COLUMNS) as TestType[];

function resultType(type: TestType): ResultType {
  return type === "decimal" ? { kind: "decimal", precision: 10, scale: 2 } : { kind: type };
}

const SAMPLES: Readonly<Record<TestType, readonly Value[]>> = {
  smallint: [0, 1, -1, 7, 32767, -32768],
  integer: [0, 1, -1, 3, 100, 2147483647, -2147483648],
  bigint: [0n, 1n, -5n, 4294967296n, 9007199254740993n, 2n ** 63n - 1n, -(2n ** 63n)],
  decimal: [0n, 150n, -225n, 1n, 9_999_999_999n, -9_999_999_999n].map((unscaled) => new Decimal(unscaled, 2)),
  double: [0, 1.5, -2.25, 0.1, 1e10, 9007199254740992, -0],
  text: ["", "a", "ab", "Ab", "éÉ", "ß", "Σσ", "😀a", "\ufffd", "a%b", "a_b", "a\\b", " a ", "1"],
  boolean: [true, false],
  date: [0, -1, 20_512, 10_957],
  timestamp: [0n, -1n, 1_772_280_000_000_000n, 946_684_800_000_000n],
};

/** A table with a column for every name of the grammar, full of nulls and extremes; slot 0 numbers the rows. */
export function tableOf(seed: number): { shape: RelationShape; rows: Row[] } {
  const random = new SeededRandom(seed);
  const columns = TYPES.flatMap((type) => COLUMNS[type].map((name) => ({ name, type: resultType(type), kind: type })));
  const pick = (type: TestType): Value => {
    const samples = SAMPLES[type];
    return random.below(6) === 0 ? null : (samples[random.below(samples.length)] ?? null);
  };
  const rows = Array.from({ length: ROWS }, (_, at) => [BigInt(at), ...columns.map((column) => pick(column.kind))]);
  return { shape: shapeOf("t", columns), rows };
}
