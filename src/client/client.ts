import type { RowData } from "./cell-value.ts";
import { ClientError } from "./errors.ts";
import { type ClientHooks, Hooks } from "./hooks.ts";
import { ChangeStream, type ChangeStreamOptions } from "./live/change-stream.ts";
import { LiveChannel } from "./live/channel.ts";
import type { SubscriptionCallback, SubscriptionInfo, SubscriptionOptions } from "./live/events.ts";
import { LiveRows, type LiveRowsOptions } from "./live/live-rows.ts";
import { openSocket } from "./live/open-socket.ts";
import type { Subscription } from "./live/subscription.ts";
import type { ClientOptions } from "./options.ts";
import type { SeqId } from "./seq-id.ts";
import { SqlClient } from "./sql-client.ts";
import { tableName } from "./table-name.ts";

/** Ends a subscription. May be called more than once. */
export interface Unsubscribe {
  (): Promise<void>;
  /** By which `getLastSeqId` and `unsubscribe` know it. */
  readonly id: string;
}

/**
 * A client of one server, for Node and browsers. Requests need no closing; the WebSocket for live queries opens with the first
 * subscription and closes with the last.
 *
 * @example
 * const client = createClient({ url: "http://localhost:8080", auth: Auth.basic("alice", "secret") });
 * const row = await client.queryOne("SELECT * FROM chat.messages WHERE id = $1", [42]);
 * const stop = await client.live("SELECT * FROM chat.messages", (rows) => show(rows));
 */
export class KalamDBClient extends SqlClient {
  readonly #hooks: Hooks;
  readonly #channel: LiveChannel;

