import { expect } from "chai";
import fc from "fast-check";
import { MemoryHotStore } from "../../../src/drivers/hot/memory/memory-store.ts";
import { KeyFilter, KeyFilterBuilder } from "../../../src/engine/cold/key-filter.ts";
import { KeyFilters } from "../../../src/engine/cold/key-filters.ts";
import { encodeKey } from "../../../src/engine/rows/key-codec.ts";
import { filterKey, partitionPrefix, toBuffer } from "../../../src/engine/rows/store-keys.ts";
import type { ColumnType, Value } from "../../../src/engine/types/index.ts";
import { KalamError } from "../../../src/errors/index.ts";

const COUNT = 50_000;
const text: ColumnType = { kind: "text" };
const bigint: ColumnType = { kind: "bigint" };
const uuid: ColumnType = { kind: "uuid" };

/** How keys look: in sequence, far apart, texts that differ at their end or at their beginning, several parts. */
const KEYS: Readonly<Record<string, (n: number) => string>> = {
  "numbers in sequence": (n) => encodeKey([bigint], [BigInt(n)]),
  "numbers of a clock": (n) => encodeKey([bigint], [BigInt(n) * 4_194_304_000n]),
  "texts that end differently": (n) => encodeKey([text], [`conversation/message-${n}`]),
  "texts that begin differently": (n) => encodeKey([text], [`${n}-conversation-message`]),
  "two parts": (n) => encodeKey([text, bigint], [`room ${n % 10}`, BigInt(Math.floor(n / 10))] as Value[]),
  uuids: (n) => encodeKey([uuid], [`01890000-0000-7000-8000-${n.toString(16).padStart(12, "0")}`]),
};

function filterOf(keys: Iterable<string>): KeyFilter {
  const builder = new KeyFilterBuilder();
  for (const key of keys) builder.add(key);
  return builder.build();
}

describe("key filter", () => {
  for (const [name, key] of Object.entries(KEYS)) {
    it(`lets every key pass, and few others: ${name}`, () => {
      const filter = KeyFilter.decode(filterOf(Array.from({ length: COUNT }, (_, n) => key(n))).encode());
      let passed = 0;
      for (let n = 0; n < COUNT; n++) {
        expect(filter.mayContain(key(n))).to.equal(true);
        if (filter.mayContain(key(COUNT + n))) passed++;
      }
      expect(passed / COUNT).to.be.lessThan(0.002);
      expect((filter.sizeBytes * 8) / COUNT).to.be.lessThan(17);
    });
  }

  it("lets every key pass, whatever the keys are", () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.string({ unit: "binary-ascii", maxLength: 20 })), (keys) => {
        const direct = KeyFilter.of(keys.length);
        for (const key of keys) direct.add(key);
        const built = filterOf(keys);
        expect(built.encode().equals(direct.encode())).to.equal(true);
        for (const key of keys) expect(built.mayContain(key)).to.equal(true);
      }),
    );
  });

  it("refuses bytes that are none of its own", () => {
    for (const bytes of [
      Buffer.of(),
      Buffer.of(1),
      Buffer.of(2, 7),
      Buffer.of(1, 7, 0, 0, 0, 0, 0),
      Buffer.of(2, 0, 0, 0, 0, 0, 0),
      Buffer.of(2, 99, 0, 0, 0, 0, 0),
      Buffer.of(2, 7, 0, 0, 0, 0, 1),
    ]) {
      expect(() => KeyFilter.decode(bytes))
        .to.throw(KalamError)
        .with.property("key", "data_corrupt");
    }
  });
});

describe("key filters kept", () => {
  const prefix = partitionPrefix(7, "alice");

  async function storeOf(count: number): Promise<MemoryHotStore> {
    const store = new MemoryHotStore();
    const puts = Array.from({ length: count }, (_, n) => ({
      key: toBuffer(filterKey(prefix, `batch-${n}.parquet`)),
      value: filterOf([`key ${n}`, ...Array.from({ length: 1000 }, (_row, at) => `${n} ${at}`)]).encode(),
    }));
    await store.commit({ puts });
    return store;
  }

  it("are read once, also when two ask at the same time", async () => {
    const filters = new KeyFilters(await storeOf(2), 1 << 20, unexpected);
    const [first, second] = [
      filters.get(prefix, { path: "batch-0.parquet" }),
      filters.get(prefix, { path: "batch-0.parquet" }),
    ];
    expect(first).to.be.instanceOf(Promise);
    expect(await first).to.equal(await second);
    const kept = filters.get(prefix, { path: "batch-0.parquet" });
    expect(kept).to.equal(await first);
    expect((kept as KeyFilter).mayContain("key 0")).to.equal(true);
    expect((kept as KeyFilter).mayContain("key 1")).to.equal(false);
  });

  it("stay within the budget; those not asked for longest go", async () => {
    const filters = new KeyFilters(await storeOf(10), 5000, unexpected);
    for (let n = 0; n < 10; n++) {
      await filters.get(prefix, { path: `batch-${n}.parquet` });
      await filters.get(prefix, { path: "batch-0.parquet" });
      expect(filters.bytes).to.be.lessThan(5001);
    }
    expect(filters.get(prefix, { path: "batch-0.parquet" })).to.be.instanceOf(KeyFilter);
    expect(filters.get(prefix, { path: "batch-9.parquet" })).to.be.instanceOf(KeyFilter);
    expect(filters.get(prefix, { path: "batch-1.parquet" })).to.be.instanceOf(Promise);
  });

  it("are undefined where there is none; damaged ones let every key pass, and are told once", async () => {
    const store = await storeOf(1);
    const [whole = Buffer.of()] = await store.get([toBuffer(filterKey(prefix, "batch-0.parquet"))]);
    const flipped = Buffer.from(whole);
    flipped[20] = 255 ^ (whole[20] ?? 0);
    const damaged = [Buffer.from("??"), flipped, whole.subarray(0, 40)];
    await store.commit({ puts: damaged.map((value, n) => ({ key: toBuffer(filterKey(prefix, `bad-${n}`)), value })) });
    const reports: string[] = [];
    const filters = new KeyFilters(store, 1 << 20, (what) => reports.push(what));
    expect(await filters.get(prefix, { path: "gone.parquet" })).to.equal(undefined);
    for (const [n] of damaged.entries()) {
      for (let round = 0; round < 2; round++) {
        const filter = await filters.get(prefix, { path: `bad-${n}` });
        for (let key = 0; key < 100; key++) expect(filter?.mayContain(`key ${key}`)).to.equal(true);
      }
    }
    expect(reports).to.have.length(damaged.length);
    expect(reports[1]).to.contain("bad-1");
  });
});

function unexpected(what: string): void {
  throw new Error(what);
}
