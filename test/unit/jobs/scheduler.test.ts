import { expect } from "chai";
import { type Check, Scheduler } from "../../../src/engine/jobs/scheduler.ts";
import { createRuntime } from "../../../src/runtime/runtime.ts";
import { systemTimers } from "../../../src/runtime/timers.ts";
import { HandTimers } from "../../support/hand-timers.ts";

function schedulerOf(...checks: Check[]) {
  const timers = new HandTimers();
  const reports: string[] = [];
  const report = (what: string, error: unknown): void => void reports.push(`${what}: ${(error as Error).message}`);
  return { timers, reports, scheduler: new Scheduler(checks, createRuntime({ timers }), report) };
}

describe("scheduler", () => {
  it("never runs a check beside itself, and runs others meanwhile", async () => {
    let begun = 0;
    let others = 0;
    let end: () => void = () => undefined;
    const { timers, scheduler } = schedulerOf(
      {
        name: "slow",
        everySeconds: 60,
        run: () => {
          begun++;
          return new Promise((resolve) => {
            end = resolve;
          });
        },
      },
      { name: "quick", everySeconds: 30, run: async () => void others++ },
      { name: "off", everySeconds: 0, run: () => Promise.reject(new Error("is off")) },
    );
    await scheduler.start();
    expect(timers.waiting).to.equal(2);
    for (let times = 0; times < 3; times++) timers.tick(60);
    timers.tick(30);
    await systemTimers.yield();
    timers.tick(30);
    expect([begun, others]).to.deep.equal([1, 2]);
    end();
    await systemTimers.yield();
    timers.tick(60);
    expect(begun).to.equal(2);
    end();
    await scheduler.drain();
    expect(timers.waiting).to.equal(0);
  });

  it("reports a check that fails, and tries it again", async () => {
    let times = 0;
    const run = async (): Promise<void> => {
      times++;
      throw new Error(`failure ${times}`);
    };
    const { timers, reports, scheduler } = schedulerOf({ name: "unlucky", everySeconds: 1, run });
    await scheduler.start();
    for (const expected of [1, 2]) {
      timers.tick(1);
      await systemTimers.yield();
      expect(times).to.equal(expected);
    }
    expect(reports).to.deep.equal(["the check unlucky failed: failure 1", "the check unlucky failed: failure 2"]);
    await scheduler.stop();
  });

  it("tells running checks to end, and waits for them", async () => {
    const seen: string[] = [];
    const { timers, reports, scheduler } = schedulerOf({
      name: "patient",
      everySeconds: 1,
      run: (signal) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener("abort", () => {
            seen.push("told");
            reject(new Error("gave up"));
          });
        }),
    });
    await scheduler.start();
    timers.tick(1);
    await scheduler.drain();
    expect([seen, reports]).to.deep.equal([["told"], []]);
  });
});
