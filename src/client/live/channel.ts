import type { ClientMessage, Compression, ServerMessage } from "../../protocol/live.ts";
import { type Clock, systemClock } from "../../runtime/clock.ts";
import type { Random } from "../../runtime/random.ts";
import { systemTimers, type Timers } from "../../runtime/timers.ts";
import { webRandom } from "../../runtime/web-random.ts";
import { AuthenticationError, ClientError, ServerError } from "../errors.ts";
import type { Hooks } from "../hooks.ts";
import { LiveConnection } from "./connection.ts";
import type { SubscriptionCallback, SubscriptionOptions } from "./events.ts";
import { type ReconnectSettings, reconnectDelay } from "./reconnect.ts";
import type { OpenSocket } from "./socket.ts";
import { Subscription } from "./subscription.ts";

export interface ChannelOptions {
  readonly url: string;
  /** For one connection. */
  headers(): Readonly<Record<string, string>>;
  token(): Promise<string | undefined>;
  /** A token other than the one that was refused; undefined when there is no other. */
  replaceToken(rejected: string): Promise<string | undefined>;
  readonly compression: Compression;
  readonly connectTimeoutMs: number;
  readonly pingIntervalMs: number;
  readonly reconnect: ReconnectSettings;
  readonly openSocket: OpenSocket;
  readonly hooks: Hooks;
  readonly timers?: Timers;
  readonly random?: Random;
  readonly clock?: Clock;
}

/**
 * All subscriptions of a client over one connection at a time.
 *
 * There is a connection while there is a subscription, or from `connect` to `disconnect`. The first attempt fails at once, so that
 * a wrong address is no riddle; a connection that was lost is made anew after a delay that grows, and every subscription goes on
 * from where it stands. A refused login ends everything: it does not get better by itself.
 */
export class LiveChannel {
  readonly reconnect: ReconnectSettings;
  readonly #options: ChannelOptions;
  readonly #timers: Timers;
  readonly #random: Random;
  readonly #clock: Clock;
  readonly #subscriptions = new Map<string, Subscription>();
  #count = 0;
  #connection: LiveConnection | undefined;
  #kept = false;
  #attempts = 0;
  #stop = new AbortController();
  #running: { ready: Promise<void>; ended: Promise<void> } | undefined;

  constructor(options: ChannelOptions) {
    this.#options = options;
    this.reconnect = options.reconnect;
    this.#timers = options.timers ?? systemTimers;
    this.#random = options.random ?? webRandom;
    this.#clock = options.clock ?? systemClock;
  }

  get isConnected(): boolean {
    return this.#connection !== undefined;
  }

  get attempts(): number {
    return this.#attempts;
  }

  get isReconnecting(): boolean {
    return this.#attempts > 0 && this.#connection === undefined && this.#running !== undefined;
  }

