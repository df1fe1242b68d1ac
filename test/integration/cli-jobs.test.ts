import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { loadConfig } from "../../src/config/index.ts";
import { Engine } from "../../src/engine/engine.ts";
import { KalamServer } from "../../src/server/server.ts";
import { type KalamOptions, kalam } from "../support/kalam-process.ts";
import { napKind } from "../support/nap-job.ts";
import { type WireAnswer, WireServer, wire } from "../support/wire-server.ts";

describe("kalam jobs", () => {
  let folder: string;
  let server: KalamServer;
  const ids: string[] = [];

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "kalam-jobs-"));
    const data = join(folder, "data");
    const engine = await Engine.open({ dataDir: data }, { jobKinds: [napKind] });
    await engine.jobs.drain();
    for (const name of ["a", "b", "c"]) {
      const { id = "" } = await engine.jobs.create("nap", { until: join(folder, name) });
      ids.push(id);
      // Jobs are listed by the millisecond in which they were made.
      await new Promise((resolve) => setTimeout(resolve, 3));
    }
    await engine.close();
    const environment = {
      KALAMDB_DATA_DIR: data,
      KALAMDB_SERVER_PORT: "0",
      KALAMDB_JOBS_MAX_CONCURRENT: "2",
      KALAMDB_ROOT_PASSWORD: "a-long-enough-secret",
      KALAMDB_LOG_TO_CONSOLE: "false",
    };
    server = new KalamServer(loadConfig({ file: undefined, environment, flags: {} }), { jobKinds: [napKind] });
    await server.start();
  });

  after(async () => {
    for (const name of ["a", "b", "c"]) await writeFile(join(folder, name), "");
    await server.drain();
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  });

  const run = (args: readonly string[], options: KalamOptions = {}, command = "jobs") =>
    kalam([command, ...args], {
      ...options,
      env: {
        KALAM_USER: "root",
        KALAM_PASSWORD: "a-long-enough-secret",
        KALAM_URL: server.url,
        KALAMDB_CREDENTIALS_PATH: join(folder, "credentials.toml"),
      },
    });

  it("lists, filters, and gives every format", async () => {
    const all = await run(["--csv"]);
    expect(all.stderr).to.equal("");
    const lines = all.stdout.trimEnd().split("\n");
    expect(lines[0]).to.equal(
      "job_id,job_type,status,parameters,message,retries,created_by,created_at,started_at,finished_at",
    );
    expect(lines.slice(1).map((line) => line.split(",").slice(0, 3).join(" "))).to.deep.equal([
      `${ids[2]} nap queued`,
      `${ids[1]} nap running`,
      `${ids[0]} nap running`,
    ]);
    const running = await run(["--status", "running", "--type", "nap", "--limit", "1", "--json"]);
    const { results } = JSON.parse(running.stdout) as { results: [{ rows: unknown[][]; row_count: number }] };
    expect(results[0].row_count).to.equal(1);
    expect(results[0].rows[0]?.slice(0, 5)).to.deep.equal([
      ids[1],
      "nap",
      "running",
      JSON.stringify({ until: join(folder, "b") }),
      "asleep",
    ]);
    expect((await run(["--status", "failed", "-q", "--csv"])).stdout.trimEnd().split("\n")).to.have.length(1);
    const meta = await run(["-c", "\\jobs queued, failed", "--csv"], {}, "sql");
    expect(meta.stdout.trimEnd().split("\n").slice(1))
      .to.have.length(1)
      .and.to.match(new RegExp(ids[2] ?? ""));
    const wrong = await run(["--status", "sleeping"]);
    expect([wrong.code, wrong.stderr.includes("running")]).to.deep.equal([2, true]);
    expect((await run(["wake"])).code).to.equal(2);
  });

  it("watches until Ctrl-C", async () => {
    let interrupt: () => void = () => undefined;
    const watched = run(["--watch", "--interval", "1", "--csv", "--status", "running"], {
      onStart: (given) => {
        interrupt = given;
      },
      onOutput: (text) => {
        if (text.includes(ids[2] ?? "")) interrupt();
        else if (text.includes(ids[0] ?? "")) void writeFile(join(folder, "a"), "");
      },
    });
    const { code, stdout, stderr } = await watched;
    expect([code, stderr]).to.deep.equal([0, ""]);
    const seen = stdout.split("\n").flatMap((line) => line.split(",nap,running")[0] ?? []);
    expect(seen.filter((word) => word.startsWith("NP-"))).to.deep.equal([ids[1], ids[0], ids[2], ids[1]]);
  });

  it("kills", async () => {
    const { code, stdout, stderr } = await run(["kill", ids[0] ?? "", ids[1] ?? "", "--no-timing"]);
    expect(code).to.equal(1);
    expect(stderr).to.include("ERROR 55000: Invalid operation: Cannot cancel job in status Completed");
    expect(stdout.trim()).to.equal(`Job ${ids[1]} killed: cancelled`);
    expect((await run(["kill"])).code).to.equal(2);
  });
});

