import { request as httpRequest } from "node:http";
import { connect } from "node:net";
import { expect } from "chai";
import { loadConfig } from "../../src/config/index.ts";
import { KalamError } from "../../src/errors/index.ts";
import { ManualClock } from "../../src/runtime/clock.ts";
import { createRuntime } from "../../src/runtime/runtime.ts";
import { HttpServer } from "../../src/server/http/http-server.ts";
import { KeptLog, startHttp } from "./http-harness.ts";

/** What a server says to bytes that are sent as they are. */
function raw(url: string, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let got = "";
    const socket = connect(Number(new URL(url).port), "127.0.0.1", () => socket.write(text));
    socket.on("data", (chunk) => {
      got += String(chunk);
    });
    socket.on("error", reject);
    socket.on("close", () => resolve(got));
  });
}

const REMOTE = { "X-Forwarded-For": "203.0.113.9" };

describe("the HTTP server", () => {
  it("tells everybody that it lives, and its own machine and administrators what it is", async () => {
    const http = await startHttp();
    const full = { status: "healthy", version: "9.9.9", api_version: "v1", build_date: "2026-01-01T00:00:00.000Z" };
    for (const path of ["/health", "/v1/api/healthcheck"]) {
      const ask = async (headers: Record<string, string>) => (await fetch(http.url + path, { headers })).json();
      expect(await ask({})).to.deep.equal(full);
      expect(await ask(REMOTE)).to.deep.equal({ status: "healthy" });
      expect(await ask({ ...REMOTE, Authorization: await http.bearer("ann") })).to.deep.equal({ status: "healthy" });
      expect(await ask({ ...REMOTE, Authorization: await http.bearer("dba", "dba") })).to.deep.equal(full);
    }
    const cluster = (await (await fetch(`${http.url}/v1/api/cluster/health`)).json()) as Record<string, unknown>;
    expect(cluster).to.include({ status: "healthy", is_cluster_mode: false, is_leader: true });
    expect(cluster.nodes).to.have.length(1);
    await http.close();
  });

  it("lets go of a broken connection whose client does not", async () => {
    const http = await startHttp();
    const socket = connect({ port: Number(new URL(http.url).port), host: "127.0.0.1", allowHalfOpen: true });
    let answered = "";
    socket.on("data", (chunk) => {
      answered += String(chunk);
    });
    socket.write("this is not HTTP\r\n\r\n");
    await new Promise<void>((resolve) => {
      const more = setInterval(() => socket.write("more"), 10);
      socket.on("error", () => {
        clearInterval(more);
        resolve();
      });
    });
    expect(answered).to.match(/^HTTP\/1\.1 400 /);
    await http.close();
  });

  it("answers what it does not know with JSON", async () => {
    const http = await startHttp();
    const missing = await fetch(`${http.url}/v1/api/nothing`);
    expect([missing.status, await missing.json()]).to.deep.equal([
      404,
      { error: "not_found", message: "There is nothing at /v1/api/nothing" },
    ]);
    const wrong = await fetch(`${http.url}/v1/api/auth/login`);
    expect([wrong.status, wrong.headers.get("allow")]).to.deep.equal([405, "POST"]);
    expect(await wrong.json()).to.include({ error: "method_not_allowed" });
    expect(wrong.headers.get("x-content-type-options")).to.equal("nosniff");
    expect(wrong.headers.get("x-request-id")).to.match(/^\S+$/);
    await http.close();
  });

  it("answers bytes that are no HTTP, and headers that are too long", async () => {
    const http = await startHttp();
    expect(await raw(http.url, "hello\r\n\r\n")).to.match(/^HTTP\/1\.1 400 .*"error":"INVALID_INPUT"/s);
    expect(await raw(http.url, `GET / HTTP/1.1\r\nX: ${"x".repeat(20_000)}\r\n\r\n`)).to.match(/^HTTP\/1\.1 431 /);
    await http.close();
  });

  it("tells browsers which pages may call", async () => {
    const preflight = { "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization" };
    const ask = (url: string, method: string, headers: Record<string, string>) =>
      new Promise<{ status: number | undefined; headers: Record<string, unknown> }>((resolve, reject) => {
        const request = httpRequest(url, { method, headers }, (response) => {
          response.resume();
          resolve({ status: response.statusCode, headers: response.headers });
        });
        request.on("error", reject);
        request.end();
      });
    const open = await startHttp();
    const any = await ask(`${open.url}/v1/api/sql`, "OPTIONS", { Origin: "https://a.example", ...preflight });
    expect(any.status).to.equal(204);
    expect(any.headers["access-control-allow-origin"]).to.equal("https://a.example");
    expect(any.headers["access-control-allow-headers"]).to.include("Authorization");
    const answer = await ask(`${open.url}/v1/api/sql`, "POST", { Origin: "https://a.example" });
    expect([answer.status, answer.headers["access-control-allow-origin"]]).to.deep.equal([401, "https://a.example"]);
    await open.close();

    const strict = await startHttp({ KALAMDB_SECURITY_CORS_ALLOWED_ORIGINS: "https://a.example" });
    const known = await ask(`${strict.url}/health`, "GET", { Origin: "https://a.example" });
    const other = await ask(`${strict.url}/health`, "GET", { Origin: "https://b.example" });
    expect(known.headers["access-control-allow-origin"]).to.equal("https://a.example");
    expect(other.headers["access-control-allow-origin"]).to.equal(undefined);
    await strict.close();
  });

  it("guards against addresses that send too much, but not against its own machine", async () => {
    const clock = new ManualClock();
    const http = await startHttp({ KALAMDB_RATE_LIMIT_MAX_REQUESTS_PER_IP_PER_SEC: "3" }, clock);
    const statuses: number[] = [];
    for (let i = 0; i < 5; i++) statuses.push((await fetch(`${http.url}/health`, { headers: REMOTE })).status);
    expect(statuses).to.deep.equal([200, 200, 200, 429, 429]);
    for (let i = 0; i < 5; i++) expect((await fetch(`${http.url}/health`)).status).to.equal(200);
    let last = await fetch(`${http.url}/health`, { headers: REMOTE });
    expect(await last.json()).to.deep.equal({
      error: "RATE_LIMIT_EXCEEDED",
      message: "Too many requests from your IP address",
      retry_after_seconds: 1,
    });
    for (let i = 0; i < 8; i++) last = await fetch(`${http.url}/health`, { headers: REMOTE });
    expect(await last.json()).to.include({ error: "IP_BANNED", retry_after_seconds: 300 });
    clock.advance(299_000);
    expect((await fetch(`${http.url}/health`, { headers: REMOTE })).status).to.equal(429);
    clock.advance(2000);
    expect((await fetch(`${http.url}/health`, { headers: REMOTE })).status).to.equal(200);
    await http.close();
  });

  it("believes only proxies that it trusts", async () => {
    const http = await startHttp({ KALAMDB_SECURITY_TRUSTED_PROXY_RANGES: "10.0.0.0/8,::1" });
    const spoof = await fetch(`${http.url}/health`, { headers: { "X-Forwarded-For": "127.0.0.1, 203.0.113.9" } });
    expect(await spoof.json()).to.have.property("version");
    await http.close();
    expect(() => {
      const { config } = loadConfig({ environment: { KALAMDB_SECURITY_TRUSTED_PROXY_RANGES: "10.0.0.0/99" } });
      const build = { version: "1", commit: undefined, buildDate: "" };
      return new HttpServer({ config, runtime: createRuntime(), log: new KeptLog(), build });
    }).to.throw(KalamError, "10.0.0.0/99");
  });

  it("says that it is starting until it has something to answer from", async () => {
    const { config } = loadConfig({ environment: { KALAMDB_SERVER_PORT: "0" } });
    const build = { version: "1", commit: undefined, buildDate: "" };
    const server = new HttpServer({ config, runtime: createRuntime(), log: new KeptLog(), build });
    await server.start();
    const response = await fetch(`${server.url}/health`);
    expect([response.status, response.headers.get("retry-after")]).to.deep.equal([503, "1"]);
    expect(await response.json()).to.include({ error: "STARTING" });
    await server.drain();
    await server.stop();
  });

  it("refuses a port that is taken", async () => {
    const http = await startHttp();
    const { config } = loadConfig({ environment: { KALAMDB_SERVER_PORT: new URL(http.url).port } });
    const build = { version: "1", commit: undefined, buildDate: "" };
    const second = new HttpServer({ config, runtime: createRuntime(), log: new KeptLog(), build });
    let failure: unknown;
    await second.start().catch((error: unknown) => {
      failure = error;
    });
    expect((failure as KalamError).key).to.equal("port_taken");
    await second.stop();
    await http.close();
  });

  it("finishes what runs before it drains, and takes nothing new", async () => {
    const http = await startHttp();
    let finish: () => void = () => undefined;
    http.executor.answers.set(
      "slow",
      () =>
        new Promise((resolve) => {
          finish = () => resolve([{ message: "done", asUser: "root" }]);
        }),
    );
    const answer = http.sql("slow");
    while (http.executor.seen.length === 0) await http.runtime.timers.yield();
    let drained = false;
    const draining = http.server.drain().then(() => {
      drained = true;
    });
    const refused = await fetch(`${http.url}/health`).then(
      (response) => response.status,
      () => "refused",
    );
    expect(refused).to.equal("refused");
    expect(drained).to.equal(false);
    finish();
    expect((await answer).text).to.include("done");
    await draining;
    await http.server.stop();
  });

  it("cuts off what does not end in time", async () => {
    const http = await startHttp({ KALAMDB_SHUTDOWN_DRAIN_TIMEOUT: "0" });
    http.executor.answers.set("never", () => new Promise(() => undefined));
    const answer = http.sql("never").then(
      () => "answered",
      () => "cut off",
    );
    while (http.executor.seen.length === 0) await http.runtime.timers.yield();
    await http.server.drain();
    expect(await answer).to.equal("cut off");
    await http.server.stop();
  });
});
