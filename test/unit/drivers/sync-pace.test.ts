import { expect } from "chai";
import { SyncPace } from "../../../src/drivers/hot/sqlite/sync-pace.ts";

describe("where a commit waits for the disk", () => {
  it("is elsewhere until the disk is known to be fast, and for batches of many entries", () => {
    const pace = new SyncPace();
    expect(pace.mayWait(1)).to.equal(false);
    pace.measured(0.2);
    expect([1, 2, 3].map((entries) => pace.mayWait(entries))).to.deep.equal([true, true, false]);
  });

  it("is elsewhere after one slow sync, until several fast ones have followed", () => {
    const pace = new SyncPace();
    pace.measured(0.2);
    pace.measured(5);
    const waits = Array.from({ length: 30 }, () => {
      pace.measured(0.2);
      return pace.mayWait(1);
    });
    expect(waits.slice(0, 8)).to.not.include(true);
    expect(waits.at(-1)).to.equal(true);
  });
});
