import { fileURLToPath } from "node:url";
import { freePort } from "../process/network.ts";
import type { Resources, Started } from "../process/resources.ts";

/**
 * `node:http` with nothing behind it: reads the body and answers always the same bytes. No server on Node that speaks
 * HTTP through it can be faster.
 */
export class BareHttp {
  readonly port: number;
  readonly started: Started;
  readonly #resources: Resources;

  constructor(resources: Resources, port: number, started: Started) {
    this.#resources = resources;
    this.port = port;
    this.started = started;
  }

  /** @param body what KalamDB answers to the same request. */
  static async start(resources: Resources, body: string): Promise<BareHttp> {
    const port = await freePort();
    const script = fileURLToPath(new URL("bare-http-server.js", import.meta.url));
    const stdio = ["ignore", "pipe", "pipe", "ipc"] as const;
    const started = resources.start(process.execPath, [script, String(port), body], { stdio: [...stdio] });
    await new Promise<void>((resolve, reject) => {
      started.child.once("message", () => resolve());
      started.ended.then(() => reject(new Error(`The bare server ended: ${started.lastWords()}`)), reject);
    });
    return new BareHttp(resources, port, started);
  }

  stop(): Promise<void> {
    return this.#resources.stop(this.started);
  }
}
