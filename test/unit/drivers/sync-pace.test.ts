import { expect } from "chai";
import { SyncPace } from "../../../src/drivers/hot/sqlite/sync-pace.ts";
import { systemTimers } from "../../../src/runtime/timers.ts";

/** Whether the event loop waits, for batches of so many entries one after another. */
const waits = (pace: SyncPace, sizes: readonly number[]): boolean[] => sizes.map((entries) => pace.mayWait(entries));
const small = (count: number): number[] => new Array<number>(count).fill(1);

describe("where a commit waits for the disk", () => {
  it("is elsewhere until the disk is known to be fast", () => {
    const pace = new SyncPace(systemTimers);
    expect(pace.mayWait(1)).to.equal(false);
    pace.measured(0.2);
    expect(waits(pace, [1, 2])).to.deep.equal([true, true]);
  });

  it("is elsewhere after one slow sync, until several fast ones have followed", () => {
    const pace = new SyncPace(systemTimers);
    pace.measured(0.2);
    pace.measured(5);
    const later = small(30).map((entries) => {
      pace.measured(0.2);
      return pace.mayWait(entries);
    });
    expect(later.slice(0, 8)).to.not.include(true);
    expect(later.at(-1)).to.equal(true);
  });

  it("is elsewhere while batches have many entries, and for some time after", () => {
    const pace = new SyncPace(systemTimers);
    pace.measured(0.2);
    expect(waits(pace, [9, ...small(16)])).to.deep.equal([...new Array<boolean>(16).fill(false), true]);
    expect(waits(pace, [1, 9, 1, 9, 1])).to.deep.equal([true, false, false, false, false]);
  });

  it("is the event loop once in a turn at most; a second batch shows that others write too", async () => {
    const pace = new SyncPace(systemTimers);
    pace.waited(0.2);
    expect(pace.mayWait(1)).to.equal(false);
    await systemTimers.yield();
    expect(waits(pace, small(16)).indexOf(true)).to.equal(15);
    pace.waited(0.2);
    await systemTimers.yield();
    expect(pace.mayWait(1)).to.equal(true);
  });
});