  get subscriptions(): readonly Subscription[] {
    return [...this.#subscriptions.values()];
  }

  find(id: string): Subscription | undefined {
    return this.#subscriptions.get(id);
  }

  /** Resolves when the connection is there, and keeps it until `disconnect`. */
  connect(): Promise<void> {
    this.#kept = true;
    return this.#start();
  }

  /** Ends everything and resolves when it has ended. */
  async disconnect(): Promise<void> {
    this.#kept = false;
    for (const subscription of this.#subscriptions.values()) subscription.close();
    this.#subscriptions.clear();
    this.#finish();
    await this.#running?.ended;
  }

  /** @returns the subscription, which has yet to be opened */
  add(sql: string, options: SubscriptionOptions, callback: SubscriptionCallback): Subscription {
    const id = `sub-${++this.#count}`;
    const subscription: Subscription = new Subscription({
      id,
      sql,
      options,
      callback,
      createdAt: new Date(this.#clock.now()),
      send: (message: ClientMessage) => this.#connection?.send(message),
      later: (attempt, work) => this.#timers.after(reconnectDelay(this.reconnect, attempt, this.#random), work),
      over: () => this.remove(subscription),
    });
    this.#subscriptions.set(id, subscription);
    // A failure of the connection fails the subscription, and is told there.
    this.#start().catch(() => undefined);
    if (this.#connection !== undefined) subscription.connected();
    return subscription;
  }

  remove(subscription: Subscription): void {
    subscription.close();
    if (this.#subscriptions.delete(subscription.id) && !this.#isWanted) this.#finish();
  }

  get #isWanted(): boolean {
    return this.#kept || this.#subscriptions.size > 0;
  }

  /** Ends the connection, or the wait for one. */
  #finish(): void {
    this.#connection?.close();
    this.#stop.abort(new ClientError("Disconnected"));
  }

  #start(): Promise<void> {
    if (this.#running !== undefined) return this.#running.ready;
    let resolve: () => void = () => undefined;
    let reject: (error: unknown) => void = () => undefined;
    const ready = new Promise<void>((onReady, onFailure) => {
      resolve = onReady;
      reject = onFailure;
    });
    const ended = this.#run(resolve)
      .catch((error: unknown) => {
        reject(error);
        this.#failAll(error);
      })
      .finally(() => {
        this.#running = undefined;
        reject(new ClientError("Disconnected"));
        // Somebody may have subscribed while the last connection was being closed.
        if (this.#isWanted) this.#start().catch(() => undefined);
      });
    this.#running = { ready, ended };
    return ready;
  }

  async #run(onReady: () => void): Promise<void> {
    this.#stop = new AbortController();
    const { signal } = this.#stop;
    this.#attempts = 0;
    let wasConnected = false;
    // In a turn of its own, so that the caller knows of the run before it can end.
    await Promise.resolve();
    while (!signal.aborted) {
      try {
        const connection = await this.#open(signal);
        wasConnected = true;
        onReady();
        await this.#serve(connection, signal);
      } catch (error) {
        if (signal.aborted) return;
        if (!wasConnected || isFinal(error) || !this.#mayTryAgain) throw error;
        this.#options.hooks.fault({ message: messageOf(error), recoverable: true });
      }
      if (signal.aborted) return;
      if (!this.#mayTryAgain) throw new ClientError("The connection was lost");
      await this.#timers.sleep(reconnectDelay(this.reconnect, this.#attempts++, this.#random), signal);
    }
  }

  get #mayTryAgain(): boolean {
    const { enabled, maxAttempts } = this.reconnect;
    return enabled && (maxAttempts === 0 || this.#attempts < maxAttempts);
  }

  /** A token that is refused is replaced once. */
  async #open(signal: AbortSignal): Promise<LiveConnection> {
    const token = await this.#options.token();
    if (token === undefined) throw new ClientError("Live queries need credentials: give auth or authProvider");
    try {
      return await this.#openWith(token, signal);
    } catch (error) {
      if (!(error instanceof AuthenticationError)) throw error;
      const other = await this.#options.replaceToken(token);
      if (other === undefined) throw error;
      return this.#openWith(other, signal);
    }
  }

  #openWith(token: string, signal: AbortSignal): Promise<LiveConnection> {
    const { url, compression, connectTimeoutMs, pingIntervalMs, openSocket, hooks } = this.#options;
    return LiveConnection.open({
      url,
      headers: this.#options.headers(),
      token,
      compression,
      timeoutMs: connectTimeoutMs,
      pingIntervalMs,
      openSocket,
      hooks,
      timers: this.#timers,
      clock: this.#clock,
      signal,
      onMessage: (message) => this.#receive(message),
    });
  }

  /** Resolves when the connection has ended. */
  async #serve(connection: LiveConnection, signal: AbortSignal): Promise<void> {
    const { hooks } = this.#options;
    this.#connection = connection;
    this.#attempts = 0;
    hooks.connected();
    for (const subscription of this.#subscriptions.values()) subscription.connected();
    const { code, reason } = await connection.closed;
    this.#connection = undefined;
    for (const subscription of this.#subscriptions.values()) subscription.lost();
    hooks.disconnected({ message: reason, code, reconnecting: !signal.aborted && this.#mayTryAgain });
  }

  #receive(message: ServerMessage): void {
    // What types there may be in later servers is no concern of older clients.
    if (!("subscription_id" in message)) return;
    const subscription = this.#subscriptions.get(message.subscription_id);
    if (subscription !== undefined) subscription.receive(message);
    else if (message.type === "error") this.#refused(message.code, message.message);
  }

  /** A message was refused, but the server does not say which: one that is begun anew loses nothing. */
  #refused(code: string, message: string): void {
    this.#options.hooks.fault({ message: `${code}: ${message}`, recoverable: true });
    if (code === "RATE_LIMIT_EXCEEDED") this.#connection?.abandon(message);
    else if (code === "MESSAGE_TOO_LARGE") {
      for (const each of this.subscriptions) {
        if (!each.isAsked) continue;
        each.fail(code, message);
        this.remove(each);
      }
    }
  }

  #failAll(error: unknown): void {
    this.#kept = false;
    const code = error instanceof ServerError ? error.code : "DISCONNECTED";
    const failed = this.subscriptions;
    // What they are told may let them subscribe again.
    this.#subscriptions.clear();
    for (const subscription of failed) subscription.fail(code, messageOf(error), error);
    this.#options.hooks.fault({ message: messageOf(error), recoverable: false });
  }
}

/** No further attempt can do better: the login is refused, or the server does not want this client at all. */
function isFinal(error: unknown): boolean {
  return error instanceof ServerError && error.status >= 400 && error.status < 500 && error.status !== 429;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
