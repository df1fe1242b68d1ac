import { fileURLToPath } from "node:url";
import type { Resources, Started } from "../process/resources.ts";
import type { LoadJob, LoadReply, LoadResult } from "./job.ts";

/** The load generator in a process of its own, so that it shares no thread with anything that is measured. */
export class LoadGenerator {
  readonly #resources: Resources;
  #worker: Started | undefined;
  #serial = 0;

  constructor(resources: Resources) {
    this.#resources = resources;
  }

  /** @throws when an answer was not what it must be: figures with errors in them mean nothing. */
  async run(job: Omit<LoadJob, "serial">): Promise<LoadResult> {
    const worker = this.#start();
    this.#serial++;
    const reply = await new Promise<LoadReply>((resolve, reject) => {
      worker.child.once("message", (message) => resolve(message as LoadReply));
      worker.ended.then(() => reject(new Error(`The load generator ended: ${worker.lastWords()}`)), reject);
      worker.child.send({ ...job, serial: this.#serial } satisfies LoadJob);
    });
    if ("failure" in reply) throw new Error(`Load ${job.kind} on ${job.connections} connections: ${reply.failure}`);
    const { errors, requests, firstError } = reply.result;
    if (errors > 0)
      throw new Error(`Load ${job.kind}: ${errors} of ${requests} answers were wrong. The first: ${firstError}`);
    return reply.result;
  }

  #start(): Started {
    this.#worker ??= this.#resources.start(
      process.execPath,
      ["--import", "tsx", fileURLToPath(new URL("worker.ts", import.meta.url))],
      { stdio: ["ignore", "pipe", "pipe", "ipc"] },
    );
    return this.#worker;
  }
}
