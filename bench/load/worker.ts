import { connect, type Socket } from "node:net";
import type { LoadJob, LoadReply, LoadResult } from "./job.ts";
import { expectedRows, requestSource } from "./requests.ts";
import { ResponseReader } from "./response-reader.ts";

const HANG_MILLIS = 20_000;

/** One keep-alive connection that sends, waits for the answer, and sends again until the time is up. */
class Connection {
  readonly #job: LoadJob;
  readonly #next: () => string;
  readonly #tally: Tally;
  readonly #reader = new ResponseReader();
  #socket: Socket | undefined;
  #sentAt = 0;

  constructor(job: LoadJob, index: number, tally: Tally) {
    this.#job = job;
    this.#next = requestSource(job, index);
    this.#tally = tally;
  }

  async open(): Promise<void> {
    const socket = connect({ port: this.#job.port, host: "127.0.0.1", noDelay: true });
    this.#socket = socket;
    await new Promise<void>((resolve, reject) => {
      socket.once("connect", resolve);
      socket.once("error", reject);
    });
  }

  /** Resolves when its last answer is in. */
  run(deadline: number): Promise<void> {
    const socket = this.#socket;
    if (socket === undefined) throw new Error("A connection runs after it was opened");
    return new Promise((resolve, reject) => {
      const send = (): void => {
        this.#sentAt = performance.now();
        socket.write(this.#next());
      };
      socket.removeAllListeners("error");
      socket.once("error", reject);
      socket.once("close", () => reject(new Error("The server closed a connection under load")));
      socket.setTimeout(HANG_MILLIS, () => socket.destroy(new Error(`No answer within ${HANG_MILLIS} ms`)));
      socket.on("data", (data: Buffer) => {
        const answer = this.#reader.push(data);
        if (answer === undefined) return;
        const now = performance.now();
        this.#tally.add(now - this.#sentAt, answer.status, answer.body);
        if (now < deadline) send();
        else {
          socket.removeAllListeners("close");
          socket.end();
          resolve();
        }
      });
      send();
    });
  }
}

class Tally {
  readonly latencies: number[] = [];
  errors = 0;
  firstError: string | undefined;
  readonly #success = Buffer.from('"status":"success"');
  readonly #rows: Buffer;

  constructor(rows: number) {
    this.#rows = Buffer.from(`"row_count":${rows},`);
  }

  add(millis: number, status: number, body: Buffer): void {
    this.latencies.push(millis);
    if (status === 200 && body.includes(this.#success) && body.includes(this.#rows)) return;
    this.errors++;
    this.firstError ??= `${status} ${body.toString("utf8", 0, 400)}`;
  }

  result(seconds: number): LoadResult {
    const sorted = Float64Array.from(this.latencies).sort();
    const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
    const latency = { p50: at(0.5), p95: at(0.95), p99: at(0.99), max: at(1) };
    return { requests: sorted.length, errors: this.errors, firstError: this.firstError, seconds, latency };
  }
}

async function run(job: LoadJob): Promise<LoadResult> {
  const tally = new Tally(expectedRows(job.kind));
  const connections = Array.from({ length: job.connections }, (_, index) => new Connection(job, index, tally));
  await Promise.all(connections.map((connection) => connection.open()));
  const started = performance.now();
  await Promise.all(connections.map((connection) => connection.run(started + job.seconds * 1000)));
  return tally.result((performance.now() - started) / 1000);
}

process.on("message", async (job: LoadJob) => {
  const reply: LoadReply = await run(job).then(
    (result) => ({ result }),
    (error: unknown) => ({ failure: error instanceof Error ? error.message : String(error) }),
  );
  process.send?.(reply);
});
process.on("disconnect", () => process.exit(0));
