import { request as httpRequest } from "node:http";
import { connect } from "node:net";
import { expect } from "chai";
import type { ResultColumn } from "../../src/engine/query/relation.ts";
import type { StatementResult } from "../../src/engine/request.ts";
import { StatementFailure } from "../../src/engine/statement-failure.ts";
import type { Row } from "../../src/engine/types/index.ts";
import { KalamError } from "../../src/errors/index.ts";
import { type Harness, startHttp } from "./http-harness.ts";

const COLUMNS: readonly ResultColumn[] = [
  { name: "id", type: { kind: "bigint" }, primaryKey: true, notNull: true },
  { name: "n", type: { kind: "integer" }, notNull: true },
  { name: "price", type: { kind: "decimal", precision: 10, scale: 2 } },
];
const SCHEMA =
  '[{"name":"id","data_type":"BigInt","index":0,"flags":["pk","nn","uq"]},' +
  '{"name":"n","data_type":"Int","index":1,"flags":["nn"]},' +
  '{"name":"price","data_type":{"Decimal":{"precision":10,"scale":2}},"index":2}]';
const TOOK = /"took":\d+\.\d{3}/;

function rows(list: readonly Row[]): readonly StatementResult[] {
  return [{ columns: COLUMNS, rows: list, asUser: "root" }];
}

