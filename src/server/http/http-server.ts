import { createServer, type IncomingMessage, type Server, ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { getRequestListener } from "@hono/node-server";
import type { Config } from "../../config/index.ts";
import { type ErrorKey, type ErrorValues, KalamError } from "../../errors/index.ts";
import { LIVE_PATH } from "../../protocol/live.ts";
import type { BuildInfo } from "../../runtime/build-info.ts";
import type { Runtime } from "../../runtime/runtime.ts";
import type { Service } from "../../runtime/service.ts";
import { ConnectionGuard } from "../limits/connection-guard.ts";
import { LiveServer } from "../live/live-server.ts";
import type { Log } from "../log.ts";
import { ClientAddresses, isForwarded, isLoopback } from "./addresses.ts";
import { Cors } from "./cors.ts";
import { IncomingRequest, pathOf } from "./incoming-request.ts";
import { announcedLength } from "./request-body.ts";
import { RequestIds } from "./request-ids.ts";
import { createRouteApp } from "./route-app.ts";
import type { Backend, ServerContext } from "./server-context.ts";
import { SqlRoute } from "./sql-route.ts";

const SQL_PATH = "/v1/api/sql";

interface Routes {
  readonly backend: Backend;
  readonly sql: SqlRoute;
  readonly live: LiveServer;
  readonly others: (request: IncomingMessage, response: ServerResponse) => Promise<void>;
}

export interface HttpServerOptions {
  readonly config: Config;
  readonly runtime: Runtime;
  readonly log: Log;
  readonly build: BuildInfo;
}

/**
 * The HTTP side of the server.
 *
 *     start ── listens, answers 503 ──▶ attach(backend) ── answers ──▶ drain ── finishes what runs ──▶ stop
 *
 * Listening comes before the data is opened, so that a second server on the same port ends before it touches anything.
 */
export class HttpServer implements Service {
  readonly name = "http";
  readonly #context: ServerContext;
  readonly #server: Server;
  readonly #cors: Cors;
  readonly #ids: RequestIds;
  readonly #guard: ConnectionGuard | undefined;
  /** Connections from this machine: their requests are not looked at again, unless a proxy says whose they are. */
  readonly #own = new WeakSet<Socket>();
  #routes: Routes | undefined;
  #draining: Promise<unknown> | undefined;

  /** @throws KalamError `config_invalid` */
  constructor(options: HttpServerOptions) {
    const { config, runtime } = options;
    this.#context = {
      ...options,
      addresses: new ClientAddresses(config["security.trusted_proxy_ranges"]),
      startedAt: runtime.clock.monotonic(),
    };
    this.#cors = new Cors(config);
    this.#ids = new RequestIds(runtime.random);
    this.#guard = config["rate_limit.enable_connection_protection"]
      ? new ConnectionGuard(runtime.clock, {
          requestsPerSecond: config["rate_limit.max_requests_per_ip_per_sec"],
          connections: config["rate_limit.max_connections_per_ip"],
          banSeconds: config["rate_limit.ban_duration_seconds"],
        })
      : undefined;
    this.#server = createServer(
      {
        IncomingMessage: IncomingRequest,
        maxHeaderSize: config["performance.max_header_size"],
        headersTimeout: config["performance.client_request_timeout"] * 1000,
        requestTimeout: config["performance.request_timeout"] * 1000,
        keepAliveTimeout: config["performance.keepalive_timeout"] * 1000,
        connectionsCheckingInterval: 1000,
        noDelay: true,
      },
      (request, response) => this.#receive(request, response),
    );
    this.#server.maxConnections = config["performance.max_connections"];
    this.#server.on("connection", (socket) => this.#greet(socket));
    this.#server.on("upgrade", (request, socket, head) => this.#upgrade(request, socket as Socket, head));
    this.#server.on("clientError", (error: NodeJS.ErrnoException, socket) =>
      refuseBrokenRequest(error, socket as Socket),
    );
  }

  /** @throws KalamError `port_taken` */
  start(): Promise<void> {
    const { config } = this.#context;
    const host = config["server.host"];
    const port = config["server.port"];
    return new Promise((resolve, reject) => {
      const failed = (error: NodeJS.ErrnoException): void => {
        const reason = error.code === "EADDRINUSE" ? "the port is taken" : error.message;
        reject(new KalamError("port_taken", { address: `${host}:${port}`, reason }, { cause: error }));
      };
      this.#server.once("error", failed);
      this.#server.listen({ host, port, backlog: config["performance.backlog"] }, () => {
        this.#server.off("error", failed);
        this.#server.on("error", (error) => this.#context.log.error({ err: error }, "the listening socket failed"));
        resolve();
      });
    });
  }

  /** From now on requests are answered from `backend`. */
  attach(backend: Backend): void {
    const app = createRouteApp(this.#context, backend);
    this.#routes = {
      backend,
      sql: new SqlRoute(this.#context, backend),
      live: new LiveServer(this.#context, backend),
      others: getRequestListener(app.fetch, { overrideGlobalObjects: false }),
    };
  }

  /** Where the server listens: `http://127.0.0.1:8080`. */
  get url(): string {
    const { address, family, port } = this.#server.address() as AddressInfo;
    return `http://${family === "IPv6" ? `[${address}]` : address}:${port}`;
  }

  /**
   * Takes no new connection and no new request, and tells those who follow live queries; resolves when what runs is done or
   * `shutdown.drain_timeout` has passed.
   */
  async drain(): Promise<void> {
    this.#draining ??= Promise.all([this.#drain(), this.#routes?.live.drain()]);
    await this.#draining;
  }

  async stop(): Promise<void> {
    if (this.#server.listening) this.#server.close();
    this.#server.closeAllConnections();
    this.#routes?.live.stop();
    this.#routes?.backend.tokens.close();
  }

  async #drain(): Promise<void> {
    if (!this.#server.listening) return;
    const { config, log, runtime } = this.#context;
    await new Promise<void>((resolve) => {
      const idle = runtime.timers.every(20, () => this.#server.closeIdleConnections());
      const bound = runtime.timers.after(config["shutdown.drain_timeout"] * 1000, () => {
        log.warn({}, "requests were cut off: they did not end in time");
        this.#server.closeAllConnections();
      });
      this.#server.close(() => {
        idle.cancel();
        bound.cancel();
        resolve();
      });
      this.#server.closeIdleConnections();
    });
  }

  #receive(request: IncomingMessage, response: ServerResponse): void {
    const requestId = this.#ids.of(request);
    const { origin } = request.headers;
    if (origin !== undefined) {
      if (this.#cors.answerPreflight(request, response)) return;
      this.#cors.apply(origin, response);
    }
    const path = pathOf(request.url);
    if (!this.#admit(request, response, path)) return;
    const routes = this.#routes;
    if (routes === undefined || this.#draining !== undefined) {
      response.setHeader("Connection", "close");
      refuse(response, routes === undefined ? "starting" : "shutting_down", {}, [["Retry-After", "1"]]);
      return;
    }
    if (path === SQL_PATH) {
      if (request.method === "POST") void routes.sql.handle(request, response, requestId);
      else
        refuse(response, "method_not_allowed", { method: request.method ?? "", path: SQL_PATH }, [["Allow", "POST"]]);
      return;
    }
    if (path === LIVE_PATH && request.method === "GET") {
      refuse(response, "upgrade_required", {}, [
        ["Upgrade", "websocket"],
        ["Connection", "Upgrade"],
      ]);
      return;
    }
    this.#receiveOther(routes, request, response, requestId);
  }

  /** A request to become a WebSocket. Refusals are ordinary answers, after which the connection ends. */
  #upgrade(request: IncomingMessage, socket: Socket, head: Buffer): void {
    socket.on("error", () => socket.destroy());
    const response = new ServerResponse(request);
    response.assignSocket(socket);
    response.shouldKeepAlive = false;
    response.once("finish", () => socket.end());
    if (!this.#admit(request, response, LIVE_PATH)) return;
    const routes = this.#routes;
    if (routes === undefined || this.#draining !== undefined) {
      refuse(response, routes === undefined ? "starting" : "shutting_down", {}, [["Retry-After", "1"]]);
      return;
    }
    const strict = this.#context.config["security.strict_ws_origin_check"];
    const reason = this.#cors.refusal(request.headers.origin, strict);
    if (reason !== undefined) {
      refuse(response, "origin_refused", { reason }, []);
      return;
    }
    if (!this.#countForwarded(request, socket)) {
      refuse(response, "too_many_connections", {}, []);
      return;
    }
    response.detachSocket(socket);
    routes.live.accept(request, socket, head);
  }

  /** A proxy gives every WebSocket a connection of its own, so those can be counted for whom it speaks. */
  #countForwarded(request: IncomingMessage, socket: Socket): boolean {
    const guard = this.#guard;
    if (guard === undefined || !isForwarded(request)) return true;
    const address = this.#context.addresses.of(request);
    if (isLoopback(address) || !this.#context.addresses.trusts(socket.remoteAddress ?? "")) return true;
    if (!guard.connected(address)) return false;
    socket.once("close", () => guard.disconnected(address));
    return true;
  }

  #receiveOther(routes: Routes, request: IncomingMessage, response: ServerResponse, requestId: string): void {
    response.setHeader("X-Request-ID", requestId);
    response.setHeader("X-Content-Type-Options", "nosniff");
    response.setHeader("X-Frame-Options", "DENY");
    response.setHeader("Referrer-Policy", "no-referrer");
    response.setHeader("Cache-Control", "no-store");
    routes.others(request, response).catch((error: unknown) => {
      this.#context.log.error({ requestId, err: error }, "a request failed");
      response.destroy();
    });
  }

  /** Turns away bodies that are too large (`SqlRoute` does so itself) and addresses that send too much. */
  #admit(request: IncomingMessage, response: ServerResponse, path: string): boolean {
    if (path !== SQL_PATH) {
      const maximum = this.#context.config["rate_limit.request_body_limit_bytes"];
      const length = announcedLength(request);
      if (length !== undefined && length > maximum) {
        refuse(response, "body_too_large", {}, [["Connection", "close"]], { size_bytes: length, max_bytes: maximum });
        return false;
      }
    }
    if (this.#guard === undefined || (this.#own.has(request.socket) && !isForwarded(request))) return true;
    const address = this.#context.addresses.of(request);
    if (isLoopback(address)) return true;
    const verdict = this.#guard.request(address);
    if (verdict.allow) return true;
    const retry = String(verdict.retryAfter);
    const headers: [string, string][] = [["Retry-After", retry]];
    if (!verdict.banned) headers.push(["X-RateLimit-Reset", retry]);
    const key = verdict.banned ? "address_banned" : "address_rate_limited";
    refuse(response, key, {}, headers, { retry_after_seconds: verdict.retryAfter });
    return false;
  }

  /** Counts connections per address; those of proxies carry many clients. */
  #greet(socket: Socket): void {
    const peer = socket.remoteAddress ?? "";
    if (isLoopback(peer)) this.#own.add(socket);
    if (this.#guard === undefined || this.#context.addresses.trusts(peer)) return;
    const guard = this.#guard;
    if (guard.connected(peer)) {
      socket.once("close", () => guard.disconnected(peer));
      return;
    }
    const { definition, message } = new KalamError("too_many_connections");
    endWith(socket, rawAnswer("503 Service Unavailable", JSON.stringify({ error: definition.code, message })));
  }
}

function refuse(
  response: ServerResponse,
  key: ErrorKey,
  values: ErrorValues,
  headers: readonly (readonly [string, string])[],
  extra: object = {},
): void {
  const { definition, message } = new KalamError(key, values);
  const body = JSON.stringify({ error: definition.code, message, ...extra });
  for (const [name, value] of headers) response.setHeader(name, value);
  response.setHeader("Content-Type", "application/json");
  response.setHeader("Content-Length", Buffer.byteLength(body));
  response.writeHead(definition.status);
  response.end(body);
}

/** What is not HTTP, too long or too slow is told so before the connection ends. */
function refuseBrokenRequest(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === "ECONNRESET" || !socket.writable) {
    socket.destroy();
    return;
  }
  const status =
    error.code === "HPE_HEADER_OVERFLOW"
      ? "431 Request Header Fields Too Large"
      : error.code === "ERR_HTTP_REQUEST_TIMEOUT"
        ? "408 Request Timeout"
        : "400 Bad Request";
  endWith(socket, rawAnswer(status, JSON.stringify({ error: "INVALID_INPUT", message: status.slice(4) })));
}

/** The connection is over when the answer is on its way, also for a client that never closes its end. */
function endWith(socket: Socket, answer: string): void {
  socket.end(answer);
  socket.destroySoon();
}

function rawAnswer(status: string, body: string): string {
  return `HTTP/1.1 ${status}\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`;
}
