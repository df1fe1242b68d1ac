import { crc32 } from "node:zlib";
import { expect } from "chai";
import fc from "fast-check";
import { RowCodec } from "../../../src/engine/rows/row-codec.ts";
import type { ColumnType, Value } from "../../../src/engine/types/index.ts";
import { KalamError } from "../../../src/errors/index.ts";
import { typedValue } from "../types/value-arbitraries.ts";

const seq = fc.bigInt({ min: 0n, max: 2n ** 63n - 1n });
const slots = fc.array(fc.tuple(typedValue, fc.boolean()), { maxLength: 14 });

function split(columns: readonly (readonly [{ type: ColumnType; value: Value }, boolean])[]): [ColumnType[], Value[]] {
  return [columns.map(([{ type }]) => type), columns.map(([{ value }, isNull]) => (isNull ? null : value))];
}

describe("stored rows", () => {
  it("read back as they were written", () => {
    fc.assert(
      fc.property(slots, seq, fc.boolean(), fc.boolean(), (columns, version, deleted, shadows) => {
        const [types, values] = split(columns);
        const codec = new RowCodec(types);
        expect(codec.decode(codec.encode({ seq: version, deleted, shadows, values }))).to.deep.equal({
          seq: version,
          deleted,
          shadows,
          values,
        });
      }),
      { numRuns: 300 },
    );
  });

  it("hold embeddings, JSON, files and long text", () => {
    const types: ColumnType[] = [
      { kind: "embedding", dimensions: 3 },
      { kind: "json" },
      { kind: "file" },
      { kind: "text" },
    ];
    const codec = new RowCodec(types);
    for (const long of ["x".repeat(70_000), "é".repeat(300_000), "", "a".repeat(32), "a".repeat(33), "ü".repeat(21)]) {
      const values = [new Float32Array([1.5, -0.25, 3e38]), '{"a": 1}', '{"id":"1"}', long];
      expect(codec.decode(codec.encode({ seq: 1n, deleted: false, shadows: false, values })).values).to.deep.equal(
        values,
      );
    }
  });

  it("do not share memory with the codec", () => {
    const codec = new RowCodec([{ kind: "text" }]);
    const first = codec.encode({ seq: 1n, deleted: false, shadows: false, values: ["first"] });
    codec.encode({ seq: 2n, deleted: false, shadows: false, values: ["other"] });
    expect(codec.decode(first).values).to.deep.equal(["first"]);
  });

  it("written before columns were added are shorter", () => {
    const old = new RowCodec([{ kind: "bigint" }]).encode({ seq: 1n, deleted: false, shadows: false, values: [5n] });
    expect(new RowCodec([{ kind: "bigint" }, { kind: "text" }]).decode(old).values).to.deep.equal([5n]);
  });

  it("are readable after any of their columns was dropped", () => {
    fc.assert(
      fc.property(slots, fc.infiniteStream(fc.boolean()), (columns, dropped) => {
        const [types, values] = split(columns);
        const bytes = new RowCodec(types).encode({ seq: 1n, deleted: false, shadows: false, values });
        const kept = types.map((type) => (dropped.next().value === true ? undefined : type));
        const expected = values.map((value, slot) => (kept[slot] === undefined ? null : value));
        expect(new RowCodec(kept).decode(bytes).values).to.deep.equal(expected);
      }),
      { numRuns: 200 },
    );
  });

  it("are readable after a column was widened", () => {
    const bytes = new RowCodec([{ kind: "smallint" }, { kind: "real" }]).encode({
      seq: 1n,
      deleted: false,
      shadows: false,
      values: [-5, 0.5],
    });
    expect(new RowCodec([{ kind: "bigint" }, { kind: "double" }]).decode(bytes).values).to.deep.equal([-5n, 0.5]);
  });

  it("are an error when any byte was changed or cut off", () => {
    const codec = new RowCodec([{ kind: "bigint" }, { kind: "text" }, { kind: "boolean" }]);
    const bytes = codec.encode({ seq: 77n, deleted: false, shadows: false, values: [2n ** 60n, "hello", true] });
    for (let at = 0; at < bytes.length; at++) {
      const changed = Buffer.from(bytes);
      changed[at] = (changed[at] ?? 0) ^ (1 << (at % 8));
      expectCorrupt(() => codec.decode(changed));
      expectCorrupt(() => codec.decode(bytes.subarray(0, at)));
    }
    expectCorrupt(() => codec.decode(Buffer.concat([bytes, Buffer.from([0])])));
  });

  it("of a table with more columns, or with other types, are an error", () => {
    const bytes = new RowCodec([{ kind: "text" }, { kind: "text" }]).encode({
      seq: 1n,
      deleted: false,
      shadows: false,
      values: ["a", "b"],
    });
    expectCorrupt(() => new RowCodec([{ kind: "text" }]).decode(bytes));
    expectCorrupt(() => new RowCodec([{ kind: "bigint" }, { kind: "text" }]).decode(bytes));
    expectCorrupt(() => new RowCodec([{ kind: "uuid" }, { kind: "text" }]).decode(bytes));
  });

  it("of bytes made up with a right checksum are read or refused, never more", () => {
    const codec = new RowCodec([
      { kind: "bigint" },
      { kind: "text" },
      { kind: "decimal" },
      undefined,
      { kind: "uuid" },
    ]);
    const body = fc.uint8Array({ minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(body, fc.integer({ min: 0, max: 7 }), (rest, count) => {
        const row = Buffer.concat([Buffer.from([1, 0, 0, 0, 0, 0, 0, 0, 9, 0, count]), rest]);
        const checksum = Buffer.alloc(4);
        checksum.writeUInt32BE(crc32(row));
        try {
          expect(codec.decode(Buffer.concat([row, checksum])).values.length).to.equal(count);
        } catch (error) {
          if (!(error instanceof KalamError)) throw error;
          expect(error.key).to.equal("data_corrupt");
        }
      }),
      { numRuns: 500 },
    );
  });

  it("are never written with a value that is not of the column's type", () => {
    const values: [ColumnType, Value][] = [
      [{ kind: "bigint" }, "5"],
      [{ kind: "integer" }, 1.5],
      [{ kind: "text" }, 5],
      [{ kind: "uuid" }, "5"],
      [{ kind: "boolean" }, 1],
      [{ kind: "double" }, 1n],
      [{ kind: "decimal" }, 1],
      [{ kind: "bytea" }, "x"],
      [{ kind: "embedding" }, [1]],
    ];
    for (const [type, value] of values) {
      const codec = new RowCodec([type]);
      expect(() => codec.encode({ seq: 1n, deleted: false, shadows: false, values: [value] }), type.kind).to.throw(
        "cannot be stored",
      );
    }
  });

  it("are small", () => {
    const codec = new RowCodec([{ kind: "integer" }, { kind: "text" }, { kind: "boolean" }]);
    expect(codec.encode({ seq: 1n, deleted: false, shadows: false, values: [1, "hello", null] }).length).to.equal(23);
  });
});

function expectCorrupt(decode: () => unknown): void {
  try {
    decode();
  } catch (error) {
    expect(error).to.be.instanceOf(KalamError);
    expect((error as KalamError).key).to.equal("data_corrupt");
    return;
  }
  expect.fail("corrupt bytes were read");
}
