import { setTimeout as sleep } from "node:timers/promises";
import type { Bench, Subject } from "../bench.ts";
import { asFastAsPossible, fanOut, paced } from "../live/loops.ts";
import { Publisher, sqlBody } from "../live/publisher.ts";
import { Receiver } from "../live/receiver.ts";
import { BareWs } from "../peers/bare-ws.ts";
import type { KalamServer } from "../peers/kalam-server.ts";
import { PostgresWire } from "../peers/postgres-wire.ts";
import { residentMemory } from "../process/memory.ts";
import { figureOf, type Measurement } from "../report/measurement.ts";
import { alternate, type Contender, peersFrom } from "../rounds.ts";
import { KALAM } from "./contenders.ts";

const BARE_WS = "bare ws";
const FEW = "KalamDB, 100 subscribers";
const NOTIFY = "PostgreSQL LISTEN/NOTIFY behind bare ws";
const SUBSCRIBERS = 1000;
const MANY = 10_000;
const PER_SOCKET = 100;
const LANES = 8;
const RATE = 1000;
const MAX_MEDIAN_MILLIS = 5;
const MAX_P99_MILLIS = 25;
const MAX_IDLE_KIB = 20;
const SETTLE_MILLIS = 2000;
const KIB_PER_MIB = 1024;
/** Ids of so many digits that all messages are of one length. */
const FIRST_ID = 100_000_000;

/** One user has all of the subscriptions, from one address. */
const UNLIMITED = {
  KALAMDB_RATE_LIMIT_MAX_SUBSCRIPTIONS_PER_USER: "1000000",
  KALAMDB_RATE_LIMIT_MAX_AUTH_REQUESTS_PER_IP_PER_SEC: "1000000",
  KALAMDB_RATE_LIMIT_MAX_MESSAGES_PER_SEC: "1000000",
  // The clients send nothing while they count.
  KALAMDB_WEBSOCKET_CLIENT_TIMEOUT_SECS: "86400",
};
const SCHEMA = `CREATE NAMESPACE IF NOT EXISTS bench;
CREATE SHARED TABLE bench.ticks (id BIGINT PRIMARY KEY, room TEXT NOT NULL, body TEXT NOT NULL)`;
const BODY = "Are we still on for lunch tomorrow? I could be there at 12:30";
const LIVE_PATH = "/v1/ws";

function insertTick(table: string, id: number, room: string): string {
  return `INSERT INTO ${table} (id, room, body) VALUES (${id}, '${room}', '${BODY}')`;
}

/** A fresh server with clients on it. */
class LiveBench {
  readonly server: KalamServer;
  readonly publisher: Publisher;
  readonly receivers: Receiver[] = [];
  readonly #token: string;
  nextId = FIRST_ID;

  private constructor(server: KalamServer, token: string) {
    this.server = server;
    this.#token = token;
    this.publisher = new Publisher(server.port, "/v1/api/sql", LANES, token);
  }

  static async start(bench: Bench): Promise<LiveBench> {
    const server = await bench.startKalam({ env: UNLIMITED });
    const client = await server.login();
    await client.run(SCHEMA);
    return new LiveBench(server, client.token);
  }

  insert(room: string): Promise<void> {
    return this.publisher.publish(sqlBody(insertTick("bench.ticks", this.nextId++, room)));
  }

