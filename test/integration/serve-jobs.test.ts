import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { Engine } from "../../src/engine/engine.ts";
import type { Job } from "../../src/engine/jobs/job.ts";
import { type Child, startChild } from "../support/child.ts";
import { withFolder } from "../support/folder.ts";
import { napKind } from "../support/nap-job.ts";

const SERVER = fileURLToPath(new URL("../support/serve-nap-child.ts", import.meta.url));

/** A server of its own process, in whose data a sleeping job waits to be begun. */
class NapServer {
  readonly folder: string;
  readonly jobId: string;
  readonly child: Child;
  output = "";
  readonly #lines: AsyncIterator<string>;

  private constructor(folder: string, jobId: string, settings: Readonly<Record<string, string>>) {
    this.folder = folder;
    this.jobId = jobId;
    const variables = Object.entries(settings).map(([name, value]) => `${name}=${value}`);
    this.child = startChild(SERVER, [folder], ["env", "KALAMDB_LOG_TO_CONSOLE=false", ...variables]);
    this.#lines = this.child.lines[Symbol.asyncIterator]();
  }

  static async start(folder: string, settings: Readonly<Record<string, string>> = {}): Promise<NapServer> {
    const engine = await Engine.open({ dataDir: folder }, { jobKinds: [napKind] });
    // An engine that is about to close makes jobs and leaves them to the next one.
    await engine.jobs.drain();
    const { id = "" } = await engine.jobs.create("nap", { until: join(folder, "wake") });
    await engine.close();
    const server = new NapServer(folder, id, settings);
    await server.line(/^Data: /);
    return server;
  }

  async line(pattern: RegExp): Promise<string> {
    for (;;) {
      const { value, done } = await this.#lines.next();
      if (done === true) throw new Error(`the server ended: ${this.output}\n${(await this.child.ended).errors}`);
      this.output += `${value}\n`;
      if (pattern.test(value)) return value;
    }
  }

  interrupt(): void {
    this.child.process.kill("SIGINT");
  }

  wake(): Promise<void> {
    return writeFile(join(this.folder, "wake"), "");
  }

  async end(): Promise<number | string> {
    const { code } = await this.child.ended;
    return code;
  }

  /** The job as the next server finds it. */
  async job(): Promise<Job | undefined> {
    await this.wake();
    const engine = await Engine.open({ dataDir: this.folder }, { jobKinds: [napKind] });
    const job = engine.jobs.get(this.jobId);
    await engine.close();
    return job;
  }
}

describe("kalam serve with a job that runs", () => {
  it("waits for it at the end and says so", () =>
    withFolder(async (folder) => {
      const server = await NapServer.start(folder);
      server.interrupt();
      expect(await server.line(/Waiting/)).to.match(
        new RegExp(`^Waiting for 1 job: ${server.jobId} nap \\(\\d+ s\\): asleep$`),
      );
      expect(server.output).to.include("Press Ctrl-C again to end at once.");
      await server.line(/Waiting/);
      await server.wake();
      expect(await server.end()).to.equal(0);
      expect(await server.job()).to.include({ status: "completed", message: "slept well" });
      expect(await readFile(join(folder, "logs/server.jsonl"), "utf8")).to.include(
        `Waiting for 1 job: ${server.jobId}`,
      );
    }));

  it("ends at once at the second Ctrl-C and marks it as failed", () =>
    withFolder(async (folder) => {
      const server = await NapServer.start(folder);
      server.interrupt();
      await server.line(/Waiting/);
      server.interrupt();
      expect(await server.end()).to.equal(130);
      expect(await server.job()).to.include({
        status: "failed",
        message: "the server was stopped before the job ended",
      });
    }));

  it("waits no longer than it is told to", () =>
    withFolder(async (folder) => {
      const server = await NapServer.start(folder, { KALAMDB_SHUTDOWN_FLUSH_TIMEOUT: "1" });
      server.interrupt();
      expect(await server.end()).to.equal(0);
      expect(await server.job()).to.include({
        status: "failed",
        message: "the server stopped before the job ended (1 s)",
      });
    }));

  it("begins it again after it was killed", () =>
    withFolder(async (folder) => {
      const server = await NapServer.start(folder);
      server.child.process.kill("SIGKILL");
      expect(await server.end()).to.equal("SIGKILL");
      await server.wake();
      const engine = await Engine.open({ dataDir: folder }, { jobKinds: [napKind] });
      expect(await engine.jobs.whenDone(server.jobId)).to.include({ status: "completed", retries: 1 });
      await engine.close();
    }));
});
