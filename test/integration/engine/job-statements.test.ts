import { expect } from "chai";
import type { Role } from "../../../src/engine/auth/roles.ts";
import type { Engine } from "../../../src/engine/engine.ts";
import { StatementFailure } from "../../../src/engine/statement-failure.ts";
import type { Row } from "../../../src/engine/types/column-type.ts";
import { ControlledJobs, openWithJobs } from "../../support/controlled-jobs.ts";
import { rejection } from "../../support/rejection.ts";

describe("jobs in SQL", () => {
  let jobs: ControlledJobs;
  let engine: Engine;

  beforeEach(async () => {
    jobs = new ControlledJobs();
    engine = await openWithJobs(jobs, { maxConcurrentJobs: 1 });
  });

  afterEach(async () => {
    for (const call of jobs.calls) call.finish("");
    await engine.jobs.cancelWhere(() => true, "end of the test");
    await engine.close();
  });

  async function run(sql: string, role: Role = "system", userId = role as string) {
    const [result] = await engine.execute(sql, { principal: { userId, role } });
    const rows: Row[] = [];
    const found = result?.rows ?? [];
    if (Symbol.asyncIterator in found) for await (const chunk of found) rows.push(...chunk);
    else rows.push(...found);
    return { rows, message: result?.message, columns: result?.columns?.map(({ name }) => name) };
  }

  async function refused(sql: string, role?: Role): Promise<string> {
    const failure = await rejection(run(sql, role));
    expect(failure).to.be.instanceOf(StatementFailure);
    return (failure as StatementFailure).error.message;
  }

  async function make(name: string, createdBy?: string, table_id?: string): Promise<string> {
    const parameters = { name, ...(table_id === undefined ? {} : { table_id }) };
    const { id = "" } = await engine.jobs.create("work", parameters, createdBy === undefined ? {} : { createdBy });
    return id;
  }

  it("system.jobs has all of them, newest first, with the columns that clients read", async () => {
    const [done, waiting] = [await make("a"), await make("b")];
    (await jobs.call(1)).finish("two rows");
    await engine.jobs.whenDone(done);
    (await jobs.call(2)).context.progress("half");
    const { rows, columns } = await run("SELECT * FROM system.jobs");
    expect(columns?.join(" ")).to.equal(
      "job_id job_type status leader_status parameters message exception_trace idempotency_key queue priority retry_count max_retries memory_used cpu_used created_at updated_at started_at finished_at node_id leader_node_id",
    );
    expect(rows.map((row) => row.slice(0, 6))).to.deep.equal([
      [waiting, "work", "running", null, '{"name":"b"}', "half"],
      [done, "work", "completed", null, '{"name":"a"}', '{"message":"two rows"}'],
    ]);
    const counted = "SELECT status, count(*) FROM system.jobs GROUP BY status ORDER BY status";
    expect((await run(counted)).rows).to.deep.equal([
      ["completed", 1n],
      ["running", 1n],
    ]);
    const job = engine.jobs.get(done);
    const times = "SELECT created_at, finished_at FROM system.jobs WHERE status = 'completed'";
    expect((await run(times)).rows).to.deep.equal([
      [BigInt(job?.createdAt ?? 0) * 1000n, BigInt(job?.finishedAt ?? 0) * 1000n],
    ]);
    expect(await refused("SELECT * FROM system.jobs", "service")).to.include("System tables require 'dba' or 'system'");
    const stats = "SELECT metric_name, metric_value FROM system.stats WHERE metric_name LIKE '%jobs%'";
    expect((await run(stats)).rows).to.deep.equal([
      ["jobs_failed", "0"],
      ["jobs_queued", "0"],
      ["jobs_running", "1"],
      ["total_jobs", "2"],
    ]);
  });

  it("SHOW JOBS gives everybody the jobs of their own making, administrators all", async () => {
    const [of_ann, of_bob, of_none] = [await make("a", "ann"), await make("b", "bob"), await make("c")];
    const shown = async (sql: string, role: Role, user: string) => (await run(sql, role, user)).rows.map(([id]) => id);
    expect(await shown("SHOW JOBS", "dba", "ann")).to.deep.equal([of_none, of_bob, of_ann]);
    expect(await shown("SHOW JOBS", "user", "ann")).to.deep.equal([of_ann]);
    expect(await shown("SHOW JOBS", "service", "bob")).to.deep.equal([of_bob]);
    expect(await shown(`SHOW JOBS '${of_ann}', '${of_bob}', 'WK-0'`, "service", "bob")).to.deep.equal([of_bob]);
    expect(await shown(`SHOW JOBS '${of_none}'`, "system", "root")).to.deep.equal([of_none]);
    (await jobs.call(1)).finish("done");
    await engine.jobs.whenDone(of_ann);
    const { rows, columns } = await run(`SHOW JOBS '${of_ann}'`);
    expect(columns?.slice(0, 7)).to.deep.equal(
      "job_id job_type status parameters message retries created_by".split(" "),
    );
    expect(rows[0]?.slice(0, 7)).to.deep.equal([of_ann, "work", "completed", '{"name":"a"}', "done", 0, "ann"]);
  });

  it("KILL JOB ends what waits or runs, and nothing else", async () => {
    const [running, waiting] = [await make("a"), await make("b")];
    await jobs.call(1);
    for (const id of [waiting, running]) {
      expect((await run(`KILL JOB '${id}'`)).message).to.equal(`Job ${id} killed: cancelled`);
      expect(engine.jobs.get(id)).to.include({ status: "cancelled", message: "Cancelled by user" });
      expect(await refused(`KILL JOB '${id}'`)).to.equal("Invalid operation: Cannot cancel job in status Cancelled");
    }
    expect(await refused("KILL JOB 'WK-1'")).to.equal("Not found: Job 'WK-1' does not exist");
    expect(await refused("KILL JOB 'WK-1'", "service")).to.equal(
      "Unauthorized: Admin privileges (DBA or System role) required for job management",
    );
    expect(await refused(`BEGIN; KILL JOB '${running}'; COMMIT`)).to.include("cannot run inside a transaction");
  });

  it("dropping a table or a namespace cancels the jobs on its tables", async () => {
    await run("CREATE NAMESPACE app");
    for (const table of ["a", "b", "c"]) await run(`CREATE SHARED TABLE app.${table} (id INT PRIMARY KEY)`);
    const ids: string[] = [];
    for (const table of ["app.a", "app.b", "app.c", "other.a"]) ids.push(await make(table, undefined, table));
    await jobs.call(1);
    await run("DROP TABLE app.a");
    const states = () => ids.map((id) => engine.jobs.get(id)?.status);
    await jobs.call(2);
    expect(states()).to.deep.equal(["cancelled", "running", "queued", "queued"]);
    await run("DROP NAMESPACE app");
    await jobs.call(3);
    expect(states()).to.deep.equal(["cancelled", "cancelled", "cancelled", "running"]);
    expect(engine.jobs.get(ids[2] ?? "")?.message).to.equal("Table app.c was dropped");
  });
});