  async connect(count: number): Promise<void> {
    for (let i = 0; i < count; i++) this.receivers.push(await Receiver.open(this.server.port, LIVE_PATH, this.#token));
  }

  /** Subscribes on all connections, to changes only. @param query of the n-th subscription */
  async subscribe(perReceiver: number, query: (n: number) => string): Promise<void> {
    let n = 0;
    for (const receiver of this.receivers) {
      for (let s = 0; s < perReceiver; s++) {
        receiver.send({ type: "subscribe", subscription: { id: `s${s}`, sql: query(n++) } });
        const answer = await receiver.message();
        if (!answer.includes("subscription_ack")) throw new Error(answer);
      }
    }
  }

  async stop(): Promise<void> {
    for (const receiver of this.receivers) receiver.close();
    this.publisher.close();
    await this.server.stop();
  }
}

function measured(figures: Awaited<ReturnType<typeof alternate>>) {
  const kalam = figures.get(KALAM);
  if (kalam === undefined) throw new Error("KalamDB was not measured");
  return kalam;
}

export const liveFanOut: Subject = {
  name: "live-fan-out",
  about: "one INSERT told to 1 000 subscribers of a shared table",
  async *run(bench) {
    const live = await LiveBench.start(bench);
    await live.connect(SUBSCRIBERS);
    await live.subscribe(1, () => "SELECT * FROM bench.ticks");
    const first = live.receivers[0]?.message();
    await live.insert("lobby");
    const message = (await first) ?? "";

    const bare = await BareWs.start(bench.resources);
    const publisher = new Publisher(bare.port, "/", LANES);
    const receivers: Receiver[] = [];
    for (let i = 0; i < SUBSCRIBERS; i++) receivers.push(await Receiver.open(bare.port, "/"));
    const figures = await alternate(
      [
        { name: KALAM, measure: (seconds) => fanOut(live.receivers, () => live.insert("lobby"), seconds) },
        { name: BARE_WS, measure: (seconds) => fanOut(receivers, () => publisher.publish(message), seconds) },
      ],
      bench.options,
    );
    for (const receiver of receivers) receiver.close();
    publisher.close();
    await bare.stop();
    await live.stop();
    yield {
      subject: "live-fan-out",
      title: "Changes told to 1 000 subscribers of one table",
      unit: "messages/s",
      kalam: measured(figures),
      peers: peersFrom(figures, [BARE_WS]),
      target: { kind: "ratio", peer: BARE_WS, atLeast: 0.6 },
    };
  },
};

export const liveFilters: Subject = {
  name: "live-filters",
  about: "INSERT into a shared table that 10 000 subscribers follow, each another room",
  async *run(bench) {
    const starts = [MANY, PER_SOCKET].map(async (subscribers) => {
      const live = await LiveBench.start(bench);
      await live.connect(PER_SOCKET);
      await live.subscribe(subscribers / PER_SOCKET, (n) => `SELECT * FROM bench.ticks WHERE room = 'room ${n}'`);
      return { live, subscribers };
    });
    const [many, few] = await Promise.all(starts);
    if (many === undefined || few === undefined) throw new Error("No server");
    const inserting = (name: string, { live, subscribers }: typeof many): Contender => ({
      name,
      measure: (seconds) => {
        const insert = (): Promise<void> => live.insert(`room ${(live.nextId * 7919) % subscribers}`);
        return asFastAsPossible(LANES, insert, seconds);
      },
    });
    const figures = await alternate([inserting(KALAM, many), inserting(FEW, few)], bench.options);
    await many.live.stop();
    await few.live.stop();
    yield {
      subject: "live-filters",
      title: "INSERT of one row that one of 10 000 subscribers waits for",
      unit: "requests/s",
      kalam: measured(figures),
      peers: peersFrom(figures, [FEW]),
      target: { kind: "ratio", peer: FEW, atLeast: 0.33 },
    };
  },
};

export const liveLatency: Subject = {
  name: "live-latency",
  about: "from sending an INSERT to having the change, at 1 000 a second",
  async *run(bench) {
    const live = await LiveBench.start(bench);
    await live.connect(1);
    await live.subscribe(1, () => "SELECT * FROM bench.ticks");
    const [receiver] = live.receivers;
    if (receiver === undefined) throw new Error("No receiver");
    const numberOf = (payload: Buffer): number => Number(/"id":"?(\d+)/.exec(payload.toString())?.[1]);
    const publish = (id: number): Promise<void> =>
      live.publisher.publish(sqlBody(insertTick("bench.ticks", id, "lobby")));
    const p99: number[] = [];
    const contenders: Contender[] = [
      {
        name: KALAM,
        measure: async (seconds) => {
          const first = live.nextId;
          live.nextId += Math.ceil(RATE * seconds);
          const latency = await paced(receiver, publish, numberOf, { rate: RATE, seconds, first });
          p99.push(latency.p99);
          return { rate: latency.p50, latency };
        },
      },
    ];
    const notify = await Notify.start(bench);
    if (notify !== undefined)
      contenders.push({ name: NOTIFY, measure: (seconds) => notify.measure(seconds, numberOf) });
    const figures = await alternate(contenders, bench.options);
    await notify?.stop();
    await live.stop();
    const kalam = measured(figures);
    yield {
      subject: "live-latency",
      title: "From sending an INSERT to having the change, 1 000 a second, median",
      unit: "ms",
      kalam,
      peers: peersFrom(figures, [NOTIFY]),
      target: { kind: "limit", atMost: MAX_MEDIAN_MILLIS },
    };
    yield {
      subject: "live-latency",
      title: "The same, 99 of 100",
      unit: "ms",
      // The first is the warm-up.
      kalam: figureOf(p99.slice(1)),
      peers: notify === undefined ? [] : [{ peer: NOTIFY, figure: figureOf(notify.p99.slice(1)) }],
      target: { kind: "limit", atMost: MAX_P99_MILLIS },
    };
  },
};

/** PostgreSQL, whose transactions notify, and a relay to WebSockets. */
class Notify {
  readonly p99: number[] = [];
  readonly #relay: BareWs;
  readonly #receiver: Receiver;
  readonly #wires: readonly PostgresWire[];
  #nextId = FIRST_ID;

  private constructor(relay: BareWs, receiver: Receiver, wires: readonly PostgresWire[]) {
    this.#relay = relay;
    this.#receiver = receiver;
    this.#wires = wires;
  }

  /** @returns undefined where there is no PostgreSQL */
  static async start(bench: Bench): Promise<Notify | undefined> {
    const postgres = await bench.postgres();
    if (postgres === undefined) return undefined;
    await postgres.sql("CREATE TABLE ticks (id bigint PRIMARY KEY, room text NOT NULL, body text NOT NULL)");
    const relay = await BareWs.start(bench.resources, postgres.port);
    const wires: PostgresWire[] = [];
    for (let i = 0; i < LANES; i++) wires.push(await PostgresWire.connect(postgres.port, "bench", "postgres"));
    return new Notify(relay, await Receiver.open(relay.port, "/"), wires);
  }

  async measure(seconds: number, numberOf: (payload: Buffer) => number) {
    const first = this.#nextId;
    this.#nextId += Math.ceil(RATE * seconds);
    const publish = async (id: number): Promise<void> => {
      const change = JSON.stringify({ id, room: "lobby", body: BODY });
      const sql = `${insertTick("ticks", id, "lobby")}; NOTIFY ticks, '${change}'`;
      await this.#wires[id % LANES]?.query(sql);
    };
    const latency = await paced(this.#receiver, publish, numberOf, { rate: RATE, seconds, first });
    this.p99.push(latency.p99);
    return { rate: latency.p50, latency };
  }

  async stop(): Promise<void> {
    this.#receiver.close();
    for (const wire of this.#wires) wire.close();
    await this.#relay.stop();
  }
}

export const liveMemory: Subject = {
  name: "live-memory",
  about: "resident memory of 10 000 idle subscriptions on 100 connections",
  async *run(bench): AsyncGenerator<Measurement> {
    const live = await LiveBench.start(bench);
    await sleep(SETTLE_MILLIS);
    const before = await residentMemory(live.server.pid);
    await live.connect(MANY / PER_SOCKET);
    await live.subscribe(PER_SOCKET, (n) => `SELECT * FROM bench.ticks WHERE room = 'room ${n}'`);
    await sleep(SETTLE_MILLIS);
    const after = await residentMemory(live.server.pid);
    await live.stop();
    yield {
      subject: "live-memory",
      title: "Memory of one of 10 000 idle subscriptions on 100 connections",
      unit: "KiB",
      kalam: figureOf([((after - before) * KIB_PER_MIB) / MANY]),
      peers: [],
      target: { kind: "limit", atMost: MAX_IDLE_KIB },
    };
  },
};
