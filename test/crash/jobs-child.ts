import { systemTimers } from "../../src/runtime/timers.ts";
import { ControlledJobs, openWithJobs } from "../support/controlled-jobs.ts";

/** Begins a job of each kind, leaves two waiting, says so, and runs until it is killed. */
const jobs = new ControlledJobs();
const engine = await openWithJobs(jobs, { driver: "sqlite", dataDir: process.argv[2] ?? "", maxConcurrentJobs: 2 });
for (const type of ["work", "once", "work", "once"]) await engine.jobs.create(type, { name: type });
await jobs.call(2);
process.stdout.write(
  `${engine.jobs
    .list()
    .map(({ id, status }) => `${id}=${status}`)
    .join(" ")}\n`,
);
for (;;) await systemTimers.sleep(1000);
