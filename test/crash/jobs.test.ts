import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { startChild } from "../support/child.ts";
import { ControlledJobs, openWithJobs } from "../support/controlled-jobs.ts";
import { withFolder } from "../support/folder.ts";

const CHILD = fileURLToPath(new URL("jobs-child.ts", import.meta.url));

describe("a process killed while jobs run", () => {
  it("leaves jobs that the next start settles", () =>
    withFolder(async (dataDir) => {
      const child = startChild(CHILD, [dataDir]);
      const states = new Map<string, string>();
      for await (const line of child.lines) {
        for (const pair of line.split(" ")) states.set(...(pair.split("=") as [string, string]));
        break;
      }
      child.process.kill("SIGKILL");
      await child.ended;
      expect([...states.values()]).to.deep.equal(["running", "running", "queued", "queued"]);

      const jobs = new ControlledJobs();
      const engine = await openWithJobs(jobs, { driver: "sqlite", dataDir });
      const [work = "", once = "", ...waiting] = states.keys();
      expect(engine.jobs.get(once)).to.include({
        status: "failed",
        message: "the server stopped while the job ran",
        retries: 0,
      });
      await jobs.call(3);
      expect(new Set(jobs.calls.map(({ context }) => context.jobId))).to.deep.equal(new Set([work, ...waiting]));
      for (const call of jobs.calls) call.finish("done now");
      expect(await engine.jobs.whenDone(work)).to.include({ status: "completed", retries: 1 });
      for (const id of waiting) expect(await engine.jobs.whenDone(id)).to.include({ status: "completed", retries: 0 });
      await engine.close();
    }));
});
