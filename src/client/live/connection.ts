import type { AuthSuccessMessage, ClientMessage, Compression, ServerMessage } from "../../protocol/live.ts";
import type { Clock } from "../../runtime/clock.ts";
import type { Timer, Timers } from "../../runtime/timers.ts";
import { AuthenticationError, ConnectionError } from "../errors.ts";
import type { Hooks } from "../hooks.ts";
import { isRecord, writeJson } from "../json.ts";
import { RequestLimit } from "../request-limit.ts";
import { FrameReader } from "./frame-reader.ts";
import { SendPacer } from "./send-pacer.ts";
import { CLOSED_WITHOUT_FAREWELL, type LiveSocket, type OpenSocket } from "./socket.ts";

/** A connection over which nothing has arrived for so many pings, and no answer to them, is dead. */
const PINGS_WITHOUT_ANSWER = 3;
const NORMAL_CLOSE = 1000;
/** A refusal that says nothing against the token. */
const PASSING_REFUSAL = /too many|timeout|retry/i;

export interface ConnectionSettings {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly token: string;
  readonly compression: Compression;
  /** Milliseconds for opening and authenticating together. */
  readonly timeoutMs: number;
  /** 0: never. */
  readonly pingIntervalMs: number;
  readonly openSocket: OpenSocket;
  readonly hooks: Hooks;
  readonly timers: Timers;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** What comes after the authentication. */
  onMessage(message: ServerMessage): void;
}

export interface Closed {
  readonly code: number;
  readonly reason: string;
}

/** One authenticated WebSocket, from its opening to its end. It ends once, by whoever is first. */
export class LiveConnection {
  readonly closed: Promise<Closed>;
  #resolveClosed: (closed: Closed) => void = () => undefined;
  readonly #settings: ConnectionSettings;
  readonly #frames: FrameReader;
  readonly #pacer: SendPacer;
  #socket: LiveSocket | undefined;
  #heartbeat: Timer | undefined;
  #lastSign: { at: number; received: number | undefined };
  #authenticated: { resolve(message: AuthSuccessMessage): void; reject(error: Error): void } | undefined;

  private constructor(settings: ConnectionSettings) {
    this.#settings = settings;
    this.closed = new Promise((resolve) => {
      this.#resolveClosed = resolve;
    });
    this.#frames = new FrameReader({
      message: (message, text) => this.#receive(message, text),
      failed: (error) => this.abandon(`a message could not be read: ${error.message}`),
    });
    this.#pacer = new SendPacer((text) => this.#sendText(text), settings.timers);
    this.#lastSign = { at: settings.clock.monotonic(), received: undefined };
  }

  /** @throws AuthenticationError when the token is refused; ConnectionError, ServerError, TimeoutError */
  static async open(settings: ConnectionSettings): Promise<LiveConnection> {
    const connection = new LiveConnection(settings);
    const limit = new RequestLimit(settings.timeoutMs, settings.signal, settings.timers);
    const onAbort = () => {
      connection.#authenticated?.reject(limit.signal.reason as Error);
      connection.abandon("not authenticated in time");
    };
    limit.signal.addEventListener("abort", onAbort, { once: true });
    try {
      await connection.#open(limit.signal);
      return connection;
    } catch (error) {
      connection.abandon("not authenticated");
      throw error;
    } finally {
      limit.signal.removeEventListener("abort", onAbort);
      limit.release();
    }
  }

  send(message: ClientMessage): void {
    this.#pacer.push(writeJson(message));
  }

  /** Says farewell, and does not wait long for the other side's. */
  close(): void {
    this.#end({ code: NORMAL_CLOSE, reason: "closed by the client" });
    this.#socket?.close(NORMAL_CLOSE, "");
  }

  abandon(reason: string): void {
    this.#end({ code: CLOSED_WITHOUT_FAREWELL, reason });
    this.#socket?.abandon();
  }

  async #open(signal: AbortSignal): Promise<void> {
    const { url, headers, token, compression, pingIntervalMs, timers } = this.#settings;
    const authenticated = new Promise<AuthSuccessMessage>((resolve, reject) => {
      this.#authenticated = { resolve, reject };
    });
    // It may fail before anybody waits for it.
    authenticated.catch(() => undefined);
    const address = `${url.replace(/^http/, "ws")}/v1/ws${compression === "none" ? "?compress=false" : ""}`;
    this.#socket = await this.#settings.openSocket(
      address,
      headers,
      {
        message: (data) => this.#arrived(data),
        closed: (code, reason) => this.#end({ code, reason }),
      },
      signal,
    );
    const protocol = { serialization: "json", compression } as const;
    this.#socket.send(writeJson({ type: "authenticate", method: "jwt", token, protocol }));
    this.#settings.hooks.sent(writeJson({ type: "authenticate", method: "jwt", token: "…", protocol }));
    await authenticated;
    this.#authenticated = undefined;
    if (pingIntervalMs > 0) this.#heartbeat = timers.every(pingIntervalMs, () => this.#beat());
  }

  #sendText(text: string): void {
    this.#socket?.send(text);
    this.#settings.hooks.sent(text);
  }

  #arrived(data: string | Uint8Array): void {
    this.#lastSign = { ...this.#lastSign, at: this.#settings.clock.monotonic() };
    this.#frames.push(data);
  }

  /** A large message on a slow line arrives in many pieces: each is a sign of life. */
  #beat(): void {
    const received = this.#socket?.received();
    const now = this.#settings.clock.monotonic();
    if (received !== undefined) {
      if (received !== this.#lastSign.received) this.#lastSign = { at: now, received };
      if (now - this.#lastSign.at > PINGS_WITHOUT_ANSWER * this.#settings.pingIntervalMs) {
        this.abandon("the server gives no sign of life");
        return;
      }
    }
    this.#socket?.probe();
    this.send({ type: "ping" });
  }

  #receive(message: unknown, text: string): void {
    this.#settings.hooks.received(text);
    if (!isRecord(message) || typeof message.type !== "string") {
      this.abandon("the server sent what is no message of a KalamDB server");
      return;
    }
    const typed = message as unknown as ServerMessage;
    if (typed.type === "auth_success") this.#authenticated?.resolve(typed);
    else if (typed.type === "auth_error") this.#refused(typed.message);
    else this.#settings.onMessage(typed);
  }

  #refused(message: string): void {
    const error = PASSING_REFUSAL.test(message)
      ? new ConnectionError(this.#settings.url, message, undefined)
      : new AuthenticationError({ code: "AUTHENTICATION_FAILED", message, status: 401 });
    if (this.#authenticated !== undefined) this.#authenticated.reject(error);
    else this.abandon(message);
  }

  /** What was not read yet is not given out any more: subscriptions go on from what was. */
  #end(closed: Closed): void {
    this.#frames.end();
    this.#heartbeat?.cancel();
    this.#pacer.end();
    const reason = closed.reason === "" ? `the connection was closed (${closed.code})` : closed.reason;
    this.#authenticated?.reject(new ConnectionError(this.#settings.url, reason, undefined));
    this.#resolveClosed({ code: closed.code, reason });
  }
}
