import { expect } from "chai";
import { BoundedCalls, NoAnswer } from "../../../src/drivers/objects/filesystem/bounded-calls.ts";
import { systemTimers, type Timers } from "../../../src/runtime/timers.ts";
import { rejection } from "../../support/rejection.ts";

/** Timers whose time is up when the test says so. */
function steered(): { timers: Timers; expire: () => void } {
  let pending: (() => void)[] = [];
  const timers: Timers = {
    ...systemTimers,
    after: (_millis, work) => {
      pending.push(work);
      return {
        cancel: () => {
          pending = pending.filter((other) => other !== work);
        },
      };
    },
  };
  return {
    timers,
    expire: () => {
      for (const work of pending.splice(0)) work();
    },
  };
}

function hanging<T>(): { call: () => Promise<T>; comeBack: (result: T) => void; readonly begun: number } {
  let begun = 0;
  const waiting: ((result: T) => void)[] = [];
  return {
    call: () => {
      begun++;
      return new Promise<T>((resolve) => waiting.push(resolve));
    },
    comeBack: (result) => {
      for (const resolve of waiting.splice(0)) resolve(result);
    },
    get begun() {
      return begun;
    },
  };
}

describe("calls of a file system that may hang", () => {
  it("run a few at a time, in order", async () => {
    const calls = new BoundedCalls({ timeoutMillis: 1000, atOnce: 2, timers: systemTimers });
    const order: number[] = [];
    let running = 0;
    await Promise.all(
      Array.from({ length: 20 }, (_, n) =>
        calls.run(async () => {
          expect(++running).to.be.at.most(2);
          order.push(n);
          await new Promise((resolve) => setImmediate(resolve));
          running--;
        }),
      ),
    );
    expect(order).to.deep.equal(Array.from({ length: 20 }, (_, n) => n));
  });

  it("a call that fails gives its place to the next", async () => {
    const calls = new BoundedCalls({ timeoutMillis: 1000, atOnce: 1, timers: systemTimers });
    const outcomes = await Promise.allSettled([
      calls.run(() => Promise.reject(new Error("first"))),
      calls.run(async () => "second"),
    ]);
    expect(outcomes.map(({ status }) => status)).to.deep.equal(["rejected", "fulfilled"]);
  });

  it("one that hangs fails with those that wait, and none begins before it comes back", async () => {
    const { timers, expire } = steered();
    const calls = new BoundedCalls({ timeoutMillis: 1000, atOnce: 1, timers });
    const stuck = hanging<string>();
    const freed: string[] = [];
    const first = rejection(
      calls.run(stuck.call, async (result) => {
        freed.push(result);
      }),
    );
    const second = rejection(calls.run(stuck.call));
    await new Promise((resolve) => setImmediate(resolve));
    expire();
    expect(await first).to.be.instanceOf(NoAnswer);
    expect(await second).to.be.instanceOf(NoAnswer);
    expect(await rejection(calls.run(stuck.call))).to.be.instanceOf(NoAnswer);
    expect(stuck.begun).to.equal(1);
    stuck.comeBack("handle");
    await new Promise((resolve) => setImmediate(resolve));
    expect(freed).to.deep.equal(["handle"]);
    expect(await calls.run(async () => "well again")).to.equal("well again");
  });
});
