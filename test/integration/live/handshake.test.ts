import { once } from "node:events";
import { connect } from "node:net";
import { expect } from "chai";
import { WebSocket } from "ws";
import { ManualClock } from "../../../src/runtime/clock.ts";
import { LiveClient } from "../../support/live-client.ts";
import { withLiveServer } from "../../support/live-server.ts";

/** How a server answers a handshake that it refuses. */
async function refusal(url: string, headers: Record<string, string>): Promise<{ status: number; body: string }> {
  const ws = new WebSocket(url, { headers });
  ws.on("error", () => undefined);
  const [, response] = (await once(ws, "unexpected-response")) as [
    unknown,
    AsyncIterable<Buffer> & { statusCode: number },
  ];
  let body = "";
  for await (const chunk of response) body += String(chunk);
  return { status: response.statusCode, body };
}

/** Everything that a server says to bytes that are sent as they are. */
async function talk(url: string, bytes: string): Promise<string> {
  const socket = connect(Number(new URL(url).port), "127.0.0.1");
  socket.write(bytes);
  let got = "";
  for await (const chunk of socket) got += String(chunk);
  return got;
}

describe("the handshake of a live connection", () => {
  it("takes a token in the first message", () =>
    withLiveServer({}, async ({ token, dial }) => {
      const client = await dial();
      expect(await client.authenticate(await token("alice"))).to.deep.equal({
        type: "auth_success",
        user: "alice",
        role: "user",
        protocol: { serialization: "json", compression: "gzip" },
      });
      // Authenticating again only says so again.
      expect(await client.authenticate(await token("alice"))).to.include({ user: "alice" });
    }));

  it("takes a token in the header, and answers unasked", () =>
    withLiveServer({}, async ({ token, dial }) => {
      const headers = { Authorization: `Bearer ${await token("alice")}` };
      const plain = await dial({ headers });
      expect(await plain.next("auth_success")).to.deep.include({
        user: "alice",
        protocol: { serialization: "json", compression: "gzip" },
      });
      const packed = await dial({ headers, query: "?serialization=msgpack&compression=none" });
      const { message, binary } = await packed.nextReceived("auth_success");
      expect(message.protocol).to.deep.equal({ serialization: "msgpack", compression: "none" });
      expect(binary).to.equal(false);
    }));

  it("works on what was sent behind the token", () =>
    withLiveServer({}, async ({ token, dial }) => {
      const client = await dial();
      const protocol = { serialization: "json", compression: "none" };
      client.send({ type: "authenticate", method: "jwt", token: await token(), protocol });
      client.subscribe("s", "SELECT * FROM app.nothing");
      await client.next("auth_success");
      expect(await client.next("error")).to.include({ subscription_id: "s", code: "NOT_FOUND" });
    }));

  it("refuses wrong tokens, and says so", () =>
    withLiveServer({}, async ({ token, tokens, engine, dial }) => {
      const account = await engine.accounts.find("root");
      if (account === undefined) throw new Error("no root");
      const { refreshToken } = await tokens.issue(account);
      const broken = `${(await token()).slice(0, -4)}AAAA`;
      for (const wrong of ["x", "", refreshToken, broken]) {
        for (const header of [true, false]) {
          const client = await dial(header ? { headers: { Authorization: `Bearer ${wrong}` } } : {});
          const protocol = { serialization: "json", compression: "gzip" };
          if (!header) client.send({ type: "authenticate", method: "jwt", token: wrong, protocol });
          expect(await client.next()).to.deep.equal({ type: "auth_error", message: "Invalid credentials" });
          expect(await client.closed).to.deep.equal({ code: 1008, reason: "Authentication failed" });
        }
      }
      const other = await dial();
      await other.authenticate(await token("alice"));
      other.send({
        type: "authenticate",
        method: "jwt",
        token: await token("bob"),
        protocol: { serialization: "json", compression: "gzip" },
      });
      expect(await other.next()).to.include({ type: "auth_error" });
      expect((await other.closed).code).to.equal(1008);
    }));

  it("waits only so long for a token", () =>
    withLiveServer({ KALAMDB_WEBSOCKET_AUTH_TIMEOUT_SECS: "1" }, async ({ dial }) => {
      const client = await dial();
      client.send({ type: "ping" });
      expect(await client.next()).to.deep.equal({
        type: "auth_error",
        message: "Authentication timeout - no auth message received within 1 seconds",
      });
      expect(await client.closed).to.deep.equal({ code: 1008, reason: "Authentication timeout" });
    }));

  it("limits how often an address may try", () =>
    withLiveServer(
      { KALAMDB_RATE_LIMIT_MAX_AUTH_REQUESTS_PER_IP_PER_SEC: "2" },
      async ({ connect: join, dial, token }) => {
        await join();
        await join();
        const third = await dial();
        const protocol = { serialization: "json", compression: "gzip" };
        third.send({ type: "authenticate", method: "jwt", token: await token(), protocol });
        expect((await third.next("auth_error")).message).to.match(/^Too many authentication attempts/);
        expect((await third.closed).code).to.equal(1008);
      },
    ));

  it("does nothing for those who have not authenticated", () =>
    withLiveServer({}, async ({ dial }) => {
      const client = await dial();
      client.send({ type: "next_batch", subscription_id: "s" });
      client.send({ type: "unsubscribe", subscription_id: "s" });
      client.subscribe("s", "SELECT * FROM app.notes");
      expect(await client.next("error")).to.include({ code: "AUTH_REQUIRED", subscription_id: "subscribe" });
    }));

  it("ends with a reason at what is no message", () =>
    withLiveServer({}, async ({ dial, connect: join }) => {
      const messages = [
        "{",
        "[]",
        '{"type":"nonsense"}',
        '{"type":"authenticate","method":"jwt","token":"x"}',
        '{"type":"authenticate","method":"basic","token":"x","protocol":{"serialization":"json","compression":"gzip"}}',
        '{"type":"authenticate","method":"jwt","token":"x","protocol":{"serialization":"xml","compression":"gzip"}}',
        '{"type":"subscribe"}',
        '{"type":"subscribe","subscription":{"id":"s","sql":"SELECT 1","options":{"from":-1}}}',
        '{"type":"subscribe","subscription":{"id":"s","sql":"SELECT 1","options":{"batch_size":"many"}}}',
        `{"type":"${"x".repeat(300)}"}`,
      ];
      for (const message of messages) {
        const client = message.includes("subscribe") ? await join() : await dial();
        client.send(message);
        const { code, reason } = await client.closed;
        expect(code, message).to.equal(1011);
        expect(reason).to.match(/^Invalid message: \S/);
      }
    }));

  it("asks where a page comes from", async () => {
    const origins = { KALAMDB_SECURITY_CORS_ALLOWED_ORIGINS: "https://a.example" };
    await withLiveServer(origins, async ({ liveUrl }) => {
      const known = await LiveClient.open(liveUrl, { headers: { Origin: "https://a.example" } });
      expect(known.ws.readyState).to.equal(WebSocket.OPEN);
      const { status, body } = await refusal(liveUrl, { Origin: "https://b.example" });
      expect([status, body]).to.deep.equal([403, '{"error":"ORIGIN_REFUSED","message":"Origin not allowed"}']);
      const program = await LiveClient.open(liveUrl);
      expect(program.ws.readyState).to.equal(WebSocket.OPEN);
    });
    const strict = { ...origins, KALAMDB_SECURITY_STRICT_WS_ORIGIN_CHECK: "true" };
    await withLiveServer(strict, async ({ liveUrl }) => {
      expect((await refusal(liveUrl, {})).body).to.include("Origin header required");
    });
    await withLiveServer({}, async ({ liveUrl }) => {
      const any = await LiveClient.open(liveUrl, { headers: { Origin: "https://b.example" } });
      expect(any.ws.readyState).to.equal(WebSocket.OPEN);
    });
  });

  it("leaves other requests with an Upgrade header alone", () =>
    withLiveServer({}, async ({ url, token }) => {
      const body = JSON.stringify({ sql: "SELECT 1 AS one" });
      const answer = await talk(
        url,
        `POST /v1/api/sql HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, HTTP2-Settings, close\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n` +
          `Authorization: Bearer ${await token()}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
      );
      expect(answer).to.match(/^HTTP\/1\.1 200 OK\r\n[\s\S]*"rows":\[\[1\]\]/);
      const elsewhere = await talk(
        url,
        "GET /health HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, close\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
      );
      expect(elsewhere).to.match(/^HTTP\/1\.1 200 OK\r\n[\s\S]*healthy/);
      const plain = await fetch(`${url}/v1/ws`);
      expect([plain.status, plain.headers.get("upgrade")]).to.deep.equal([426, "websocket"]);
      const keyless = "GET /v1/ws HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n";
      expect(await talk(url, keyless)).to.match(/^HTTP\/1\.1 400 /);
    }));

  it("guards against addresses that connect too often", () =>
    withLiveServer({ KALAMDB_RATE_LIMIT_MAX_REQUESTS_PER_IP_PER_SEC: "1" }, async ({ liveUrl }) => {
      const headers = { "X-Forwarded-For": "203.0.113.9" };
      await LiveClient.open(liveUrl, { headers });
      expect((await refusal(liveUrl, headers)).status).to.equal(429);
    }));

  it("counts the connections of an address behind a proxy", () =>
    withLiveServer({ KALAMDB_RATE_LIMIT_MAX_CONNECTIONS_PER_IP: "2" }, async ({ liveUrl, engine }) => {
      const from = (address: string) => ({ headers: { "X-Forwarded-For": address } });
      const first = await LiveClient.open(liveUrl, from("203.0.113.9"));
      await LiveClient.open(liveUrl, from("203.0.113.9"));
      const { status, body } = await refusal(liveUrl, from("203.0.113.9").headers);
      expect([status, JSON.parse(body)]).to.deep.equal([
        503,
        { error: "TOO_MANY_CONNECTIONS", message: "Too many connections from your IP address" },
      ]);
      expect((await LiveClient.open(liveUrl, from("203.0.113.10"))).ws.readyState).to.equal(WebSocket.OPEN);
      first.ws.terminate();
      await first.closed;
      let again = await LiveClient.open(liveUrl, from("203.0.113.9"));
      while (again.ws.readyState !== WebSocket.OPEN) {
        await engine.runtime.timers.sleep(10);
        again = await LiveClient.open(liveUrl, from("203.0.113.9"));
      }
    }));

  it("ends when a client is silent", async () => {
    const clock = new ManualClock();
    const environment = { KALAMDB_WEBSOCKET_HEARTBEAT_INTERVAL_SECS: "1", KALAMDB_WEBSOCKET_CLIENT_TIMEOUT_SECS: "10" };
    await withLiveServer(
      environment,
      async ({ connect: join }) => {
        const silent = await join();
        const alive = await join();
        clock.advance(9_000);
        alive.ws.ping();
        await once(alive.ws, "pong");
        clock.advance(2_000);
        expect(await silent.closed).to.deep.equal({ code: 1000, reason: "Heartbeat timeout" });
        expect(alive.ws.readyState).to.equal(WebSocket.OPEN);
      },
      clock,
    );
  });

  it("ends when the token has expired, unless there is a newer one by then", async () => {
    const clock = new ManualClock();
    const environment = {
      KALAMDB_WEBSOCKET_HEARTBEAT_INTERVAL_SECS: "1",
      KALAMDB_WEBSOCKET_CLIENT_TIMEOUT_SECS: "86400",
    };
    await withLiveServer(
      environment,
      async ({ connect: join, token }) => {
        const [old, renewed] = [await join("alice"), await join("alice")];
        clock.advance(3_600_000);
        await renewed.authenticate(await token("alice"));
        clock.advance(61_000);
        expect(await old.closed).to.deep.equal({ code: 1008, reason: "Token expired: authenticate again and resume" });
        expect(renewed.ws.readyState).to.equal(WebSocket.OPEN);
      },
      clock,
    );
  });

  it("ends when the account is no longer what the token says", () =>
    withLiveServer({}, async ({ connect: join, run }) => {
      const [alice, promoted, other] = [await join("alice"), await join("bob"), await join("carol")];
      await run("DROP USER 'alice'");
      await run("ALTER USER 'bob' SET ROLE service");
      await run("ALTER USER 'carol' SET PASSWORD 'another-9-word'");
      expect(await alice.closed).to.deep.equal({ code: 1008, reason: "User no longer valid" });
      expect(await promoted.closed).to.deep.equal({ code: 1008, reason: "Role changed: authenticate again" });
      expect(other.ws.readyState).to.equal(WebSocket.OPEN);
    }));

  it("ends with a word when the server stops", () =>
    withLiveServer({}, async ({ connect: join, dial, server, liveUrl, engine, run }) => {
      await run("CREATE NAMESPACE app; CREATE USER TABLE app.notes (id INT PRIMARY KEY)");
      const clients = [await join(), await join("alice"), await dial()];
      await clients[0]?.follow("s", "SELECT * FROM app.notes");
      const ends = Promise.all(clients.map(({ closed }) => closed));
      await server.drain();
      for (const end of await ends) expect(end).to.deep.equal({ code: 1001, reason: "Server shutting down" });
      expect(engine.live.count).to.equal(0);
      const late = await LiveClient.open(liveUrl);
      expect(late.ws.readyState).to.not.equal(WebSocket.OPEN);
    }));
});
