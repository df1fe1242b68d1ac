import { expect } from "chai";
import type { FaultOptions } from "../../src/drivers/fault-plan.ts";
import { FaultyHotStore } from "../../src/drivers/hot/faults.ts";
import { MemoryHotStore } from "../../src/drivers/hot/memory/memory-store.ts";
import { KalamError } from "../../src/errors/index.ts";
import { SeededRandom } from "../../src/runtime/random.ts";
import { systemTimers } from "../../src/runtime/timers.ts";
import { batchOf, flawsOf, headOf } from "../crash/batches.ts";
import { kalamError, rejection } from "../support/rejection.ts";

function faulty(rates?: FaultOptions["rates"], seed = 1) {
  const inner = new MemoryHotStore();
  const options = { random: new SeededRandom(seed), timers: systemTimers, ...(rates ? { rates } : {}) };
  return { inner, store: new FaultyHotStore(inner, options) };
}

describe("fault-injecting hot store", () => {
  it("fails as planned, in order, and does nothing", async () => {
    const { inner, store } = faulty();
    store.failNext("commit", new KalamError("storage_full"));
    store.failNext("commit", new Error("second"));
    await kalamError(store.commit(batchOf(1)), "storage_full");
    expect(await headOf(store)).to.equal(0);
    expect(await rejection(store.commit(batchOf(1)))).to.have.property("message", "second");
    await store.commit(batchOf(1));
    expect(await flawsOf(inner)).to.deep.equal([]);
  });

  it("loses an acknowledgement of a commit that was done", async () => {
    const { store } = faulty();
    store.loseNextAcknowledgement(new Error("lost"));
    expect(await rejection(store.commit(batchOf(1)))).to.have.property("message", "lost");
    expect(await headOf(store)).to.equal(1);
  });

  it("holds operations until they are released", async () => {
    const { store } = faulty();
    const release = store.hold("commit");
    const commit = store.commit(batchOf(1));
    expect(await headOf(store)).to.equal(0);
    release();
    await commit;
    expect(await headOf(store)).to.equal(1);
  });

  it("gives the same faults for the same seed", async () => {
    const outcomes = async () => {
      const { store } = faulty({ error: 300, lostAcknowledgement: 200, delay: 100 }, 7);
      const list: string[] = [];
      for (let n = 1; n <= 40; n++) {
        const result = await store.commit({ puts: batchOf(n).puts }).catch((error: KalamError) => error.message);
        list.push(String(result));
      }
      return list;
    };
    const first = await outcomes();
    expect(new Set(first).size).to.equal(3);
    expect(await outcomes()).to.deep.equal(first);
  });

  it("crashes: what was acknowledged stays, what is under way is whole or absent", async () => {
    const heads = new Set<number>();
    for (let seed = 0; seed < 16; seed++) {
      const { inner, store } = faulty(undefined, seed);
      await store.commit(batchOf(1));
      const release = store.hold("commit");
      const underWay = rejection(store.commit(batchOf(2)));
      await store.crash();
      release();
      expect(await underWay).to.be.instanceOf(KalamError);
      await kalamError(store.get([]), "storage_failed");
      expect(await flawsOf(inner)).to.deep.equal([]);
      heads.add(await headOf(inner));
    }
    expect([...heads].sort()).to.deep.equal([1, 2]);
  });

  it("shows that a torn batch is noticed", async () => {
    const { inner, store } = faulty();
    const release = store.hold("commit");
    const underWay = rejection(store.commit(batchOf(1)));
    await store.crash({ tear: true });
    release();
    await underWay;
    expect(await flawsOf(inner)).to.not.deep.equal([]);
  });
});
