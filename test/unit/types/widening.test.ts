import { expect } from "chai";
import fc from "fast-check";
import { RowCodec } from "../../../src/engine/rows/row-codec.ts";
import { type ColumnType, castValue, compareValues, Decimal, type Value } from "../../../src/engine/types/index.ts";
import { widens } from "../../../src/engine/types/widening.ts";
import { typedValue } from "./value-arbitraries.ts";

const TYPES: readonly ColumnType[] = [
  { kind: "smallint" },
  { kind: "integer" },
  { kind: "bigint" },
  { kind: "real" },
  { kind: "double" },
  { kind: "decimal", precision: 5, scale: 0 },
  { kind: "decimal", precision: 12, scale: 2 },
  { kind: "decimal", precision: 38, scale: 4 },
  { kind: "text" },
  { kind: "text", length: 60 },
  { kind: "date" },
  { kind: "timestamp" },
  { kind: "timestamptz" },
  { kind: "boolean" },
  { kind: "bytea" },
  { kind: "uuid" },
  { kind: "json" },
];

const slots = (type: ColumnType) => new RowCodec([{ kind: "bigint" }, { kind: "boolean" }, type]);

describe("types that widen into others", () => {
  it("keep every value: what was written as the one is read as the cast to the other", () => {
    fc.assert(
      fc.property(typedValue, fc.constantFrom(...TYPES), ({ type, value }, wider) => {
        fc.pre(widens(type, wider));
        const bytes = slots(type).encode({ seq: 1n, deleted: false, shadows: false, values: [1n, false, value] });
        const read = slots(wider).decode(bytes).values[2] as Value;
        const cast = castValue(value, type, wider, "assignment");
        expect(compareValues(wider)(read, cast)).to.equal(0);
        expect(read instanceof Decimal ? read.scale : 0).to.equal(cast instanceof Decimal ? cast.scale : 0);
        if (type.kind === "text" || type.kind === "real") return;
        expect(compareValues(type)(castValue(cast, wider, type, "explicit"), value), "there and back").to.equal(0);
      }),
      { numRuns: 2000 },
    );
  });

  it("are the wider ones only", () => {
    const wider = (from: ColumnType): string =>
      TYPES.filter((to) => widens(from, to) && to !== from)
        .map(({ kind, precision, length }) => [kind, precision ?? length].filter(Boolean).join(" "))
        .join(", ");
    expect(wider(TYPES[0] as ColumnType)).to.equal("integer, bigint, real, double, decimal 5, decimal 12, decimal 38");
    expect(wider(TYPES[1] as ColumnType)).to.equal("bigint, double, decimal 12, decimal 38");
    expect(wider(TYPES[2] as ColumnType)).to.equal("decimal 38");
    expect(wider(TYPES[3] as ColumnType)).to.equal("double");
    expect(wider(TYPES[6] as ColumnType)).to.equal("decimal 38");
    expect(wider(TYPES[8] as ColumnType)).to.equal("");
    expect(wider(TYPES[9] as ColumnType)).to.equal("text");
    for (const from of TYPES.slice(10)) expect(wider(from), from.kind).to.equal("");
  });
});