  constructor(options: ClientOptions) {
    super(options);
    this.#hooks = new Hooks(options);
    this.#channel = new LiveChannel({
      url: this.url,
      headers: () => ({ ...options.headers, "x-request-id": this.transport.nextRequestId() }),
      token: () => this.authenticator.token(),
      replaceToken: (rejected) => this.authenticator.replace(rejected),
      compression: options.disableCompression === true ? "none" : "gzip",
      connectTimeoutMs: options.connectTimeoutMs ?? 10_000,
      pingIntervalMs: options.pingIntervalMs ?? 5000,
      reconnect: {
        enabled: true,
        initialDelayMs: options.reconnectDelayMs ?? 1000,
        maxDelayMs: options.maxReconnectDelayMs ?? 30_000,
        maxAttempts: 0,
      },
      openSocket,
      hooks: this.#hooks,
    });
  }

  /**
   * Tells of every row of a query and of every change to them, in order and each once, also over lost connections.
   *
   * @param sql one SELECT over one table with a WHERE, or `SUBSCRIBE TO …`
   * @returns when the server has accepted it
   * @throws SubscriptionError when the server refuses; ConnectionError, AuthenticationError at the first connection
   */
  async subscribeWithSql(
    sql: string,
    callback: SubscriptionCallback,
    options: SubscriptionOptions = {},
  ): Promise<Unsubscribe> {
    const subscription = this.#channel.add(sql, options, callback);
    await subscription.opened;
    return this.#unsubscribeOf(subscription);
  }

  /** As `subscribeWithSql` with all columns and rows of a table. */
  subscribe(table: string, callback: SubscriptionCallback, options?: SubscriptionOptions): Promise<Unsubscribe> {
    return this.subscribeWithSql(`SELECT * FROM ${tableName(table)}`, callback, options);
  }

  /** As `subscribe`, but only the rows that came or changed, a few at a time; what went is not told. */
  subscribeRows(
    table: string,
    callback: (rows: readonly RowData[]) => void,
    options?: SubscriptionOptions,
  ): Promise<Unsubscribe> {
    return this.subscribe(
      table,
      (event) => {
        if (event.type !== "initial_data_batch" && event.type !== "change") return;
        if (event.rows !== undefined && event.rows.length > 0) callback(event.rows);
      },
      options,
    );
  }

  /**
   * Gives the rows of a query as they are now, again after every change. The query selects the primary key.
   *
   * @throws as `subscribeWithSql`; ClientError when rows cannot be told apart
   * @example
   * const stop = await client.live("SELECT * FROM chat.messages WHERE conversation_id = $1", render, {
   *   subscriptionOptions: { params: [1], last_rows: 50 },
   *   limit: 50,
   * });
   */
  async live<T = RowData>(
    sql: string,
    callback: (rows: readonly T[]) => void,
    options: LiveRowsOptions<T> = {},
  ): Promise<Unsubscribe> {
    const rows = new LiveRows<T>(options, callback);
    const stop = await this.subscribeWithSql(sql, (event) => rows.receive(event), options.subscriptionOptions);
    if (rows.problem === undefined) return stop;
    await stop();
    throw rows.problem;
  }

  /** As `live` with all columns and rows of a table. */
  liveTableRows<T = RowData>(
    table: string,
    callback: (rows: readonly T[]) => void,
    options?: LiveRowsOptions<T>,
  ): Promise<Unsubscribe> {
    return this.live(`SELECT * FROM ${tableName(table)}`, callback, options);
  }

  /**
   * Every row of a query and every change to them, for `for await`. Who iterates slowly loses nothing: the server waits.
   *
   * @example
   * for await (const change of client.changes("SELECT * FROM chat.messages", { last_rows: 10 })) {
   *   if (change.type === "insert") console.log(`${change.row.body}`);
   * }
   */
  changes(sql: string, options: ChangeStreamOptions = {}): ChangeStream {
    return new ChangeStream(
      options,
      (callback) => this.#channel.add(sql, options, callback),
      (id) => {
        const subscription = this.#channel.find(id);
        if (subscription !== undefined) this.#channel.remove(subscription);
      },
    );
  }

  /** @param id of an `Unsubscribe` or of `getSubscriptions`; an unknown one is no error */
  async unsubscribe(id: string): Promise<void> {
    const subscription = this.#channel.find(id);
    if (subscription !== undefined) this.#channel.remove(subscription);
  }

  async unsubscribeAll(): Promise<void> {
    for (const subscription of this.#channel.subscriptions) this.#channel.remove(subscription);
  }

  getSubscriptions(): readonly SubscriptionInfo[] {
    return this.#channel.subscriptions.map(({ info }) => info);
  }

  getSubscriptionCount(): number {
    return this.#channel.subscriptions.length;
  }

  isSubscribedTo(sql: string): boolean {
    return this.#channel.subscriptions.some((subscription) => subscription.sql === sql);
  }

  /** The newest version that a subscription has given; `from` goes on behind it. */
  getLastSeqId(id: string): SeqId | undefined {
    return this.#channel.find(id)?.lastSeqId;
  }

  /** Opens the connection for live queries ahead of time and keeps it until `disconnect`. @throws as `subscribeWithSql` */
  async connect(): Promise<void> {
    this.#channel.reconnect.enabled = true;
    await this.#channel.connect();
  }

  /** Ends all subscriptions and the connection. The client can be used again. */
  disconnect(): Promise<void> {
    return this.#channel.disconnect();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.disconnect();
  }

  isConnected(): boolean {
    return this.#channel.isConnected;
  }

  isReconnecting(): boolean {
    return this.#channel.isReconnecting;
  }

  /** Attempts since the connection was lost. */
  getReconnectAttempts(): number {
    return this.#channel.attempts;
  }

  setAutoReconnect(enabled: boolean): void {
    this.#channel.reconnect.enabled = enabled;
  }

  /** Milliseconds before the first attempt, doubled after each, and at most. */
  setReconnectDelay(initialMs: number, maxMs: number): void {
    if (!(initialMs >= 0 && maxMs >= initialMs)) throw new ClientError("A delay is 0 or more, the longest no shorter");
    this.#channel.reconnect.initialDelayMs = initialMs;
    this.#channel.reconnect.maxDelayMs = maxMs;
  }

  /** 0, the default: as long as anything is subscribed to. */
  setMaxReconnectAttempts(attempts: number): void {
    this.#channel.reconnect.maxAttempts = attempts;
  }

  /** Replaces hooks; those that are not named stay. */
  setHooks(hooks: ClientHooks): void {
    Object.assign(this.#hooks.current, hooks);
  }

  onConnect(hook: () => void): void {
    this.setHooks({ onConnect: hook });
  }

  onDisconnect(hook: NonNullable<ClientHooks["onDisconnect"]>): void {
    this.setHooks({ onDisconnect: hook });
  }

  onError(hook: NonNullable<ClientHooks["onError"]>): void {
    this.setHooks({ onError: hook });
  }

  #unsubscribeOf(subscription: Subscription): Unsubscribe {
    return Object.assign(async () => this.#channel.remove(subscription), { id: subscription.id });
  }
}

/** @see KalamDBClient */
export function createClient(options: ClientOptions): KalamDBClient {
  return new KalamDBClient(options);
}
