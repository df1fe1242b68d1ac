import { expect } from "chai";
import fc from "fast-check";
import { FaultyHotStore } from "../../src/drivers/hot/faults.ts";
import type { HotStore } from "../../src/drivers/hot/hot-store.ts";
import { MemoryHotStore } from "../../src/drivers/hot/memory/memory-store.ts";
import type { Engine } from "../../src/engine/engine.ts";
import { isFinished, type Job } from "../../src/engine/jobs/job.ts";
import { SeededRandom } from "../../src/runtime/random.ts";
import { systemTimers } from "../../src/runtime/timers.ts";
import { type Call, ControlledJobs, openWithJobs } from "../support/controlled-jobs.ts";
import { kalamError } from "../support/rejection.ts";

const RUNS = process.env.KALAMDB_TEST_LONG === undefined ? 60 : 1000;
const CONCURRENT = 2;
const RETRIES = 2;

/** What must be true of a job, whatever happens to the server. */
interface Expected {
  readonly type: string;
  readonly key: string | undefined;
  retries: number;
  /** As it finished; it never changes again. */
  end: Job | undefined;
}

type Step =
  | { readonly do: "create"; readonly type: "work" | "once"; readonly key: number }
  | { readonly do: "finish" | "fail" | "cancel"; readonly which: number }
  | { readonly do: "crash" };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant("create" as const),
      type: fc.constantFrom("work", "once"),
      key: fc.nat({ max: 5 }),
    }),
  },
  { weight: 8, arbitrary: fc.record({ do: fc.constantFrom("finish", "fail", "cancel"), which: fc.nat({ max: 20 }) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("crash" as const) }) },
);

/** An engine that crashes and comes back on what was durable, and what is expected of its jobs. */
class JobsUnderTest {
  readonly #disk = new MemoryHotStore();
  readonly #random: SeededRandom;
  readonly #expected = new Map<string, Expected>();
  #jobs = new ControlledJobs();
  #store: FaultyHotStore | undefined;
  #engine: Engine | undefined;

  constructor(seed: number) {
    this.#random = new SeededRandom(seed);
  }

  get engine(): Engine {
    if (this.#engine === undefined) throw new Error("the engine is not open");
    return this.#engine;
  }

  async open(): Promise<void> {
    this.#jobs = new ControlledJobs();
    const around = (): HotStore => {
      this.#store = new FaultyHotStore(survivor(this.#disk), { random: this.#random, timers: systemTimers });
      return this.#store;
    };
    this.#engine = await openWithJobs(this.#jobs, { maxConcurrentJobs: CONCURRENT, jobRetries: RETRIES }, { around });
  }

  async run(given: Step): Promise<void> {
    switch (given.do) {
      case "create":
        await this.#create(given.type, given.key === 0 ? undefined : `key ${given.key}`);
        break;
      case "finish":
      case "fail":
        await this.#end(given.do, given.which);
        break;
      case "cancel":
        await this.#cancel(given.which);
        break;
      case "crash":
        await this.#crash();
    }
    await this.#quiet();
    this.#check();
  }

  /** Lets all work end well and closes the engine. */
  async close(): Promise<void> {
    while (this.engine.jobs.list().some((job) => !isFinished(job))) {
      for (const call of this.#calls()) call.finish("at the end");
      await systemTimers.yield();
    }
    await this.engine.close();
  }

  async #create(type: string, key: string | undefined): Promise<void> {
    const stands = key !== undefined && this.#active().some((expected) => expected.key === key);
    const options = key === undefined ? {} : { idempotencyKey: key };
    const { id } = await this.engine.jobs.create(type, { name: type }, options);
    expect(id === undefined, "an equal job stands in the way").to.equal(stands);
    if (id !== undefined) this.#expected.set(id, { type, key, retries: 0, end: undefined });
  }

  async #end(how: "finish" | "fail", which: number): Promise<void> {
    const calls = this.#calls();
    const call = calls[which % calls.length];
    if (call === undefined) return;
    const { jobId } = call.context;
    const expected = this.#expected.get(jobId) as Expected;
    if (how === "finish") {
      call.finish("well done");
      expected.end = await this.engine.jobs.whenDone(jobId);
      expect(expected.end).to.include({ status: "completed", message: "well done" });
    } else {
      call.fail(new Error("as told"));
      if (expected.retries++ === RETRIES) {
        expected.retries = RETRIES;
        expected.end = await this.engine.jobs.whenDone(jobId);
        expect(expected.end).to.include({ status: "failed", message: "as told" });
      }
    }
    this.#forget(call);
  }

