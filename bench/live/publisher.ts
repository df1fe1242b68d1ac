import { Agent, request } from "node:http";

/** Sends bodies by HTTP over kept connections. */
export class Publisher {
  readonly #agent: Agent;
  readonly #port: number;
  readonly #path: string;
  readonly #headers: Readonly<Record<string, string>>;

  constructor(port: number, path: string, connections: number, token?: string) {
    this.#agent = new Agent({ keepAlive: true, maxSockets: connections, noDelay: true });
    this.#port = port;
    this.#path = path;
    this.#headers = {
      "content-type": "application/json",
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    };
  }

  /** @throws when the answer is no success. */
  publish(body: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const outgoing = request(
        {
          host: "127.0.0.1",
          port: this.#port,
          path: this.#path,
          method: "POST",
          agent: this.#agent,
          headers: { ...this.#headers, "content-length": Buffer.byteLength(body) },
        },
        (response) => {
          let text = "";
          response.setEncoding("utf8").on("data", (chunk: string) => {
            text += chunk;
          });
          response.once("end", () => {
            if (response.statusCode === 200) resolve();
            else reject(new Error(`${response.statusCode} ${text}`));
          });
        },
      );
      outgoing.once("error", reject);
      outgoing.end(body);
    });
  }

  close(): void {
    this.#agent.destroy();
  }
}

export function sqlBody(sql: string): string {
  return JSON.stringify({ sql });
}
