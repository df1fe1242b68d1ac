import { expect } from "chai";
import fc from "fast-check";
import { ConditionFailed, type HotStore, type ScanRange, type WriteBatch } from "../../src/drivers/hot/hot-store.ts";
import type { DriverUnderTest } from "./conformance.ts";

/** Few short keys over few bytes, so that random operations meet. */
const bytes = fc
  .array(fc.constantFrom(0x00, 0x01, 0x61, 0x62, 0xfe, 0xff), { maxLength: 3 })
  .map((list) => Buffer.from(list));
const values = fc.uint8Array({ maxLength: 6 }).map((list) => Buffer.from(list));

const batches: fc.Arbitrary<WriteBatch> = fc.record({
  puts: fc.array(fc.record({ key: bytes, value: values }), { maxLength: 8 }),
  deletes: fc.array(bytes, { maxLength: 3 }),
  deleteRanges: fc.array(fc.tuple(bytes, bytes), { maxLength: 2 }),
  conditions: fc.oneof(
    { weight: 3, arbitrary: fc.constant([]) },
    {
      weight: 1,
      arbitrary: fc.array(fc.record({ key: bytes, expected: fc.option(values, { nil: undefined }) }), { maxLength: 2 }),
    },
  ),
});
const ranges: fc.Arbitrary<ScanRange> = fc.record({
  start: bytes,
  end: bytes,
  limit: fc.integer({ min: 0, max: 6 }),
  reverse: fc.boolean(),
});
const steps = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: fc.record({ commit: batches }) },
    { weight: 3, arbitrary: fc.record({ scan: ranges }) },
    { weight: 2, arbitrary: fc.record({ get: fc.array(bytes, { maxLength: 5 }) }) },
    { weight: 1, arbitrary: fc.record({ reopen: fc.constant(true) }) },
  ),
  { minLength: 1, maxLength: 25 },
);

/** The same operations on a plain map, keys as latin-1 text (which compares as bytes do). */
class Model {
  #entries = new Map<string, Buffer>();

  /** @returns false when a condition does not hold. */
  commit({ puts, deletes = [], deleteRanges = [], conditions = [] }: WriteBatch): boolean {
    for (const { key, expected } of conditions) {
      const value = this.#entries.get(name(key));
      if (expected === undefined ? value !== undefined : !value?.equals(expected)) return false;
    }
    for (const [start, end] of deleteRanges) {
      for (const key of this.#sorted()) if (key >= name(start) && key < name(end)) this.#entries.delete(key);
    }
    for (const key of deletes) this.#entries.delete(name(key));
    for (const { key, value } of puts) this.#entries.set(name(key), value);
    return true;
  }

  get(keys: readonly Buffer[]): (Buffer | undefined)[] {
    return keys.map((key) => this.#entries.get(name(key)));
  }

  scan({ start, end, limit, reverse }: ScanRange): { key: Buffer; value: Buffer | undefined }[] {
    const keys = this.#sorted().filter((key) => key >= name(start) && key < name(end));
    if (reverse) keys.reverse();
    return keys.slice(0, limit).map((key) => ({ key: Buffer.from(key, "latin1"), value: this.#entries.get(key) }));
  }

  clear(): void {
    this.#entries.clear();
  }

  #sorted(): string[] {
    return [...this.#entries.keys()].sort((a, b) => (a < b ? -1 : 1));
  }
}

/** Random histories give the same answers as a sorted map. */
export function modelProperties(
  driver: DriverUnderTest,
  withFolder: <T>(work: (folder: string) => Promise<T>) => Promise<T>,
): void {
  it("answers random histories as a sorted map does", () =>
    withFolder(async (folder) => {
      let run = 0;
      const property = fc.asyncProperty(steps, async (history) => {
        const place = `${folder}/${run++}`;
        const model = new Model();
        let store = await driver.open(place);
        try {
          for (const step of history) {
            if ("commit" in step) expect(await committed(store, step.commit)).to.equal(model.commit(step.commit));
            else if ("get" in step) expect(await store.get(step.get)).to.deep.equal(model.get(step.get));
            else if ("scan" in step) expect(await store.scan(step.scan)).to.deep.equal(model.scan(step.scan));
            else {
              await store.close();
              store = await driver.open(place);
              if (!store.capabilities.durable) model.clear();
            }
          }
        } finally {
          await store.close();
        }
      });
      await fc.assert(property, { numRuns: process.env.KALAMDB_TEST_LONG ? 1000 : 40 });
    }));
}

async function committed(store: HotStore, batch: WriteBatch): Promise<boolean> {
  try {
    await store.commit(batch);
    return true;
  } catch (error) {
    if (error instanceof ConditionFailed) return false;
    throw error;
  }
}

function name(key: Buffer): string {
  return key.toString("latin1");
}