describe("POST /v1/api/sql", () => {
  let http: Harness;
  before(async () => {
    http = await startHttp({ KALAMDB_RATE_LIMIT_REQUEST_BODY_LIMIT_BYTES: "100000" });
  });
  after(() => http.close());
  beforeEach(() => {
    http.executor.answers.clear();
    http.executor.seen.length = 0;
  });

  /** Sends a body as it is. */
  async function post(body: BodyInit, headers: Record<string, string> = {}): Promise<{ status: number; text: string }> {
    const response = await fetch(`${http.url}/v1/api/sql`, {
      method: "POST",
      headers: { "Content-Type": "application/json", Authorization: await http.bearer("root", "system"), ...headers },
      body,
    });
    return { status: response.status, text: await response.text() };
  }

  it("answers one result with rows in the order of fields that clients know", async () => {
    http.executor.answers.set("q", () => rows([[1n, 2, null]]));
    const { status, text } = await http.sql("q");
    expect(status).to.equal(200);
    expect(text).to.match(TOOK);
    expect(text.replace(TOOK, '"took":T')).to.equal(
      `{"status":"success","results":[{"schema":${SCHEMA},"rows":[["1",2,null]],"row_count":1,"as_user":"root"}],"took":T,"error":null}`,
    );
  });

  it("answers no rows with a schema and an empty list", async () => {
    http.executor.answers.set("q", () => rows([]));
    const { text } = await http.sql("q");
    expect(text).to.include(`"schema":${SCHEMA},"rows":[],"row_count":0,"as_user":"root"`);
  });

  it("answers writes without schema, rows and error", async () => {
    http.executor.answers.set("w", () => [{ rowCount: 2, message: "Inserted 2 row(s)", asUser: 'a"b' }]);
    const { text } = await http.sql("w");
    expect(text.replace(TOOK, '"took":T')).to.equal(
      '{"status":"success","results":[{"row_count":2,"message":"Inserted 2 row(s)","as_user":"a\\"b"}],"took":T}',
    );
  });

  it("answers a batch with one result a statement, in order, and no error field", async () => {
    http.executor.answers.set("b", () => [
      { rowCount: 1, message: "Inserted 1 row(s)", asUser: "root" },
      ...rows([[1n, 1, null]]),
      { message: "User 'x' created", asUser: "root" },
    ]);
    const { body } = await http.sql("b");
    expect(body).not.to.have.property("error");
    expect((body.results as { row_count: number }[]).map((result) => result.row_count)).to.deep.equal([1, 1, 0]);
  });

  it("gives the executor parameters with all their digits", async () => {
    http.executor.answers.set("p", () => []);
    const big = "9007199254740993";
    const body = `{"sql":"p","params":[${big},-9223372036854775808, 12, 1.5, "\\"${big}\\\\", null, true, 0.1234567890123456789],"namespace_id":"app"}`;
    const { status } = await post(body);
    expect(status).to.equal(200);
    const { context } = http.executor.seen[0] ?? {};
    expect(context?.namespace).to.equal("app");
    expect(context?.params).to.deep.equal([
      9007199254740993n,
      -9223372036854775808n,
      12,
      1.5,
      `"${big}\\`,
      null,
      true,
      0.12345678901234568,
    ]);
    expect(context?.principal).to.deep.equal({ userId: "root", role: "system" });
  });

  it("refuses parameters it cannot take", async () => {
    const cases: [unknown, number, string, string][] = [
      [[1, [2]], 400, "INVALID_PARAMETER", "Parameter $2 invalid: Array parameters not yet supported"],
      [[{ a: 1 }], 400, "INVALID_PARAMETER", "Parameter $1 invalid: Object parameters not yet supported"],
      ["x", 400, "INVALID_INPUT", "Invalid JSON payload: field `params` must be an array"],
      [
        Array(51).fill(1),
        400,
        "SQL_EXECUTION_ERROR",
        "Statement 1 failed: Parameter count exceeded: maximum 50 parameters allowed, got 51",
      ],
    ];
    for (const [params, status, code, message] of cases) {
      const answer = await http.sql("p", { params });
      expect(answer.status).to.equal(status);
      expect(answer.body.error).to.include({ code, message });
    }
    expect(http.executor.seen).to.deep.equal([]);
  });

  it("refuses bodies that are no request", async () => {
    const bodies: [BodyInit, RegExp][] = [
      ["", /the body is empty/],
      ["{", /Invalid JSON payload/],
      ["[]", /expected an object/],
      ["null", /expected an object/],
      ["{}", /missing field `sql`/],
      ['{"sql":1}', /`sql` must be a string/],
      ['{"sql":"a","namespace_id":1}', /`namespace_id`/],
      ['{"sql":"\\ud800"}', /surrogate/],
      ['{"sql":"a","params":["\\ud800"]}', /surrogate/],
      ['{"sql":"a","params":[1e999]}', /too large/],
      [new Uint8Array([0x7b, 0xff, 0x7d]), /UTF-8/],
      [`{"sql":"a","params":${"[".repeat(40_000)}${"]".repeat(40_000)}}`, /Array parameters/],
      [`${"[".repeat(90_000)}`, /Invalid JSON payload/],
    ];
    for (const [body, message] of bodies) {
      const answer = await post(body);
      expect(answer.status, answer.text).to.equal(400);
      const parsed = JSON.parse(answer.text) as { status: string; results: unknown[]; error: { message: string } };
      expect(parsed).to.deep.include({ status: "error", results: [] });
      expect(parsed.error.message).to.match(message);
    }
  });

  it("does not insist on the content type, but takes no compressed body", async () => {
    http.executor.answers.set("w", () => []);
    expect((await post('{"sql":"w"}', { "Content-Type": "text/plain" })).status).to.equal(200);
    expect((await post('{"sql":"w"}', { "Content-Encoding": "gzip" })).status).to.equal(415);
  });

  it("turns away large bodies, announced or not", async () => {
    const big = JSON.stringify({ sql: "x".repeat(100_000) });
    const announced = await post(big);
    expect(announced.status).to.equal(413);
    expect(JSON.parse(announced.text)).to.deep.equal({
      error: "BODY_TOO_LARGE",
      message: "Request body exceeds maximum allowed size",
      size_bytes: big.length,
      max_bytes: 100_000,
    });
    const authorization = await http.bearer("root", "system");
    const status = await new Promise<number | undefined>((resolve, reject) => {
      const request = httpRequest(
        `${http.url}/v1/api/sql`,
        { method: "POST", headers: { authorization } },
        (response) => {
          response.resume();
          resolve(response.statusCode);
        },
      );
      request.on("error", reject);
      request.write(big.slice(0, 60_000));
      request.end(big.slice(60_000));
    });
    expect(status).to.equal(413);
  });

  it("says where an error stands", async () => {
    const sql = "SELECT 1;\nSELECT * FROM nowhere";
    http.executor.answers.set(sql, () => {
      const error = new KalamError("table_not_found", { table: "default.nowhere" }, { position: 14 });
      throw new StatementFailure(error, 2, "SELECT * FROM nowhere", 10);
    });
    const { status, body } = await http.sql(sql);
    expect(status).to.equal(400);
    const { error, took, ...rest } = body as { error: Record<string, unknown>; took: number };
    expect(took).to.be.greaterThan(0);
    expect(rest).to.deep.equal({ status: "error", results: [] });
    expect(error).to.deep.equal({
      code: "SQL_EXECUTION_ERROR",
      message: 'Statement 2 failed: Table not found: relation "default.nowhere" does not exist',
      details: "SELECT * FROM nowhere",
      sqlstate: "42P01",
      hint: "SHOW TABLES lists what is there; qualify the name or set the namespace.",
      position: { offset: 24, line: 2, column: 15 },
      excerpt: `LINE 2: SELECT * FROM nowhere\n${" ".repeat(22)}^`,
    });
    const asUser = await http.sql(sql, { as: await http.bearer("ann") });
    expect(asUser.body.error).not.to.have.property("details");
    expect(asUser.body.error).to.include({ message: error.message });
  });

  it("has no prefix before the statements were told apart", async () => {
    http.executor.answers.set("e", () => {
      throw new StatementFailure(new KalamError("empty_sql"), 0, "");
    });
    const { status, body } = await http.sql("e");
    expect(status).to.equal(400);
    expect(body.error).to.include({ code: "EMPTY_SQL", message: "No SQL statements provided" });
  });

  it("keeps its inner trouble from ordinary users and in the log", async () => {
    http.executor.answers.set("boom", () => {
      throw new TypeError("secret path /x");
    });
    const asUser = await http.sql("boom", { as: await http.bearer("ann"), headers: { "X-Request-ID": "r-1" } });
    expect(asUser.status).to.equal(500);
    expect(asUser.text).not.to.include("secret path");
    expect(asUser.text).to.include("r-1");
    expect((await http.sql("boom")).text).to.include("secret path");
    expect(http.log.lines.some((line) => line.level === "error" && "requestId" in line.fields)).to.equal(true);
  });

  it("echoes the request id, or makes one", async () => {
    http.executor.answers.set("w", () => []);
    const authorization = await http.bearer("root", "system");
    const ask = (headers: Record<string, string>) =>
      fetch(`${http.url}/v1/api/sql`, { method: "POST", headers: { authorization, ...headers }, body: '{"sql":"w"}' });
    expect((await ask({ "X-Request-ID": "mine-1" })).headers.get("x-request-id")).to.equal("mine-1");
    const made = (await ask({})).headers.get("x-request-id");
    expect(made).to.match(/^\S{8,}$/);
    expect(http.executor.seen.map(({ context }) => context.requestId)).to.deep.equal(["mine-1", made]);
  });

  it("streams many rows without a length, few with one", async () => {
    async function* many(count: number): AsyncGenerator<readonly Row[]> {
      for (let i = 0; i < count; i++) yield [[BigInt(i), i, null]];
    }
    http.executor.answers.set("many", () => [{ columns: COLUMNS, rows: many(20_000), asUser: "root" }]);
    http.executor.answers.set("few", () => [{ columns: COLUMNS, rows: many(2), asUser: "root" }]);
    http.executor.answers.set("array", () => rows(Array.from({ length: 5000 }, (_, i) => [BigInt(i), i, null])));
    const large = await http.sql("many");
    const [result] = large.body.results as { rows: unknown[]; row_count: number }[];
    expect([result?.rows.length, result?.row_count, large.body.error]).to.deep.equal([20_000, 20_000, null]);
    const small = await http.sql("few");
    expect(small.text.replace(TOOK, '"took":T')).to.equal(
      `{"status":"success","results":[{"schema":${SCHEMA},"rows":[["0",0,null],["1",1,null]],"row_count":2,"as_user":"root"}],"took":T,"error":null}`,
    );
    const array = await http.sql("array");
    expect((array.body.results as { rows: unknown[] }[])[0]?.rows.length).to.equal(5000);
  });

  it("gives an error of the first rows its status, and cuts off later ones", async () => {
    async function* failing(after: number): AsyncGenerator<readonly Row[]> {
      for (let i = 0; i < after; i++) yield [[BigInt(i), i, null]];
      throw new KalamError("timeout", { seconds: 30 });
    }
    http.executor.answers.set("early", () => [{ columns: COLUMNS, rows: failing(3), asUser: "root" }]);
    http.executor.answers.set("late", () => [{ columns: COLUMNS, rows: failing(20_000), asUser: "root" }]);
    const early = await http.sql("early");
    expect([early.status, (early.body.error as { sqlstate: string }).sqlstate]).to.deep.equal([400, "57014"]);
    let cut: unknown;
    try {
      await http.sql("late");
    } catch (error) {
      cut = error;
    }
    expect(cut, "an answer that was cut off looked complete").to.be.instanceOf(TypeError);
    expect(http.log.lines.at(-1)).to.include({ level: "warn", message: "an answer was cut off" });
  });

  it("tells the statement when its client goes away", async () => {
    const aborted = new Promise<void>((resolve) => {
      http.executor.answers.set("wait", (context) => {
        const { signal } = context;
        return new Promise((_, reject) => {
          signal?.addEventListener("abort", () => {
            resolve();
            reject(new KalamError("cancelled"));
          });
        });
      });
    });
    const controller = new AbortController();
    const answer = fetch(`${http.url}/v1/api/sql`, {
      method: "POST",
      headers: { authorization: await http.bearer("root", "system") },
      body: '{"sql":"wait"}',
      signal: controller.signal,
    }).catch((error: Error) => error.name);
    while (http.executor.seen.length === 0) await http.runtime.timers.yield();
    controller.abort();
    await aborted;
    expect(await answer).to.equal("AbortError");
  });

  it("gives up the rows when a reader goes away in the middle", async () => {
    const given = new Promise<void>((resolve) => {
      async function* endless(): AsyncGenerator<readonly Row[]> {
        try {
          for (let i = 0n; ; i++) yield [[i, 1, null]];
        } finally {
          resolve();
        }
      }
      http.executor.answers.set("endless", () => [{ columns: COLUMNS, rows: endless(), asUser: "root" }]);
    });
    const response = await fetch(`${http.url}/v1/api/sql`, {
      method: "POST",
      headers: { authorization: await http.bearer("root", "system") },
      body: '{"sql":"endless"}',
    });
    const reader = response.body?.getReader();
    await reader?.read();
    await reader?.cancel();
    await given;
  });

  it("answers pipelined requests in order over one connection", async () => {
    http.executor.answers.set("a", () => [{ message: "first", asUser: "root" }]);
    http.executor.answers.set("b", () => [{ message: "second", asUser: "root" }]);
    const authorization = await http.bearer("root", "system");
    const head = (sql: string, extra = "") => {
      const body = JSON.stringify({ sql });
      return `POST /v1/api/sql HTTP/1.1\r\nHost: x\r\nAuthorization: ${authorization}\r\n${extra}Content-Length: ${body.length}\r\n\r\n${body}`;
    };
    const text = await new Promise<string>((resolve, reject) => {
      let got = "";
      const socket = connect(Number(new URL(http.url).port), "127.0.0.1", () => {
        socket.write(head("a") + head("b", "Connection: close\r\n"));
      });
      socket.on("data", (chunk) => {
        got += String(chunk);
      });
      socket.on("error", reject);
      socket.on("close", () => resolve(got));
    });
    expect(text.indexOf("first")).to.be.greaterThan(0);
    expect(text.indexOf("second")).to.be.greaterThan(text.indexOf("first"));
  });

  it("knows only POST", async () => {
    const response = await fetch(`${http.url}/v1/api/sql`);
    expect([response.status, response.headers.get("allow")]).to.deep.equal([405, "POST"]);
    expect(await response.json()).to.include({ error: "METHOD_NOT_ALLOWED" });
  });

  it("leaves out the elapsed time when told to", async () => {
    const quiet = await startHttp({ KALAMDB_EXECUTION_REPORT_ELAPSED: "false" });
    quiet.executor.answers.set("q", () => rows([]));
    expect((await quiet.sql("q")).text).to.match(/"as_user":"root"}],"error":null}$/);
    expect((await quiet.sql("none")).body).not.to.have.property("took");
    await quiet.close();
  });

  it("slows users down who ask too often, each for himself", async () => {
    const strict = await startHttp({ KALAMDB_RATE_LIMIT_MAX_QUERIES_PER_SEC: "2" });
    strict.executor.answers.set("w", () => []);
    const as = await strict.bearer("ann");
    const answers = await Promise.all(Array.from({ length: 10 }, () => strict.sql("w", { as })));
    const refused = answers.find((answer) => answer.status === 429);
    expect(refused?.body.error).to.include({
      code: "RATE_LIMIT_EXCEEDED",
      message: "Too many queries per second. Please slow down.",
    });
    expect((await strict.sql("w", { as: await strict.bearer("bob") })).status).to.equal(200);
    await strict.close();
  });
});
