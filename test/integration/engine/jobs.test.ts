import { expect } from "chai";
import { FaultyHotStore } from "../../../src/drivers/hot/faults.ts";
import type { HotStore } from "../../../src/drivers/hot/hot-store.ts";
import type { EngineOptions } from "../../../src/engine/options.ts";
import { KalamError } from "../../../src/errors/index.ts";
import { systemRandom } from "../../../src/runtime/random.ts";
import { systemTimers } from "../../../src/runtime/timers.ts";
import { ControlledJobs, openWithJobs } from "../../support/controlled-jobs.ts";
import { withFolder } from "../../support/folder.ts";
import { kalamError } from "../../support/rejection.ts";

type Test = (jobs: ControlledJobs, engine: Awaited<ReturnType<typeof openWithJobs>>) => Promise<void>;

function onEveryDriver(title: string, test: Test, options: Partial<EngineOptions> = {}): void {
  for (const driver of ["sqlite", "memory"] as const) {
    it(`${title} (${driver})`, () =>
      withFolder(async (dataDir) => {
        const jobs = new ControlledJobs();
        const engine = await openWithJobs(jobs, { ...options, driver, dataDir });
        try {
          await test(jobs, engine);
        } finally {
          await engine.close();
        }
      }));
  }
}

async function made(engine: Awaited<ReturnType<typeof openWithJobs>>, name: string, type = "work"): Promise<string> {
  const { id } = await engine.jobs.create(type, { name });
  if (id === undefined) throw new Error("no job was made");
  return id;
}

