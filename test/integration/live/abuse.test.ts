import { gzipSync } from "node:zlib";
import { expect } from "chai";
import { pack } from "msgpackr";
import type { LiveClient } from "../../support/live-client.ts";
import { withLiveServer } from "../../support/live-server.ts";
import { RawSocket } from "../../support/raw-socket.ts";

const NOTES = "CREATE NAMESPACE app; CREATE USER TABLE app.notes (id INT PRIMARY KEY, body TEXT)";
const ENDS_SOON = { KALAMDB_WEBSOCKET_HEARTBEAT_INTERVAL_SECS: "1", KALAMDB_WEBSOCKET_CLIENT_TIMEOUT_SECS: "1" };
const MIB = 1024 * 1024;

async function codes(client: LiveClient, count: number): Promise<unknown[]> {
  return (await client.take(count)).map(({ code }) => code);
}

describe("limits of live connections", () => {
  it("refuse messages that are too large; what is larger still ends the connection", () =>
    withLiveServer({ KALAMDB_SECURITY_MAX_WS_MESSAGE_SIZE: "2048" }, async ({ run, connect }) => {
      await run(NOTES);
      const client = await connect("alice");
      const padded = (bytes: number): string => JSON.stringify({ type: "ping", padding: "x".repeat(bytes) });
      client.send(padded(1000));
      client.send(padded(3000));
      expect(await client.next("error")).to.deep.include({ subscription_id: "protocol", code: "MESSAGE_TOO_LARGE" });
      await client.follow("s", "SELECT id FROM app.notes");
      client.send(padded(5000));
      expect((await client.closed).code).to.equal(1009);

      // Neither in many pieces, nor compressed.
      const pieces = await connect("alice");
      for (let piece = 0; piece < 10; piece++) pieces.ws.send("x".repeat(1000), { fin: false });
      expect((await pieces.closed).code).to.equal(1009);
      const bomb = await connect("alice", { protocol: { serialization: "msgpack", compression: "gzip" } });
      bomb.ws.send(gzipSync(pack({ type: "ping", padding: "x".repeat(MIB) })));
      expect(await codes(bomb, 1)).to.deep.equal(["UNSUPPORTED_DATA"]);
    }));

  it("refuse messages that come too fast", () =>
    withLiveServer({ KALAMDB_RATE_LIMIT_MAX_MESSAGES_PER_SEC: "5" }, async ({ connect }) => {
      const client = await connect();
      for (let i = 0; i < 10; i++) client.send({ type: "ping" });
      expect(await client.next("error")).to.deep.include({
        subscription_id: "protocol",
        code: "RATE_LIMIT_EXCEEDED",
        message: "Too many messages",
      });
    }));

  it("count the subscriptions of a user and of a connection", () =>
    withLiveServer(
      {
        KALAMDB_RATE_LIMIT_MAX_SUBSCRIPTIONS_PER_USER: "5",
        KALAMDB_WEBSOCKET_MAX_SUBSCRIPTIONS_PER_CONNECTION: "3",
      },
      async ({ run, connect, engine }) => {
        await run(NOTES);
        const [one, two, bob] = [await connect("alice"), await connect("alice"), await connect("bob")];
        for (const id of ["a", "b", "c"]) await one.follow(id, "SELECT id FROM app.notes");
        one.subscribe("d", "SELECT id FROM app.notes");
        expect(await codes(one, 1)).to.deep.equal(["UNSUPPORTED"]);
        for (const id of ["a", "b"]) await two.follow(id, "SELECT id FROM app.notes");
        two.subscribe("c", "SELECT id FROM app.notes");
        expect(await codes(two, 1)).to.deep.equal(["SUBSCRIPTION_LIMIT_EXCEEDED"]);
        await bob.follow("a", "SELECT id FROM app.notes");
        // One that replaces another, fails, or ends, gives its place back.
        await one.follow("a", "SELECT id FROM app.notes");
        one.subscribe("a", "SELECT nothing FROM app.notes");
        expect(await codes(one, 1)).to.deep.equal(["INVALID_SQL"]);
        await two.follow("c", "SELECT id FROM app.notes");
        one.ws.terminate();
        await one.closed;
        while (engine.live.count > 4) await engine.runtime.timers.yield();
        const three = await connect("alice");
        for (const id of ["a", "b"]) await three.follow(id, "SELECT id FROM app.notes");
        three.subscribe("c", "SELECT id FROM app.notes");
        expect(await codes(three, 1)).to.deep.equal(["SUBSCRIPTION_LIMIT_EXCEEDED"]);
      },
    ));

  it("hold in a storm of subscriptions", () =>
    withLiveServer({ KALAMDB_RATE_LIMIT_MAX_MESSAGES_PER_SEC: "100000" }, async ({ run, connect, engine }) => {
      await run(NOTES);
      const client = await connect("alice");
      for (let i = 0; i < 3000; i++) {
        client.subscribe(`s${i % 120}`, "SELECT id FROM app.notes", {});
        if (i % 3 === 0) client.send({ type: "unsubscribe", subscription_id: `s${i % 120}` });
      }
      client.subscribe("", "", {});
      for (;;) {
        const { code } = await client.next();
        if (code === "INVALID_SUBSCRIPTION_ID") break;
        expect(code).to.be.oneOf([undefined, "UNSUPPORTED"]);
        expect(engine.live.count).to.be.at.most(100);
      }
      client.ws.terminate();
      await client.closed;
      while (engine.live.count > 0) await engine.runtime.timers.yield();
    }));

  it("let a client that does not read lose its connection, and nothing else", () =>
    withLiveServer({ KALAMDB_WEBSOCKET_MAX_BUFFERED_BYTES: String(MIB) }, async ({ url, run, token, connect }) => {
      await run(NOTES);
      const deaf = await RawSocket.open(url, await token("alice"), "?compress=false");
      deaf.send({ type: "subscribe", subscription: { id: "s", sql: "SELECT * FROM app.notes" } });
      const reader = await connect("alice");
      await reader.follow("s", "SELECT id FROM app.notes");
      const body = "x".repeat(100_000);
      const before = process.memoryUsage().rss;
      for (let id = 1; id <= 300; id++) {
        await run(`INSERT INTO app.notes VALUES (${id}, '${body}'); DELETE FROM app.notes WHERE id = ${id}`, "alice");
        await reader.take(2);
      }
      // 60 MB of changes were made; what a deaf client keeps is its buffer, and what the kernel takes.
      expect(process.memoryUsage().rss - before).to.be.below(200 * MIB);
      const { code, reason, messages } = await deaf.readToEnd();
      expect([code, reason]).to.deep.equal([1013, "too slow: resume from the last _seq"]);
      expect(messages).to.be.within(10, 400);
      expect(reader.received).to.deep.equal([]);
    }));

  it("make rows for a client as fast as it reads them, however many it asks for", () =>
    withLiveServer({}, async ({ run, connect }) => {
      await run(NOTES);
      const body = "x".repeat(10_000);
      for (let id = 1; id <= 60; id++) await run(`INSERT INTO app.notes VALUES (${id}, '${body}')`, "alice");
      const greedy = await connect("alice", { query: "?compress=false" });
      for (let i = 0; i < 90; i++) greedy.subscribe(`s${i}`, "SELECT * FROM app.notes");
      const types = (await greedy.take(180)).map(({ type }) => type);
      expect(types.filter((type) => type === "initial_data_batch")).to.have.length(90);
    }));

  it("make no rows for a client that does not read", () =>
    withLiveServer(ENDS_SOON, async ({ url, run, token, engine }) => {
      await run(NOTES);
      const body = "x".repeat(50_000);
      for (let id = 1; id <= 60; id++) await run(`INSERT INTO app.notes VALUES (${id}, '${body}')`, "alice");
      const deaf = await RawSocket.open(url, await token("alice"), "?compress=false");
      for (let i = 0; i < 90; i++) {
        deaf.send({ type: "subscribe", subscription: { id: `s${i}`, sql: "SELECT * FROM app.notes", options: {} } });
      }
      while (engine.live.count === 0) await engine.runtime.timers.sleep(20);
      while (engine.live.count > 0) await engine.runtime.timers.sleep(20);
      const { code, reason, messages } = await deaf.readToEnd();
      expect([code, reason]).to.deep.equal([1000, "Heartbeat timeout"]);
      expect(messages).to.be.below(20);
    }));

  it("do not let answers to a flood collect", () =>
    withLiveServer({ KALAMDB_WEBSOCKET_MAX_BUFFERED_BYTES: "65536" }, async ({ url, token }) => {
      const pings = await RawSocket.open(url, await token());
      const ping = Buffer.alloc(120);
      for (let i = 0; i < 200_000 && !pings.socket.destroyed; i++) {
        pings.sendFrame(0x89, ping);
        await pings.flushed();
      }
      pings.socket.destroy();
      const errors = await RawSocket.open(url, await token());
      for (let i = 0; i < 200_000 && !errors.socket.destroyed; i++) {
        errors.send({ type: "subscribe", subscription: { id: "", sql: "" } });
        await errors.flushed();
      }
      const { code } = await errors.readToEnd();
      expect(code).to.be.oneOf([1013, undefined]);
    }));

  it("end connections that break the rules of WebSocket", () =>
    withLiveServer({}, async ({ url, token }) => {
      const wrong: [string, (raw: RawSocket) => void, number][] = [
        ["a reserved opcode", (raw) => raw.sendFrame(0x83, Buffer.from("{}")), 1002],
        ["reserved bits", (raw) => raw.sendFrame(0xf1, Buffer.from("{}")), 1002],
        ["no mask", (raw) => void raw.socket.write(Buffer.from([0x81, 2, 0x7b, 0x7d])), 1002],
        ["a long ping", (raw) => raw.sendFrame(0x89, Buffer.alloc(200)), 1002],
        ["no UTF-8", (raw) => raw.sendFrame(0x81, Buffer.from([0xff, 0xfe])), 1007],
        ["a continuation of nothing", (raw) => raw.sendFrame(0x80, Buffer.from("{}")), 1002],
        [
          "a length beyond reason",
          (raw) => void raw.socket.write(Buffer.from([0x81, 0xff, 0x7f, 255, 255, 255, 255, 255, 255, 255])),
          1009,
        ],
      ];
      for (const [what, act, expected] of wrong) {
        const raw = await RawSocket.open(url, await token());
        act(raw);
        expect((await raw.readToEnd()).code, what).to.equal(expected);
      }
      const half = await RawSocket.open(url, await token());
      half.socket.write(Buffer.from([0x81]));
      half.socket.destroy();
    }));
});
