import type { Socket } from "node:net";
import type { WebSocket } from "ws";
import type { Principal } from "../../engine/auth/roles.ts";
import { type ErrorKey, type ErrorValues, KalamError } from "../../errors/index.ts";
import { LIVE_CLOSE, type LiveProtocol, type ServerMessage } from "../../protocol/live.ts";
import { KeyedQueue } from "../../runtime/keyed-queue.ts";
import { bearerToken } from "../auth/tokens.ts";
import { TokenBuckets } from "../limits/token-buckets.ts";
import { type Encoding, encodingOf, jsonFrame } from "./frames.ts";
import type { LiveContext } from "./live-context.ts";
import { describeLiveFailure } from "./live-errors.ts";
import { LiveStreams } from "./live-streams.ts";
import { type Incoming, InvalidMessage, readJsonMessage, readPackedMessage } from "./messages.ts";
import { Outbox } from "./outbox.ts";

/** What the request for a connection said. */
export interface Greeting {
  readonly connectionId: string;
  readonly address: string;
  readonly authorization: string | undefined;
  /** What a connection that authenticates by its header speaks. */
  readonly protocol: LiveProtocol;
  /** `compress=false` wins over every protocol. */
  readonly compress: boolean;
}

/** Messages that may be worked on; while there are more, nothing is read. */
const MAX_PENDING = 64;
/** The `subscription_id` of errors that belong to no subscription. */
const NO_SUBSCRIPTION = "protocol";

/**
 * One WebSocket.
 *
 *     connected ── authenticate (message or header) ──▶ open ──▶ closed
 *         └── nothing within websocket.auth_timeout_secs, or refused ──▶ closed
 *
 * Messages of one subscription are worked on one after another, those of different ones side by side, and nothing before the
 * authentication that is under way has ended. A client that sends faster than it is served is not read meanwhile; one that reads
 * too slowly is closed by the `Outbox`.
 */
export class LiveConnection {
  readonly id: string;
  readonly #context: LiveContext;
  readonly #greeting: Greeting;
  readonly #ws: WebSocket;
  readonly #outbox: Outbox;
  readonly #rate: TokenBuckets;
  readonly #queue = new KeyedQueue();
  readonly #deadline: { cancel(): void };
  #streams: LiveStreams | undefined;
  #principal: Principal | undefined;
  #encoding: Encoding;
  /** Milliseconds since 1970. */
  #expires = Number.POSITIVE_INFINITY;
  /** Monotonic milliseconds. */
  #heard: number;
  #authenticating: Promise<void> | undefined;
  #pending = 0;
  /** Bytes, at the last heartbeat. */
  #takenByClient = 0;

  constructor(context: LiveContext, ws: WebSocket, socket: Socket, greeting: Greeting) {
    const { config, runtime } = context;
    this.id = greeting.connectionId;
    this.#context = context;
    this.#greeting = greeting;
    this.#ws = ws;
    this.#outbox = new Outbox(ws, socket, config["websocket.max_buffered_bytes"]);
    this.#rate = new TokenBuckets(runtime.clock, config["rate_limit.max_messages_per_sec"], 1);
    this.#encoding = encodingOf(greeting.protocol, greeting.compress);
    this.#heard = runtime.clock.monotonic();
    const seconds = config["websocket.auth_timeout_secs"];
    this.#deadline = runtime.timers.after(seconds * 1000, () => this.#tooLate(seconds));
    const heard = (): void => {
      this.#heard = runtime.clock.monotonic();
    };
    ws.on("message", (payload, binary) => {
      heard();
      this.#receive(payload as Buffer, binary);
    });
    ws.on("ping", heard);
    ws.on("pong", heard);
    ws.on("error", (error) => context.log.debug({ connection: this.id, err: error }, "a WebSocket failed"));
    ws.on("close", () => this.#gone());
    const { authorization } = greeting;
    if (authorization !== undefined)
      void this.#startAuthentication(() => bearerToken(authorization), greeting.protocol);
  }

  /** Whose connection it is; undefined before authentication. */
  get userId(): string | undefined {
    return this.#principal?.userId;
  }

  /** Bytes that the client has not taken, while it may still take them. */
  get waiting(): number {
    return this.#outbox.open ? this.#outbox.waiting : 0;
  }

  /** Ends the connection when its client is silent or its token has expired. Called at every heartbeat. */
  checkAlive(): void {
    const { clock } = this.#context.runtime;
    const { gone } = this.#outbox;
    // While more was asked for than is answered, nothing is read; a client that takes answers is alive.
    if (this.#ws.isPaused && gone > this.#takenByClient) this.#heard = clock.monotonic();
    this.#takenByClient = gone;
    if (clock.monotonic() - this.#heard > this.#context.config["websocket.client_timeout_secs"] * 1000) {
      this.close(LIVE_CLOSE.normal, "Heartbeat timeout");
    } else if (this.#expires <= clock.now()) {
      this.close(LIVE_CLOSE.policy, "Token expired: authenticate again and resume");
    }
  }

  /** The account has changed: whoever is no longer what the token says must authenticate again. */
  async checkAccount(): Promise<void> {
    const principal = this.#principal;
    if (principal === undefined) return;
    const account = await this.#context.accounts.find(principal.userId);
    if (account === undefined) this.close(LIVE_CLOSE.policy, "User no longer valid");
    else if (account.role !== principal.role) this.close(LIVE_CLOSE.policy, "Role changed: authenticate again");
  }

  endTooSlow(): void {
    this.#outbox.endTooSlow();
  }

  /** Says goodbye; subscriptions end at once. */
  close(code: number, reason: string): void {
    this.#outbox.close(code, reason);
    this.#gone();
  }

  /** Without goodbye. */
  terminate(): void {
    this.#ws.terminate();
  }

  #lastHeard(): bigint {
    const { clock } = this.#context.runtime;
    return clock.nowMicros() - BigInt(Math.round((clock.monotonic() - this.#heard) * 1000));
  }

  #gone(): void {
    this.#deadline.cancel();
    this.#streams?.closeAll();
  }

  #tooLate(seconds: number): void {
    const message = `Authentication timeout - no auth message received within ${seconds} seconds`;
    this.#refuse(message, "Authentication timeout");
  }

  #receive(payload: Buffer, binary: boolean): void {
    if (!this.#outbox.open) return;
    const message = this.#read(payload, binary);
    if (message === undefined || message.type === "ping") return;
    if (++this.#pending > MAX_PENDING) this.#ws.pause();
    void this.#handle(message).finally(() => {
      if (--this.#pending <= MAX_PENDING / 2 && this.#ws.isPaused) this.#ws.resume();
    });
  }

  /** Checks size, rate and form; says what is wrong. */
  #read(payload: Buffer, binary: boolean): Incoming | undefined {
    const maximum = this.#context.config["security.max_ws_message_size"];
    const packed = this.#encoding.protocol.serialization === "msgpack" && this.#principal !== undefined;
    if (payload.length > maximum) {
      return this.#complain("live_message_too_large", { bytes: payload.length, maximum });
    }
    if (!this.#rate.take("")) return this.#complain("live_message_rate");
    if (binary && !packed) return this.#complain("live_binary", { reason: "Binary not supported" });
    try {
      return binary ? readPackedMessage(payload, maximum) : readJsonMessage(payload);
    } catch (error) {
      if (!(error instanceof InvalidMessage)) throw error;
      if (binary) return this.#complain("live_binary", { reason: `Invalid message: ${error.message}` });
      this.close(LIVE_CLOSE.invalidMessage, `Invalid message: ${error.message}`);
      return undefined;
    }
  }

  /** Never rejects. */
  async #handle(message: Exclude<Incoming, { type: "ping" }>): Promise<void> {
    if (this.#authenticating !== undefined) await this.#authenticating;
    if (message.type === "authenticate") {
      await this.#startAuthentication(() => message.token, message.protocol);
      return;
    }
    const streams = this.#streams;
    if (streams === undefined) {
      if (message.type === "subscribe") this.#complain("live_authentication_required", {}, "subscribe");
      return;
    }
    const id = message.type === "subscribe" ? message.subscription.id : message.id;
    try {
      await this.#queue.run(id, async () => {
        if (message.type === "subscribe") await streams.open(message.subscription);
        else if (message.type === "next_batch") await streams.next(id, message.lastSeq);
        else streams.close(id);
      });
    } catch (error) {
      this.#tellFailure(error, id);
    }
  }

