import { once } from "node:events";
import { gunzipSync } from "node:zlib";
import { Packr, Unpackr } from "msgpackr";
import { WebSocket } from "ws";
import type { LiveProtocol } from "../../src/protocol/live.ts";

const packr = new Packr({ useRecords: false });
const unpackr = new Unpackr({ useRecords: false, mapsAsObjects: true, int64AsType: "bigint" });

export interface LiveClientOptions {
  readonly query?: string;
  readonly headers?: Record<string, string>;
  readonly protocol?: LiveProtocol;
}

export type Message = Record<string, unknown> & { readonly type: string };

/** A message as it came over the wire. */
export interface Received {
  readonly message: Message;
  readonly binary: boolean;
  readonly gzip: boolean;
}

export interface Closed {
  readonly code: number;
  readonly reason: string;
}

/** A WebSocket client that keeps what it gets until a test asks for it. */
export class LiveClient {
  readonly ws: WebSocket;
  readonly received: Received[] = [];
  readonly closed: Promise<Closed>;
  #arrived: (() => void) | undefined;
  #end: Closed | undefined;

  private constructor(ws: WebSocket) {
    this.ws = ws;
    ws.on("message", (payload, binary) => {
      this.received.push(decode(payload as Buffer, binary));
      this.#arrived?.();
    });
    this.closed = new Promise((resolve) => {
      ws.on("close", (code, reason) => {
        this.#end = { code, reason: reason.toString() };
        this.#arrived?.();
        resolve(this.#end);
      });
    });
    ws.on("error", () => undefined);
  }

  static async open(url: string, { query = "", headers = {} }: LiveClientOptions = {}): Promise<LiveClient> {
    const client = new LiveClient(new WebSocket(`${url}${query}`, { headers, perMessageDeflate: false }));
    await Promise.race([once(client.ws, "open"), client.closed]);
    return client;
  }

  async authenticate(
    token: string,
    protocol: LiveProtocol = { serialization: "json", compression: "gzip" },
  ): Promise<Message> {
    this.send({ type: "authenticate", method: "jwt", token, protocol });
    return this.next("auth_success");
  }

  send(message: object | string): void {
    this.ws.send(typeof message === "string" ? message : JSON.stringify(message));
  }

  sendPacked(message: unknown): void {
    this.ws.send(packr.pack(message));
  }

  subscribe(id: string, sql: string, rest: object = { options: {} }): void {
    this.send({ type: "subscribe", subscription: { id, sql, ...rest } });
  }

  /** Subscribes and takes the acknowledgement and the first batch. */
  async follow(id: string, sql: string, rest: object = { options: {} }): Promise<readonly unknown[]> {
    this.subscribe(id, sql, rest);
    await this.next("subscription_ack");
    return (await this.next("initial_data_batch")).rows as readonly unknown[];
  }

  /** The next message; must be of the type, where one is given. */
  async next(type?: string): Promise<Message> {
    return (await this.nextReceived(type)).message;
  }

  async nextReceived(type?: string): Promise<Received> {
    while (this.received.length === 0) {
      if (this.#end !== undefined) throw new Error(`closed: ${JSON.stringify(this.#end)}`);
      await new Promise<void>((resolve) => {
        this.#arrived = resolve;
      });
    }
    const received = this.received.shift() as Received;
    if (type !== undefined && received.message.type !== type) {
      throw new Error(`expected ${type}, got ${show(received.message)}`);
    }
    return received;
  }

  async take(count: number): Promise<Message[]> {
    const messages: Message[] = [];
    while (messages.length < count) messages.push(await this.next());
    return messages;
  }
}

function show(message: Message): string {
  return JSON.stringify(message, (_key, value: unknown) => (typeof value === "bigint" ? String(value) : value));
}

function decode(payload: Buffer, binary: boolean): Received {
  const gzip = binary && payload[0] === 0x1f && payload[1] === 0x8b;
  const plain = gzip ? gunzipSync(payload) : payload;
  const json = plain[0] === 0x7b;
  const message = (json ? JSON.parse(plain.toString()) : unpackr.unpack(plain)) as Message;
  return { message, binary, gzip };
}
