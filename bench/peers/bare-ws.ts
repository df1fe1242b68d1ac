import { fileURLToPath } from "node:url";
import { freePort } from "../process/network.ts";
import type { Resources, Started } from "../process/resources.ts";

/** `ws` with nothing behind it, in a process of its own: no server on Node that speaks WebSocket through it can be faster. */
export class BareWs {
  readonly port: number;
  readonly #started: Started;
  readonly #resources: Resources;

  private constructor(resources: Resources, port: number, started: Started) {
    this.#resources = resources;
    this.port = port;
    this.#started = started;
  }

  /** @param postgresPort of a PostgreSQL whose notifications are passed on */
  static async start(resources: Resources, postgresPort?: number): Promise<BareWs> {
    const port = await freePort();
    const script = fileURLToPath(new URL("bare-ws-server.ts", import.meta.url));
    const args = ["--import", "tsx", script, String(port)];
    if (postgresPort !== undefined) args.push(String(postgresPort));
    const started = resources.start(process.execPath, args, { stdio: ["ignore", "pipe", "pipe", "ipc"] });
    await new Promise<void>((resolve, reject) => {
      started.child.once("message", () => resolve());
      started.ended.then(() => reject(new Error(`The bare WebSocket server ended: ${started.lastWords()}`)), reject);
    });
    return new BareWs(resources, port, started);
  }

  stop(): Promise<void> {
    return this.#resources.stop(this.#started);
  }
}