  #startAuthentication(token: () => string, protocol: LiveProtocol): Promise<void> {
    this.#deadline.cancel();
    const running = this.#authenticate(token, protocol).finally(() => {
      if (this.#authenticating === running) this.#authenticating = undefined;
    });
    this.#authenticating = running;
    return running;
  }

  /** Never rejects. */
  async #authenticate(token: () => string, protocol: LiveProtocol): Promise<void> {
    const { attempts, log } = this.#context;
    if (!attempts.take(this.#greeting.address)) {
      this.#refuse("Too many authentication attempts. Please retry shortly.", "Authentication failed");
      return;
    }
    try {
      const { principal, expires } = await this.#context.identify(token());
      if (!this.#outbox.open) return;
      if (this.#principal !== undefined && this.#principal.userId !== principal.userId) {
        throw new KalamError("invalid_credentials");
      }
      this.#expires = expires;
      if (this.#principal === undefined) this.#open(principal, protocol);
      // Whatever changed before the connection had its user was not told to it.
      await this.checkAccount();
      this.#send({
        type: "auth_success",
        user: principal.userId,
        role: principal.role,
        protocol: this.#encoding.protocol,
      });
    } catch (error) {
      const { fault } = describeLiveFailure(error, NO_SUBSCRIPTION, undefined);
      if (fault !== undefined) log.error({ connection: this.id, err: fault }, "an authentication failed");
      this.#refuse("Invalid credentials", "Authentication failed");
    }
  }

  #open(principal: Principal, protocol: LiveProtocol): void {
    const { compress } = this.#greeting;
    this.#principal = principal;
    this.#encoding = encodingOf(protocol, compress);
    this.#streams = new LiveStreams(this.#context, {
      connectionId: this.id,
      principal,
      outbox: this.#outbox,
      encoding: this.#encoding,
      lastHeard: () => this.#lastHeard(),
    });
  }

  #refuse(message: string, reason: string): void {
    this.#send({ type: "auth_error", message });
    this.close(LIVE_CLOSE.policy, reason);
  }

  #complain(key: ErrorKey, values: ErrorValues = {}, subscriptionId = NO_SUBSCRIPTION): undefined {
    this.#tellFailure(new KalamError(key, values), subscriptionId);
  }

  #tellFailure(thrown: unknown, subscriptionId: string): void {
    const { message, fault } = describeLiveFailure(thrown, subscriptionId, this.#principal?.role);
    if (fault !== undefined) this.#context.log.error({ connection: this.id, err: fault }, "a live query failed");
    this.#send(message);
  }

  /** Everything about the connection itself is JSON, whatever was negotiated. */
  #send(message: ServerMessage): void {
    this.#outbox.send(jsonFrame(JSON.stringify(message), this.#encoding.gzip && message.type !== "auth_error"));
  }
}
