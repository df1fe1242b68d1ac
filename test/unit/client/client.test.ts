import { expect } from "chai";
import {
  Auth,
  AuthenticationError,
  ClientError,
  ConnectionError,
  createClient,
  ServerError,
  TimeoutError,
} from "../../../src/client/index.ts";
import { rejection } from "../../support/rejection.ts";
import { WireServer, wire } from "../../support/wire-server.ts";

describe("KalamDBClient", () => {
  let server: WireServer;
  before(async () => {
    server = await WireServer.start();
  });
  beforeEach(() => {
    server.answer = () =>
      wire.rows(
        [
          ["id", "BigInt"],
          ["name", "Text"],
        ],
        [
          ["9007199254740993", "a"],
          ["2", null],
        ],
      );
    server.requests.length = 0;
    server.headers.length = 0;
    server.logins = 0;
  });
  after(() => server.stop());

  const root = () =>
    createClient({ url: `${server.url}/`, auth: Auth.basic("root", "secret"), headers: { "x-team": "blue" } });

  it("logs in once, also for requests at the same time, and gives rows by position and by name", async () => {
    const client = root();
    const [one] = await Promise.all([client.query("SELECT $1", [1n]), client.query("SELECT 2")]);
    expect(one?.results[0]?.rows).to.deep.equal([
      ["9007199254740993", "a"],
      ["2", null],
    ]);
    expect(one?.results[0]?.named_rows).to.deep.equal([
      { id: "9007199254740993", name: "a" },
      { id: "2", name: null },
    ]);
    expect(one?.took).to.equal(1.234);
    expect(server.logins).to.equal(1);
    expect(server.requests[0]).to.deep.equal({ sql: "SELECT $1", params: [1] });
  });

  it("sends bigints beyond 2^53 as text, the namespace, own headers and a request id of its own each time", async () => {
    const client = root();
    await client.query("SELECT $1", [2n ** 60n], { namespace: "chat" });
    await client.query("SELECT 1", [], { requestId: "mine" });
    expect(server.requests[0]).to.deep.equal({
      sql: "SELECT $1",
      params: ["1152921504606846976"],
      namespace_id: "chat",
    });
    const ids = server.headers.map((headers) => headers["x-request-id"]);
    expect(new Set(ids).size).to.equal(3);
    expect(ids.at(-1)).to.equal("mine");
    expect(server.headers.every((headers) => headers["x-team"] === "blue")).to.equal(true);
  });

  it("has short forms for one row, all rows and another user", async () => {
    const client = root();
    const one = await client.queryOne("SELECT 1");
    expect(one?.id?.asBigInt()).to.equal(9007199254740993n);
    expect(one?.name?.asString()).to.equal("a");
    expect(await client.queryAll("SELECT 1")).to.have.length(2);
    server.answer = () => wire.rows([["id", "Int"]], []);
    expect(await client.queryOne("SELECT 1")).to.equal(null);
    await client.executeAsUser("SELECT 1 -- all;", "o'hara");
    expect(server.requests.at(-1)?.sql).to.equal("EXECUTE AS USER 'o''hara' (SELECT 1 -- all\n)");
  });

  it("streams rows and ends with the time", async () => {
    const stream = root().stream("SELECT 1");
    const types: string[] = [];
    let step = await stream.next();
    for (; step.done !== true; step = await stream.next()) types.push(step.value.type);
    expect(types).to.deep.equal(["schema", "rows", "result"]);
    expect(step.value).to.equal(1.234);
  });

  it("tells code, SQLSTATE, place and hint of a failed statement", async () => {
    server.answer = () =>
      wire.error("Statement 1 failed: no", {
        sqlstate: "42P01",
        hint: "yes",
        position: { offset: 7, line: 1, column: 8 },
        details: "SELECT x",
      });
    for (const error of [await rejection(root().query("x")), await rejection(root().stream("x").next())]) {
      expect(error).to.be.instanceOf(ServerError).and.not.instanceOf(AuthenticationError);
      expect(error).to.deep.include({
        code: "SQL_EXECUTION_ERROR",
        status: 400,
        sqlstate: "42P01",
        hint: "yes",
        position: 7,
        details: "SELECT x",
      });
    }
  });

  it("reports an error that comes after the first rows", async () => {
    server.answer = () => ({
      body: '{"status":"success","results":[{"schema":[],"rows":[[1]],"row_count":1}],"took":1,"error":{"code":"SQL_EXECUTION_ERROR","message":"late"}}',
    });
    expect(await rejection(root().query("x"))).to.have.property("message", "late");
  });

  it("logs in again once when the token has expired", async () => {
    const client = root();
    await client.query("SELECT 1");
    server.expireTokens();
    await Promise.all([client.query("SELECT 2"), client.query("SELECT 3")]);
    expect(server.logins).to.equal(2);
  });

  it("asks the provider again, telling which token was refused, and gives up after one retry", async () => {
    const asked: unknown[] = [];
    const client = createClient({
      url: server.url,
      authProvider: async (request) => {
        asked.push(request);
        return Auth.jwt(`wrong-${asked.length}`);
      },
    });
    expect(await rejection(client.query("SELECT 1"))).to.be.instanceOf(AuthenticationError);
    expect(asked).to.deep.equal([undefined, { rejected: "wrong-1" }]);
  });

  it("refuses a wrong password without a second try", async () => {
    const error = await rejection(createClient({ url: server.url, auth: Auth.basic("root", "no") }).query("SELECT 1"));
    expect(error).to.be.instanceOf(AuthenticationError).and.deep.include({ code: "unauthorized", status: 401 });
    expect(server.logins).to.equal(1);
  });

  it("exchanges a refresh token", async () => {
    const client = createClient({ url: server.url });
    const login = await client.refreshToken("refresh");
    expect(login.access_token).to.equal(server.token);
    await client.query("SELECT 1");
  });

  it("says that nobody listens", async () => {
    const other = await WireServer.start();
    const { url } = other;
    await other.stop();
    const error = await rejection(createClient({ url }).query("SELECT 1"));
    expect(error)
      .to.be.instanceOf(ConnectionError)
      .and.include({ code: "ECONNREFUSED", message: `Cannot reach ${url}: connection refused` });
  });

  it("gives up after the time limit, and at once when the caller aborts", async () => {
    const client = root();
    await client.query("SELECT 1");
    server.answer = () => undefined;
    expect(await rejection(client.query("SELECT 1", [], { timeoutMs: 20 }))).to.be.instanceOf(TimeoutError);
    const reason = new Error("enough");
    const abort = new AbortController();
    const waiting = rejection(client.query("SELECT 1", [], { signal: abort.signal }));
    abort.abort(reason);
    expect(await waiting).to.equal(reason);
  });

  it("says when something else answers", async () => {
    for (const body of ["<html>", "[]", '{"results":[{"rows":[[1']) {
      server.answer = () => ({ body });
      const error = await rejection(root().query("SELECT 1"));
      expect(error)
        .to.be.instanceOf(ClientError)
        .and.have.property("message")
        .that.includes("did not answer as a KalamDB server");
    }
    server.answer = () => ({ status: 502, body: "Bad Gateway" });
    expect(await rejection(root().query("SELECT 1"))).to.deep.include({ code: "HTTP_502", message: "Bad Gateway" });
  });
});
