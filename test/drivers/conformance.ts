import { expect } from "chai";
import { ConditionFailed, type Entry, type HotStore } from "../../src/drivers/hot/hot-store.ts";
import { kalamError, rejection } from "../support/rejection.ts";
import { modelProperties } from "./model.ts";

/** How the suite makes stores of one driver. */
export interface DriverUnderTest {
  readonly name: string;
  /** Opens a store; the same folder again gives the same data when the driver is durable. */
  open(folder: string): Promise<HotStore>;
}

type WithFolder = <T>(work: (folder: string) => Promise<T>) => Promise<T>;

const key = (text: string): Buffer => Buffer.from(text, "latin1");
const entry = (name: string, value = ""): Entry => ({ key: key(name), value: key(value) });
const EVERYTHING = { start: Buffer.alloc(0), end: Buffer.alloc(64, 0xff), limit: 1_000_000 };

/** What every driver must do. */
export function conformanceSuite(driver: DriverUnderTest, withFolder: WithFolder): void {
  const withStore = (work: (store: HotStore) => Promise<void>) => () =>
    withFolder(async (folder) => {
      const store = await driver.open(folder);
      try {
        await work(store);
      } finally {
        await store.close();
      }
    });

  describe(`hot store: ${driver.name}`, () => {
    describe("get and commit", () => {
      it(
        "gives values in the order of the keys asked for",
        withStore(async (store) => {
          await store.commit({ puts: [entry("a", "1"), entry("b", "2"), entry("c", "3")] });
          const values = await store.get([key("c"), key("none"), key("a"), key("c")]);
          expect(values.map((value) => value?.toString())).to.deep.equal(["3", undefined, "1", "3"]);
          expect(await store.get([])).to.deep.equal([]);
        }),
      );

      it(
        "replaces, and keeps the last of two puts of one key",
        withStore(async (store) => {
          await store.commit({ puts: [entry("a", "old")] });
          await store.commit({ puts: [entry("a", "new")] });
          expect(await texts(store)).to.deep.equal(["a=new"]);
          await store.commit({ puts: [entry("a", "first"), entry("a", "last")] });
          expect(await texts(store)).to.deep.equal(["a=last"]);
        }),
      );

      it(
        "applies range deletes, then deletes, then puts",
        withStore(async (store) => {
          await store.commit({ puts: ["a", "b", "c", "d"].map((name) => entry(name, "old")) });
          await store.commit({
            puts: [entry("b", "new"), entry("d", "new")],
            deletes: [key("d"), key("missing")],
            deleteRanges: [[key("a"), key("c")]],
          });
          expect(await texts(store)).to.deep.equal(["b=new", "c=old", "d=new"]);
        }),
      );

      it(
        "takes a batch without changes",
        withStore(async (store) => {
          await store.commit({ puts: [] });
          await store.commit({ puts: [], deletes: [], deleteRanges: [], conditions: [] });
          expect(await texts(store)).to.deep.equal([]);
        }),
      );

      it(
        "deletes ranges with the end exclusive, and nothing where the range is empty or turned round",
        withStore(async (store) => {
          await store.commit({ puts: ["a", "b", "c"].map((name) => entry(name)) });
          await store.commit({
            puts: [],
            deleteRanges: [
              [key("b"), key("b")],
              [key("c"), key("a")],
            ],
          });
          expect(await texts(store)).to.deep.equal(["a=", "b=", "c="]);
          await store.commit({ puts: [], deleteRanges: [[key("a"), key("c")]] });
          expect(await texts(store)).to.deep.equal(["c="]);
        }),
      );

      it(
        "does not share bytes with its callers",
        withStore(async (store) => {
          const mine = entry("k", "value");
          await store.commit({ puts: [mine] });
          mine.key.fill(0x78);
          mine.value.fill(0x78);
          const [first] = await store.get([key("k")]);
          first?.fill(0x79);
          const [scanned] = await store.scan(EVERYTHING);
          scanned?.key.fill(0x79);
          scanned?.value.fill(0x79);
          expect(await texts(store)).to.deep.equal(["k=value"]);
        }),
      );
    });

    describe("keys and values", () => {
      it(
        "orders keys byte by byte, unsigned, shorter first",
        withStore(async (store) => {
          const names = [
            "\xff",
            "\x00",
            "a\x00",
            "a",
            "\x7f",
            "\x80",
            "a\xff",
            "\x00\x00",
            "a\x00\x01",
            "\xff\xff",
            "",
          ];
          await store.commit({ puts: names.map((name) => entry(name, name)) });
          const sorted = names.map(key).sort(Buffer.compare);
          expect((await store.scan(EVERYTHING)).map((each) => each.key)).to.deep.equal(sorted);
          for (const name of names) expect(await store.get([key(name)])).to.deep.equal([key(name)]);
        }),
      );

      it(
        "keeps empty values apart from missing ones",
        withStore(async (store) => {
          await store.commit({ puts: [entry("empty")] });
          await store.commit({ puts: [entry("a"), entry("b")] });
          expect(await store.get([key("empty"), key("none")])).to.deep.equal([Buffer.alloc(0), undefined]);
          expect((await store.scan(EVERYTHING)).map((each) => each.value.length)).to.deep.equal([0, 0, 0]);
        }),
      );

      for (const megabytes of [1, 16]) {
        it(
          `keeps values of ${megabytes} MB`,
          withStore(async (store) => {
            const value = Buffer.alloc(megabytes * 1024 * 1024, "0123456789abcdef\x00\xff");
            await store.commit({ puts: [{ key: key("alone"), value }] });
            await store.commit({ puts: [{ key: key("among"), value }, entry("small", "s")], deletes: [key("x")] });
            const found = await store.get([key("alone"), key("among")]);
            expect(found.map((each) => each?.equals(value))).to.deep.equal([true, true]);
            expect(await store.size()).to.be.at.least(2 * value.length);
          }),
        );
      }

      it(
        "keeps long keys",
        withStore(async (store) => {
          const long = Buffer.alloc(10_000, 0x61);
          await store.commit({ puts: [{ key: long, value: key("v") }, entry("a", "w")] });
          expect(await store.get([long, key("a")])).to.deep.equal([key("v"), key("w")]);
        }),
      );

      it(
        "applies a batch of 100 000 entries, all or nothing",
        withStore(async (store) => {
          const puts = Array.from({ length: 100_000 }, (_, i) => entry(`key ${String(i).padStart(6, "0")}`, `${i}`));
          const refused = await rejection(
            store.commit({ puts, conditions: [{ key: key("absent"), expected: key("x") }] }),
          );
          expect(refused).to.be.instanceOf(ConditionFailed);
          expect(await store.scan(EVERYTHING)).to.deep.equal([]);
          await store.commit({ puts });
          expect(await store.scan({ ...EVERYTHING, limit: 200_000 })).to.have.length(100_000);
          const some = [99_999, 0, 51_234].map((i) => puts[i]?.key ?? key(""));
          expect((await store.get(some)).map(String)).to.deep.equal(["99999", "0", "51234"]);
          await store.commit({ puts: [], deleteRanges: [[key("key 000010"), key("key 999999")]] });
          expect(await store.scan(EVERYTHING)).to.have.length(10);
        }),
      );
    });

    describe("scan", () => {
      const names = ["a", "b", "c", "d", "e"];
      const scanNames = async (store: HotStore, start: string, end: string, limit: number, reverse = false) =>
        (await store.scan({ start: key(start), end: key(end), limit, reverse }))
          .map((each) => String(each.key))
          .join("");

      it(
        "has the start inclusive and the end exclusive, forward and back",
        withStore(async (store) => {
          await store.commit({ puts: names.map((name) => entry(name)) });
          expect(await scanNames(store, "b", "d", 9)).to.equal("bc");
          expect(await scanNames(store, "b", "d", 9, true)).to.equal("cb");
          expect(await scanNames(store, "b\x00", "d\x00", 9)).to.equal("cd");
          expect(await scanNames(store, "b\x00", "d\x00", 9, true)).to.equal("dc");
          expect(await scanNames(store, "f", "z", 9, true)).to.equal("");
          expect(await scanNames(store, "d", "b", 9)).to.equal("");
          expect(await scanNames(store, "c", "c", 9, true)).to.equal("");
        }),
      );

      it(
        "stops at the limit, from the end when reversed",
        withStore(async (store) => {
          await store.commit({ puts: names.map((name) => entry(name)) });
          expect(await scanNames(store, "a", "z", 2)).to.equal("ab");
          expect(await scanNames(store, "a", "z", 2, true)).to.equal("ed");
          expect(await scanNames(store, "a", "z", 0)).to.equal("");
        }),
      );

      it(
        "goes on from the last key in both directions",
        withStore(async (store) => {
          const all = Array.from({ length: 1000 }, (_, i) => entry(`k${String(i).padStart(4, "0")}`, `${i}`));
          await store.commit({ puts: all });
          const forward: string[] = [];
          for (let start = key("k"); ; ) {
            const chunk = await store.scan({ start, end: key("l"), limit: 77 });
            forward.push(...chunk.map((each) => String(each.value)));
            const last = chunk.at(-1);
            if (last === undefined) break;
            start = Buffer.concat([last.key, Buffer.alloc(1)]);
          }
          const back: string[] = [];
          for (let end = key("l"); ; ) {
            const chunk = await store.scan({ start: key("k"), end, limit: 77, reverse: true });
            back.push(...chunk.map((each) => String(each.value)));
            const last = chunk.at(-1);
            if (last === undefined) break;
            end = last.key;
          }
          const expected = all.map((each) => String(each.value));
          expect(forward).to.deep.equal(expected);
          expect(back).to.deep.equal(expected.toReversed());
        }),
      );
    });

    describe("conditions", () => {
      const cases = [
        { name: "absent", ok: { key: key("none"), expected: undefined }, bad: { key: key("a"), expected: undefined } },
        { name: "a value", ok: { key: key("a"), expected: key("1") }, bad: { key: key("a"), expected: key("2") } },
        {
          name: "an empty value",
          ok: { key: key("empty"), expected: key("") },
          bad: { key: key("none"), expected: key("") },
        },
      ];
      for (const { name, ok, bad } of cases) {
        it(
          `commits or refuses as a whole: ${name}`,
          withStore(async (store) => {
            await store.commit({ puts: [entry("a", "1"), entry("empty"), entry("range 1")] });
            const before = await texts(store);
            const changes = {
              puts: [entry("a", "changed"), entry("new", "n")],
              deletes: [key("empty")],
              deleteRanges: [[key("range"), key("rangf")]] as const,
            };
            const refused = await rejection(store.commit({ ...changes, conditions: [ok, bad] }));
            expect(refused).to.be.instanceOf(ConditionFailed);
            expect(refused).to.have.property("key").that.deep.equals(bad.key);
            expect(await texts(store)).to.deep.equal(before);
            await store.commit({ ...changes, conditions: [ok] });
            expect(await texts(store)).to.deep.equal(["a=changed", "new=n"]);
          }),
        );
      }

      it(
        "are checked before the batch's own changes",
        withStore(async (store) => {
          await store.commit({ puts: [entry("a", "1")], conditions: [{ key: key("a"), expected: undefined }] });
          await store.commit({ puts: [], deletes: [key("a")], conditions: [{ key: key("a"), expected: key("1") }] });
          expect(await texts(store)).to.deep.equal([]);
        }),
      );

      it(
        "let one of many concurrent claims win",
        withStore(async (store) => {
          const claims = Array.from({ length: 20 }, (_, i) =>
            store.commit({ puts: [entry("claim", `${i}`)], conditions: [{ key: key("claim"), expected: undefined }] }),
          );
          const outcomes = await Promise.allSettled(claims);
          const winners = outcomes.flatMap((outcome, i) => (outcome.status === "fulfilled" ? [i] : []));
          expect(winners).to.have.length(1);
          expect(await texts(store)).to.deep.equal([`claim=${winners[0]}`]);
        }),
      );
    });

    describe("at the same time", () => {
      it(
        "a read begun after a commit resolved sees it",
        withStore(async (store) => {
          for (let i = 0; i < 50; i++) {
            await store.commit({ puts: [entry("counter", `${i}`), entry(`key ${i}`)] });
            const [reads, scans] = await Promise.all([
              Promise.all([store.get([key("counter")]), store.get([key("counter"), key("none")])]),
              store.scan({ start: key("counter"), end: key("d"), limit: 1 }),
            ]);
            expect(reads.map(([value]) => String(value))).to.deep.equal([`${i}`, `${i}`]);
            expect(String(scans[0]?.value)).to.equal(`${i}`);
          }
        }),
      );

      it(
        "readers never see half of a batch",
        withStore(async (store) => {
          let writing = true;
          const write = async () => {
            for (let i = 0; i < 40; i++) {
              await store.commit({ puts: Array.from({ length: 50 }, (_, k) => entry(`key ${k}`, `${i}`)) });
            }
            writing = false;
          };
          const read = async () => {
            while (writing) {
              const values = new Set((await store.scan(EVERYTHING)).map((each) => String(each.value)));
              expect(values.size).to.be.at.most(1);
            }
          };
          await Promise.all([write(), read(), read()]);
        }),
      );

      it(
        "commits are applied in the order in which they were given",
        withStore(async (store) => {
          const many = Array.from({ length: 50 }, (_, k) => entry(`other ${k}`, "x"));
          await Promise.all(
            Array.from({ length: 30 }, (_, i) =>
              store.commit({ puts: i % 3 === 0 ? [entry("k", `${i}`)] : [...many, entry("k", `${i}`)] }),
            ),
          );
          expect(await store.get([key("k")])).to.deep.equal([key("29")]);
        }),
      );
    });

    describe("closing", () => {
      it("waits for the commits that were begun, keeps them where durable, and may be repeated", () =>
        withFolder(async (folder) => {
          const store = await driver.open(folder);
          const begun = Array.from({ length: 10 }, (_, i) => store.commit({ puts: [entry(`k${i}`, "v")] }));
          await Promise.all([store.close(), store.close()]);
          await Promise.all(begun);
          await store.close();
          const again = await driver.open(folder);
          expect(await texts(again)).to.have.length(store.capabilities.durable ? 10 : 0);
          await again.commit({ puts: [entry("after", "v")] });
          await again.close();
        }));

      it("refuses work afterwards with a clear error", () =>
        withFolder(async (folder) => {
          const store = await driver.open(folder);
          await store.close();
          for (const use of [
            () => store.get([key("a")]),
            () => store.scan(EVERYTHING),
            () => store.commit({ puts: [entry("a")] }),
            () => store.size(),
          ]) {
            const error = await kalamError(use(), "storage_failed");
            expect(error.message).to.contain("the store is closed");
          }
        }));
    });

    modelProperties(driver, withFolder);
  });
}

async function texts(store: HotStore): Promise<string[]> {
  return (await store.scan(EVERYTHING)).map(
    (each) => `${each.key.toString("latin1")}=${each.value.toString("latin1")}`,
  );
}