describe("jobs", () => {
  onEveryDriver("run, say how far they are, and keep what came of them", async (jobs, engine) => {
    const id = await made(engine, "a");
    expect(id).to.match(/^WK-[0-9a-f]{12}$/);
    const call = await jobs.call(1);
    expect(call.context.jobId).to.equal(id);
    call.context.progress("half of it");
    expect(engine.jobs.get(id)).to.include({ status: "running", message: "half of it", retries: 0 });
    expect(engine.jobs.running().map((job) => job.id)).to.deep.equal([id]);
    call.finish("all of it");
    const job = await engine.jobs.whenDone(id);
    expect(job).to.include({ status: "completed", message: "all of it", type: "work" });
    expect(job.startedAt).to.be.at.least(job.createdAt);
    expect(job.finishedAt).to.be.at.least(job.startedAt ?? Number.POSITIVE_INFINITY);
  });

  onEveryDriver(
    "run no more at once than allowed, in the order in which they came",
    async (jobs, engine) => {
      for (const name of ["a", "b", "c", "d"]) await made(engine, name);
      await jobs.call(2);
      expect(engine.jobs.list().map(({ status }) => status)).to.deep.equal(["running", "running", "queued", "queued"]);
      jobs.calls[1]?.finish("");
      expect((await jobs.call(3)).name).to.equal("c");
      for (const call of jobs.calls) call.finish("");
      (await jobs.call(4)).finish("");
    },
    { maxConcurrentJobs: 2 },
  );

  onEveryDriver(
    "are not made when there is nothing to do, when one like it is active, or of nonsense",
    async (jobs, engine) => {
      jobs.idle.add("idle");
      expect(await engine.jobs.create("work", { name: "idle" })).to.deep.equal({ skipped: "nothing to do for idle" });
      const key = { idempotencyKey: "once at a time" };
      const [first, second] = await Promise.all([
        engine.jobs.create("work", { name: "a" }, key),
        engine.jobs.create("work", { name: "a" }, key),
      ]);
      expect(second.skipped).to.match(/^an equal job is already (new|queued|running) \(WK-/);
      (await jobs.call(1)).finish("");
      await engine.jobs.whenDone(first.id ?? "");
      expect(await engine.jobs.create("work", { name: "a" }, key)).to.have.property("id");
      (await jobs.call(2)).finish("");
      const wrong = await kalamError(engine.jobs.create("work", { nam: "a" }), "invalid_job_parameters");
      expect(wrong.message).to.include("name");
      expect(engine.jobs.list()).to.have.length(2);
    },
  );

  onEveryDriver(
    "are skipped when there is nothing left to do at their turn",
    async (jobs, engine) => {
      await made(engine, "a");
      const id = await made(engine, "b");
      jobs.idle.add("b");
      (await jobs.call(1)).finish("");
      expect(await engine.jobs.whenDone(id)).to.include({ status: "skipped", message: "nothing to do for b" });
      expect(jobs.calls).to.have.length(1);
    },
    { maxConcurrentJobs: 1 },
  );

  onEveryDriver(
    "are begun again when they fail, but not without end",
    async (jobs, engine) => {
      const id = await made(engine, "a");
      for (const number of [1, 2]) (await jobs.call(number)).fail(new Error(`broken ${number}`));
      (await jobs.call(3)).finish("at last");
      expect(await engine.jobs.whenDone(id)).to.include({
        status: "completed",
        message: "at last",
        retries: 2,
        trace: null,
      });
      const hopeless = await made(engine, "b");
      for (const number of [4, 5, 6]) (await jobs.call(number)).fail(new Error("hopeless"));
      const failed = await engine.jobs.whenDone(hopeless);
      expect(failed).to.include({ status: "failed", message: "hopeless", retries: 2 });
      expect(failed.trace).to.include("jobs.test.ts");
      expect(jobs.calls).to.have.length(6);
    },
    { jobRetries: 2 },
  );

  onEveryDriver(
    "are turned away when too many wait",
    async (jobs, engine) => {
      await made(engine, "a");
      await made(engine, "b");
      const refused = await kalamError(engine.jobs.create("work", { name: "c" }), "too_many_jobs");
      expect(refused.definition.status).to.equal(503);
      for (const number of [1, 2]) (await jobs.call(number)).finish("");
    },
    { maxWaitingJobs: 2 },
  );

  onEveryDriver(
    "make room for new ones, the oldest finished first",
    async (jobs, engine) => {
      const ids: string[] = [];
      for (let number = 1; number <= 5; number++) {
        ids.push(await made(engine, "a"));
        (await jobs.call(number)).finish("");
        await engine.jobs.whenDone(ids.at(-1) ?? "");
      }
      expect(engine.jobs.list().map(({ id }) => id)).to.deep.equal(ids.slice(-3));
    },
    { maxKeptJobs: 3 },
  );

  describe("that are cancelled", () => {
    onEveryDriver(
      "never begin when they waited",
      async (jobs, engine) => {
        await made(engine, "a");
        const id = await made(engine, "b");
        expect(await engine.jobs.cancel(id)).to.include({ status: "cancelled", message: "Cancelled by user" });
        (await jobs.call(1)).finish("");
        await kalamError(engine.jobs.cancel(id), "job_not_active");
        await kalamError(engine.jobs.cancel("WK-000000000000"), "job_not_found");
        const next = await made(engine, "c");
        expect((await jobs.call(2)).context.jobId).to.equal(next);
        jobs.calls[1]?.finish("");
      },
      { maxConcurrentJobs: 1 },
    );

    onEveryDriver("give up when they run, and are not begun again", async (jobs, engine) => {
      const id = await made(engine, "a");
      const { context } = await jobs.call(1);
      expect(await engine.jobs.cancel(id, "not wanted")).to.include({ status: "cancelled", message: "not wanted" });
      expect(context.signal.reason).to.have.property("message", "not wanted");
      expect(jobs.calls).to.have.length(1);
    });

    onEveryDriver("stay completed when they completed all the same", async (jobs, engine) => {
      jobs.deaf.add("a");
      const id = await made(engine, "a");
      const { context, finish } = await jobs.call(1);
      context.signal.addEventListener("abort", () => finish("done before"));
      const error = await kalamError(engine.jobs.cancel(id), "job_not_active");
      expect(error.message).to.equal("Invalid operation: Cannot cancel job in status Completed");
      expect(engine.jobs.get(id)).to.include({ status: "completed", message: "done before" });
    });

    onEveryDriver(
      "hold nobody up when they do not end, and say so",
      async (jobs, engine) => {
        jobs.deaf.add("a");
        const key = { idempotencyKey: "a" };
        const { id = "" } = await engine.jobs.create("work", { name: "a" }, key);
        const call = await jobs.call(1);
        const cancelled = await engine.jobs.cancel(id);
        expect(cancelled).to.include({
          status: "cancelled",
          message: "Cancelled by user (its work has not ended yet)",
        });
        await made(engine, "b");
        (await jobs.call(2)).finish("");
        expect(await engine.jobs.create("work", { name: "a" }, key)).to.deep.equal({
          skipped: `the work of an equal job that was ended goes on (${id})`,
        });
        call.finish("too late");
        while ((await engine.jobs.create("work", { name: "a" }, key)).id === undefined) await systemTimers.yield();
        expect(engine.jobs.get(id)).to.include({ message: "Cancelled by user (its work ended later)" });
        (await jobs.call(3)).finish("");
      },
      { maxConcurrentJobs: 1, jobGraceSeconds: 0.05 },
    );

    onEveryDriver(
      "are those that a caller picks, or that work on a dropped table",
      async (jobs, engine) => {
        const [a, b, c] = [await made(engine, "a"), await made(engine, "b"), await made(engine, "c")];
        await jobs.call(2);
        expect(await engine.jobs.cancelWhere(({ parameters }) => parameters.name !== "b", "not those")).to.equal(2);
        expect(engine.jobs.get(a)).to.include({ status: "cancelled", message: "not those" });
        expect(engine.jobs.get(c)).to.include({ status: "cancelled", message: "not those" });
        expect(engine.jobs.get(b)).to.include({ status: "running" });
        const { id = "" } = await engine.jobs.create("work", { name: "d", table_id: "app.notes" });
        await engine.jobs.cancelOfTable("app.notes");
        expect(engine.jobs.get(id)).to.include({ status: "cancelled", message: "Table app.notes was dropped" });
        for (const call of jobs.calls) call.finish("");
      },
      { maxConcurrentJobs: 2 },
    );
  });

  onEveryDriver(
    "that hang are ended; those that give signs of life are not",
    async (jobs, engine) => {
      const lively = await made(engine, "lively");
      const sign = systemTimers.every(10, () => jobs.calls[0]?.context.progress("alive"));
      await jobs.call(1);
      const id = await made(engine, "a");
      const hung = await engine.jobs.whenDone(id);
      expect(hung).to.include({ status: "failed", message: "the job gave no sign of life for 0.2 s" });
      expect(engine.jobs.get(lively)).to.include({ status: "running" });
      sign.cancel();
      jobs.calls[0]?.finish("");
    },
    { jobTimeoutSeconds: 0.2 },
  );

  onEveryDriver("that finished long ago are removed by a job", async (jobs, engine) => {
    const id = await made(engine, "a");
    (await jobs.call(1)).finish("");
    await engine.jobs.whenDone(id);
    expect(await engine.jobs.create("job_cleanup", { retention_days: 1 })).to.deep.equal({
      skipped: "no job finished more than 1 day(s) ago",
    });
    await systemTimers.sleep(5);
    const cleanup = await engine.jobs.create("job_cleanup", { retention_days: 0 });
    const done = await engine.jobs.whenDone(cleanup.id ?? "");
    expect(done).to.include({ status: "completed", message: "Removed 1 finished job(s)" });
    expect(engine.jobs.list().map((job) => job.id)).to.deep.equal([cleanup.id]);
  });

  it("whose end cannot be written have ended all the same; those that cannot be written are not made", async () => {
    const jobs = new ControlledJobs();
    let faulty: FaultyHotStore | undefined;
    const around = (store: HotStore) => {
      faulty = new FaultyHotStore(store, { random: systemRandom, timers: systemTimers });
      return faulty;
    };
    const engine = await openWithJobs(jobs, {}, { around });
    const id = await made(engine, "a");
    const call = await jobs.call(1);
    faulty?.failNext("commit", new KalamError("storage_full"));
    call.finish("done");
    expect(await engine.jobs.whenDone(id)).to.include({ status: "completed" });
    const second = await made(engine, "b");
    await jobs.call(2);
    for (let times = 0; times < 5; times++) faulty?.failNext("commit", new KalamError("storage_full"));
    jobs.calls[1]?.finish("done");
    expect(await engine.jobs.whenDone(second)).to.include({ status: "completed" });
    faulty?.failNext("commit", new KalamError("storage_full"));
    await kalamError(engine.jobs.create("work", { name: "c" }), "storage_full");
    expect(engine.jobs.list()).to.have.length(2);
    await engine.close();
  });

  it("are made with a batch of somebody else, or not at all", async () => {
    const jobs = new ControlledJobs();
    const engine = await openWithJobs(jobs);
    const { pipeline, jobs: all } = await databaseOf(jobs, engine);
    const create = (fails: boolean) =>
      pipeline.submit({
        reads: [],
        exclusive: true,
        prepare: (batch) => {
          const created = all.createWith(batch, "work", { name: "a" });
          if (fails) throw new Error("changed its mind");
          return created;
        },
      });
    expect(await create(true).catch((error: Error) => error.message)).to.equal("changed its mind");
    const { id = "" } = await create(false);
    (await jobs.call(2)).finish("");
    expect(await all.whenDone(id)).to.include({ status: "completed" });
    await engine.close();
  });
});

/** The database as work sees it. */
async function databaseOf(jobs: ControlledJobs, engine: Awaited<ReturnType<typeof openWithJobs>>) {
  await made(engine, "first");
  const { context, finish } = await jobs.call(1);
  finish("");
  return context.database;
}
