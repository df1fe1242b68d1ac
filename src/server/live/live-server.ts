import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import { type ServerOptions, type WebSocket, WebSocketServer } from "ws";
import { LIVE_CLOSE, type LiveProtocol } from "../../protocol/live.ts";
import type { Timer } from "../../runtime/timers.ts";
import type { Backend, ServerContext } from "../http/server-context.ts";
import { TokenBuckets } from "../limits/token-buckets.ts";
import { type Greeting, LiveConnection } from "./live-connection.ts";
import type { LiveContext } from "./live-context.ts";
import { SubscriptionSeats } from "./subscription-seats.ts";

const MIB = 1024 * 1024;
/** A client that does not answer a goodbye is cut off after this. */
const CLOSE_WITHIN_MS = 10_000;
const DRAIN_WITHIN_MS = 3_000;

/**
 * `GET /v1/ws`: the connections of live queries.
 *
 * One timer looks at all of them: for clients that are silent, for tokens that have expired, and for more bytes waiting in total
 * than the machine should give to slow readers.
 */
export class LiveServer {
  readonly #context: LiveContext;
  readonly #server: ServerContext;
  readonly #sockets: WebSocketServer;
  readonly #connections = new Map<WebSocket, LiveConnection>();
  readonly #heartbeat: Timer;
  readonly #leaveAccounts: () => void;
  #emptied: (() => void) | undefined;

  constructor(server: ServerContext, backend: Backend) {
    const { config, runtime, log } = server;
    this.#server = server;
    this.#context = {
      config,
      runtime,
      log,
      accounts: backend.accounts,
      source: backend.live,
      seats: new SubscriptionSeats(config["rate_limit.max_subscriptions_per_user"]),
      attempts: new TokenBuckets(runtime.clock, config["rate_limit.max_auth_requests_per_ip_per_sec"]),
      identify: (token) => this.#identify(backend, token),
    };
    const options: ServerOptions & { readonly closeTimeout: number } = {
      noServer: true,
      clientTracking: false,
      perMessageDeflate: false,
      // What is a little too long is refused with an error that leaves the connection open.
      maxPayload: config["security.max_ws_message_size"] * 2,
      closeTimeout: CLOSE_WITHIN_MS,
    };
    this.#sockets = new WebSocketServer(options);
    this.#heartbeat = runtime.timers.every(config["websocket.heartbeat_interval_secs"] * 1000, () => this.#beat());
    this.#leaveAccounts = backend.accounts.onChange((userId) => this.#accountChanged(userId));
  }

  get connections(): number {
    return this.#connections.size;
  }

  /** Takes over a connection whose request asks for it. */
  accept(request: IncomingMessage, socket: Socket, head: Buffer): void {
    this.#sockets.handleUpgrade(request, socket, head, (ws) => {
      this.#connections.set(ws, new LiveConnection(this.#context, ws, socket, this.#greetingOf(request)));
      ws.on("close", () => {
        this.#connections.delete(ws);
        if (this.#connections.size === 0) this.#emptied?.();
      });
    });
  }

  /** Tells every client that the server ends, and waits a moment for them to go. */
  async drain(): Promise<void> {
    this.#heartbeat.cancel();
    this.#leaveAccounts();
    if (this.#connections.size === 0) return;
    for (const connection of this.#connections.values()) {
      connection.close(LIVE_CLOSE.goingAway, "Server shutting down");
    }
    await new Promise<void>((resolve) => {
      const bound = this.#server.runtime.timers.after(DRAIN_WITHIN_MS, resolve);
      this.#emptied = () => {
        bound.cancel();
        resolve();
      };
    });
    this.stop();
  }

  stop(): void {
    this.#heartbeat.cancel();
    this.#leaveAccounts();
    for (const connection of this.#connections.values()) connection.terminate();
  }

  #greetingOf(request: IncomingMessage): Greeting {
    const query = new URLSearchParams(request.url?.split("?", 2)[1] ?? "");
    const protocol: LiveProtocol = {
      serialization: query.get("serialization") === "msgpack" ? "msgpack" : "json",
      compression: query.get("compression") === "none" ? "none" : "gzip",
    };
    return {
      connectionId: this.#newId(),
      address: this.#server.addresses.of(request),
      authorization: request.headers.authorization,
      protocol,
      compress: query.get("compress")?.toLowerCase() !== "false",
    };
  }

  /** 32 hexadecimal digits, UUID version 4. */
  #newId(): string {
    const bytes = this.#server.runtime.random.bytes(16);
    bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
    bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
    return Buffer.from(bytes).toString("hex");
  }

  async #identify({ tokens }: Backend, token: string): ReturnType<LiveContext["identify"]> {
    const { account, expires } = await tokens.verify(token, "access");
    return { principal: { userId: account.userId, role: account.role }, expires };
  }

  #accountChanged(userId: string): void {
    for (const connection of this.#connections.values()) {
      if (connection.userId === userId) void this.#recheck(connection);
    }
  }

  /** An account that cannot be read now might have changed: better to ask again than to trust it. */
  async #recheck(connection: LiveConnection): Promise<void> {
    try {
      await connection.checkAccount();
    } catch (error) {
      this.#server.log.error({ connection: connection.id, err: error }, "an account could not be read");
      connection.close(LIVE_CLOSE.tryAgainLater, "Authenticate again");
    }
  }

  #beat(): void {
    let waiting = 0;
    for (const connection of this.#connections.values()) {
      connection.checkAlive();
      waiting += connection.waiting;
    }
    const maximum = this.#server.config["websocket.max_total_buffered_mib"] * MIB;
    if (waiting <= maximum) return;
    for (const connection of [...this.#connections.values()].sort((a, b) => b.waiting - a.waiting)) {
      if (waiting <= maximum) return;
      waiting -= connection.waiting;
      this.#server.log.warn({ connection: connection.id, bytes: connection.waiting }, "a slow reader was cut off");
      connection.endTooSlow();
    }
  }
}
