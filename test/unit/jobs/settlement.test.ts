import { expect } from "chai";
import type { Job, JobStatus } from "../../../src/engine/jobs/job.ts";
import { decodeJob, encodeJob } from "../../../src/engine/jobs/job.ts";
import { JobKinds } from "../../../src/engine/jobs/job-kinds.ts";
import { settle } from "../../../src/engine/jobs/settlement.ts";
import { ControlledJobs } from "../../support/controlled-jobs.ts";

const kinds = new JobKinds(new ControlledJobs().kinds);

function job(status: JobStatus, parts: Partial<Job> = {}): Job {
  return {
    id: "WK-1",
    type: "work",
    status,
    parameters: { name: "a" },
    message: null,
    trace: null,
    idempotencyKey: null,
    createdBy: null,
    retries: 0,
    maxRetries: 2,
    createdAt: 1,
    updatedAt: 2,
    startedAt: null,
    finishedAt: null,
    ...parts,
  };
}

describe("jobs that a run of the server left behind", () => {
  it("stay as they are when they are finished", () => {
    for (const status of ["completed", "failed", "cancelled", "skipped"] as const) {
      expect(settle(job(status), kinds, 9)).to.equal(undefined);
    }
  });

  it("are queued again when they had not begun", () => {
    for (const status of ["new", "queued", "retrying"] as const) {
      for (const type of ["work", "once"]) {
        const settled = settle(job(status, { type, retries: 2 }), kinds, 9);
        expect(settled).to.include({ status: "queued", retries: 2, updatedAt: 9 });
      }
    }
  });

  it("run again where their kind can, but not without end", () => {
    expect(settle(job("running", { retries: 1 }), kinds, 9)).to.include({ status: "queued", retries: 2 });
    expect(settle(job("running", { retries: 2 }), kinds, 9)).to.include({
      status: "failed",
      message: "the server stopped while the job ran (begun 3 times)",
      finishedAt: 9,
    });
    expect(settle(job("running", { type: "once" }), kinds, 9)).to.include({
      status: "failed",
      message: "the server stopped while the job ran",
    });
  });

  it("fail when this server cannot make sense of them", () => {
    const unknown = settle(job("queued", { type: "levitate" }), kinds, 9);
    expect(unknown).to.include({ status: "failed", message: "this server does not know jobs of the type levitate" });
    const senseless = settle(job("queued", { parameters: { name: 5 } }), kinds, 9);
    expect(senseless?.status).to.equal("failed");
    expect(senseless?.message).to.include("Invalid parameters for a job of type work");
  });

  it("are read as they were written, or refused", () => {
    const written = job("retrying", { message: "é", trace: "at", idempotencyKey: "k", createdBy: "ann", startedAt: 3 });
    expect(decodeJob("jWK-1", encodeJob(written))).to.deep.equal(written);
    for (const text of ["", "{", "null", JSON.stringify({ ...written, status: "lost" })]) {
      expect(() => decodeJob("jWK-1", Buffer.from(text))).to.throw("job document jWK-1 cannot be read");
    }
  });
});