describe("kalam flush and kalam compact", () => {
  const id = "FL-0123456789ab";
  let server: WireServer;
  let folder: string;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "kalam-flush-"));
    server = await WireServer.start();
  });
  beforeEach(() => {
    server.requests.length = 0;
  });
  after(async () => {
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  });

  const run = (args: readonly string[], options: KalamOptions = {}) =>
    kalam(args, {
      ...options,
      env: {
        KALAM_PASSWORD: "secret",
        KALAM_URL: server.url,
        KALAMDB_CREDENTIALS_PATH: join(folder, "credentials.toml"),
      },
    });
  const jobs = (status: string, message: string): WireAnswer =>
    wire.rows(
      [
        ["job_id", "Text"],
        ["job_type", "Text"],
        ["status", "Text"],
        ["message", "Text"],
      ],
      [[id, "flush", status, message]],
    );
  /** A server whose flush goes through these states. */
  const through = (...states: readonly [status: string, message: string][]) => {
    let looks = 0;
    server.answer = ({ sql }) => {
      if (!sql.startsWith("SHOW JOBS")) return wire.message(`Storage flush started for table 'chat.a'. Job ID: ${id}`);
      const [status, message] = states[Math.min(looks++, states.length - 1)] ?? ["", ""];
      return jobs(status, message);
    };
  };

  it("say which tables are meant", async () => {
    through(["completed", ""]);
    const cases: [string[], string, string | undefined][] = [
      [["flush", "chat.a"], "STORAGE FLUSH TABLE chat.a", undefined],
      [["flush", "a", "--namespace", "chat"], "STORAGE FLUSH TABLE a", "chat"],
      [["flush", "-n", "Chat Room"], 'STORAGE FLUSH ALL IN "Chat Room"', "Chat Room"],
      [["flush", "--all"], "STORAGE FLUSH ALL", undefined],
      [["compact", "--all", "-n", "chat"], "STORAGE COMPACT ALL IN chat", "chat"],
    ];
    for (const [args, sql, namespace] of cases) {
      server.requests.length = 0;
      const { code, stdout } = await run(args);
      expect(code).to.equal(0);
      expect(stdout).to.include(`Job ID: ${id}`);
      expect(server.requests).to.deep.equal([{ sql, ...(namespace === undefined ? {} : { namespace_id: namespace }) }]);
    }
    for (const args of [["flush"], ["compact", "chat.a", "--all"]]) expect((await run(args)).code).to.equal(2);
  });

  it("wait for the jobs and say how they ended", async () => {
    through(["queued", ""], ["running", "1 of 2"], ["running", "2 of 2"], ["completed", "Flushed 5 rows"]);
    const good = await run(["flush", "chat.a", "--wait", "--csv"]);
    expect(good.code).to.equal(0);
    expect(good.stdout).to.equal(`job_id,job_type,status,message\n${id},flush,completed,Flushed 5 rows\n`);
    expect(good.stderr.trimEnd().split("\n")).to.deep.equal([
      `Storage flush started for table 'chat.a'. Job ID: ${id}`,
      `${id} queued: `,
      `${id} running: 1 of 2`,
      `${id} running: 2 of 2`,
      `${id} completed: Flushed 5 rows`,
    ]);
    for (const status of ["failed", "cancelled"]) {
      through([status, "for a reason"]);
      expect((await run(["compact", "chat.a", "-w"])).code).to.equal(1);
    }
    through(["completed", "Flushed 5 rows"]);
    const meta = await run(["-n", "chat", "-c", "\\flush", "--csv"]);
    expect([meta.code, meta.stdout.includes(`${id},flush,completed,Flushed 5 rows`)]).to.deep.equal([0, true]);
    expect(server.requests.some(({ sql }) => sql === "STORAGE FLUSH ALL IN chat")).to.equal(true);
    through(["failed", "disk full"]);
    expect((await run(["-c", "\\flush chat.a"])).code).to.equal(1);
    server.answer = () => wire.message("Storage flush skipped: no pending writes for table 'chat.a'");
    const skipped = await run(["flush", "chat.a", "--wait"]);
    expect([skipped.code, skipped.stdout.includes("no pending writes")]).to.deep.equal([0, true]);
  });

  it("stop waiting at Ctrl-C", async () => {
    through(["running", "slowly"]);
    let interrupt: () => void = () => undefined;
    const { code, stderr } = await run(["flush", "--all", "--wait"], {
      onStart: (given) => {
        interrupt = given;
      },
      onErrors: (text) => {
        if (text.includes("slowly")) interrupt();
      },
    });
    expect([code, stderr.includes("Cancelled; jobs that were begun go on")]).to.deep.equal([130, true]);
  });
});
