import type { IncomingMessage, ServerResponse } from "node:http";
import type { Config } from "../../config/index.ts";

/** Says to browsers which pages may call the server. */
export class Cors {
  readonly #any: boolean;
  readonly #origins: ReadonlySet<string>;
  readonly #preflight: readonly (readonly [string, string])[];
  readonly #common: readonly (readonly [string, string])[];
  readonly #privateNetwork: boolean;

  constructor(config: Config) {
    const origins = config["security.cors.allowed_origins"];
    this.#any = origins.length === 0 || origins.includes("*");
    this.#origins = new Set(origins);
    this.#privateNetwork = config["security.cors.allow_private_network"];
    const common: [string, string][] = [["Vary", "Origin"]];
    if (config["security.cors.allow_credentials"]) common.push(["Access-Control-Allow-Credentials", "true"]);
    const exposed = ["X-Request-ID", ...config["security.cors.expose_headers"]];
    common.push(["Access-Control-Expose-Headers", exposed.join(", ")]);
    this.#common = common;
    this.#preflight = [
      ["Access-Control-Allow-Methods", config["security.cors.allowed_methods"].join(", ")],
      ["Access-Control-Allow-Headers", config["security.cors.allowed_headers"].join(", ")],
      ["Access-Control-Max-Age", String(config["security.cors.max_age"])],
    ];
  }

  /** Sets the headers for a request that comes from a page. */
  apply(origin: string, response: ServerResponse): void {
    if (!this.#allows(origin)) return;
    response.setHeader("Access-Control-Allow-Origin", origin);
    for (const [name, value] of this.#common) response.setHeader(name, value);
  }

  /** Answers a browser's question before the request. @returns false when the request is none. */
  answerPreflight(request: IncomingMessage, response: ServerResponse): boolean {
    const { origin } = request.headers;
    if (request.method !== "OPTIONS" || origin === undefined) return false;
    if (request.headers["access-control-request-method"] === undefined) return false;
    this.apply(origin, response);
    if (this.#allows(origin)) {
      for (const [name, value] of this.#preflight) response.setHeader(name, value);
      if (this.#privateNetwork && request.headers["access-control-request-private-network"] === "true") {
        response.setHeader("Access-Control-Allow-Private-Network", "true");
      }
    }
    response.writeHead(204).end();
    return true;
  }

  /**
   * Why a connection that browsers open without asking first is refused; undefined when it is not.
   *
   * @param strict refuse those without an origin too
   */
  refusal(origin: string | undefined, strict: boolean): string | undefined {
    if (this.#any) return undefined;
    if (origin === undefined) return strict ? "Origin header required" : undefined;
    return this.#origins.has(origin) ? undefined : "Origin not allowed";
  }

  #allows(origin: string): boolean {
    return this.#any || this.#origins.has(origin);
  }
}