  async #cancel(which: number): Promise<void> {
    const [id, expected] = [...this.#expected][which % this.#expected.size] ?? [];
    if (id === undefined || expected === undefined) return;
    if (expected.end !== undefined) await kalamError(this.engine.jobs.cancel(id), "job_not_active");
    else {
      expected.end = await this.engine.jobs.cancel(id);
      expect(expected.end.status).to.equal("cancelled");
    }
  }

  async #crash(): Promise<void> {
    const running = new Set(this.#calls().map(({ context }) => context.jobId));
    const [old, calls] = [this.engine, this.#calls()];
    await this.#store?.crash();
    await this.open();
    for (const call of calls) call.fail(new Error("crashed"));
    await old.close().catch(() => undefined);
    for (const [id, expected] of this.#expected) {
      if (expected.end !== undefined || !running.has(id)) continue;
      if (expected.type === "work" && expected.retries < RETRIES) expected.retries++;
      else {
        expected.end = this.engine.jobs.get(id);
        expect(expected.end?.message).to.match(/^the server stopped while the job ran/);
      }
    }
  }

  /** Waits until nothing but the controlled work itself is going on. */
  async #quiet(): Promise<void> {
    const busy = (): boolean => {
      const states = this.engine.jobs.list().map(({ status }) => status);
      const running = states.filter((status) => status === "running").length;
      const waits = states.some((status) => status === "queued" || status === "retrying") && running < CONCURRENT;
      return waits || states.includes("new") || running !== this.#calls().length;
    };
    while (busy()) await systemTimers.sleep(1);
  }

  #check(): void {
    const jobs = this.engine.jobs.list();
    expect(new Set(jobs.map(({ id }) => id))).to.deep.equal(new Set(this.#expected.keys()));
    for (const job of jobs) {
      const { end, retries } = this.#expected.get(job.id) as Expected;
      if (end !== undefined) expect(job).to.deep.equal(end);
      else expect([isFinished(job), job.retries], job.id).to.deep.equal([false, retries]);
    }
    const running = this.engine.jobs.running().map(({ id }) => id);
    expect(running.length).to.be.at.most(CONCURRENT);
    expect(new Set(this.#calls().map(({ context }) => context.jobId))).to.deep.equal(new Set(running));
    const keys = this.#active().flatMap(({ key }) => key ?? []);
    expect(new Set(keys).size).to.equal(keys.length);
  }

  #active(): readonly Expected[] {
    return [...this.#expected.values()].filter(({ end }) => end === undefined);
  }

  /** Work that goes on. */
  #calls(): readonly Call[] {
    return this.#jobs.calls.filter(({ context }) => !context.signal.aborted);
  }

  #forget(call: Call): void {
    this.#jobs.calls.splice(this.#jobs.calls.indexOf(call), 1);
  }
}

/** The store that is there after a crash too. */
function survivor(disk: MemoryHotStore): HotStore {
  return {
    capabilities: disk.capabilities,
    get: (keys) => disk.get(keys),
    scan: (range) => disk.scan(range),
    commit: (batch) => disk.commit(batch),
    size: () => disk.size(),
    close: () => Promise.resolve(),
  };
}

describe("jobs under random creation, ends, cancellation and crashes", () => {
  it("none is lost, none runs twice at once, none changes after its end", () =>
    fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 30 }), fc.nat(), async (steps, seed) => {
        const test = new JobsUnderTest(seed);
        await test.open();
        for (const each of steps) await test.run(each);
        await test.close();
      }),
      { numRuns: RUNS },
    )).timeout(RUNS * 2000);
});
