import { expect } from "chai";
import fc from "fast-check";
import type { WriteBatch } from "../../../src/drivers/hot/hot-store.ts";
import { packBatch } from "../../../src/drivers/hot/sqlite/packed-batch.ts";
import { joinPacked, touches, viewPacked } from "../../../src/drivers/hot/sqlite/packed-view.ts";

const bytes = fc
  .array(fc.constantFrom(0x00, 0x01, 0x61, 0x62, 0xff), { maxLength: 3 })
  .map((list) => Buffer.from(list));
const batches: fc.Arbitrary<WriteBatch> = fc.record({
  puts: fc.array(fc.record({ key: bytes, value: bytes }), { minLength: 1, maxLength: 4 }),
  deletes: fc.array(bytes, { maxLength: 2 }),
  deleteRanges: fc.array(fc.tuple(bytes, bytes), { maxLength: 2 }),
});

/** Every key of up to three of the bytes above. */
const alphabet = [0x00, 0x01, 0x61, 0x62, 0xff];
const keys = alphabet.reduce<number[][]>(
  (list) => [...list, ...list.flatMap((key) => alphabet.map((b) => [...key, b]))],
  [[]],
);
const ALL_KEYS = [...new Set(keys.filter((key) => key.length <= 3).map((key) => Buffer.from(key).toString("hex")))].map(
  (key) => Buffer.from(key, "hex"),
);

const within = (key: Buffer, start: Buffer, end: Buffer) => key.compare(start) >= 0 && key.compare(end) < 0;

describe("packed batches that wait", () => {
  it("touch every range in which they change a key", () => {
    fc.assert(
      fc.property(batches, bytes, bytes, (batch, start, end) => {
        const { puts, deletes = [], deleteRanges = [] } = batch;
        const changes = (key: Buffer) =>
          puts.some((put) => put.key.equals(key)) ||
          deletes.some((each) => each.equals(key)) ||
          deleteRanges.some(([from, to]) => within(key, from, to));
        const [packed] = packBatch(batch);
        const expected = ALL_KEYS.some((key) => within(key, start, end) && changes(key));
        // A range of deletes may lie between two neighbouring keys: touched, though it changes nothing that could be there.
        if (expected) expect(packed && touches(packed, start, end)).to.equal(true);
        else if (deleteRanges.length === 0) expect(packed && touches(packed, start, end)).to.equal(false);
      }),
    );
  });

  it("are seen again in their bytes, and joined in order", () => {
    fc.assert(
      fc.property(fc.array(batches, { minLength: 1, maxLength: 4 }), (list) => {
        const packed = list.flatMap((batch) => packBatch(batch));
        for (const each of packed) expect(viewPacked(each.data)).to.deep.equal(each);
        const joined = joinPacked(packed);
        expect(viewPacked(joined.data)).to.deep.equal(joined);
        expect(joined.data).to.deep.equal(Buffer.concat(packed.map(({ data }) => data)));
      }),
    );
  });
});
