import { expect } from "chai";
import type { AnalyticalContext } from "../../../src/engine/query/analytic/index.ts";
import type { Row } from "../../../src/engine/types/column-type.ts";
import { KalamError } from "../../../src/errors/index.ts";
import { context, failure, newEngine, parseSelect, relation, rowsOf, run, type TestEngine } from "./harness.ts";

const ENDLESS =
  "SELECT count(*) FROM generate_series(1, 100000000) a, generate_series(1, 100000000) b WHERE a.a + b.b < 0";
const numbers = (count: number): Row[] => Array.from({ length: count }, (_, at) => [at, `row ${at}`]);

async function thrown(work: Promise<unknown>): Promise<KalamError> {
  try {
    await work;
  } catch (error) {
    if (error instanceof KalamError) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
}

describe("analytical queries: execution", () => {
  let engine: TestEngine;
  beforeEach(() => {
    engine = newEngine({ maxConcurrent: 2 });
  });
  afterEach(() => engine.close());

  it("keeps the relations of concurrent statements apart", async () => {
    const pool = newEngine({ maxConcurrent: 8 });
    const results = await Promise.all(
      Array.from({ length: 32 }, async (_, user) => {
        const mine = relation(
          "app.mine",
          { owner: "integer", n: "integer" },
          numbers(3000).map((_row, n) => [user, n]),
          {
            waiting: user % 3 === 0,
          },
        );
        const sql = "SELECT min(a.owner), max(a.owner), count(*) FROM mine a JOIN mine b USING (n)";
        return rowsOf(pool, sql, { mine }, [], { principal: { userId: `u${user}`, role: "user" } });
      }),
    );
    for (const [user, rows] of results.entries()) expect(rows).to.deep.equal([[user, user, 3000n]]);
    pool.close();
  });

  it("streams: the first rows come before the last are read, and giving up ends the statement", async () => {
    let scanned = 0;
    const big = relation("app.big", { n: "integer", s: "text" }, numbers(200_000));
    const counted = {
      ...big,
      scan: function* () {
        for (const rows of big.scan({}, false) as Iterable<readonly Row[]>) {
          scanned += rows.length;
          yield rows;
        }
      },
    };
    const { rows } = await engine.query(await parseSelect("SELECT n, s FROM big"), context({ big: counted }));
    let taken = 0;
    for await (const chunk of rows) {
      taken += chunk.length;
      if (taken > 4000) break;
    }
    expect(taken).to.be.lessThan(10_000);
    expect(scanned).to.be.lessThan(200_000);
    expect(await rowsOf(engine, "SELECT count(*) FROM big", { big })).to.deep.equal([[200_000n]]);
  });

  it("stages a large relation that has to be waited for, and drops the staging table", async () => {
    const big = relation("app.big", { n: "integer", s: "text" }, numbers(100_000), { waiting: true });
    const one = newEngine({ maxConcurrent: 1 });
    for (let round = 0; round < 2; round++) {
      expect(await rowsOf(one, "SELECT count(*), sum(n), max(s) FROM big", { big })).to.deep.equal([
        [100_000n, 4_999_950_000n, "row 99999"],
      ]);
      expect(await rowsOf(one, "SELECT count(*) FROM big", { big })).to.deep.equal([[100_000n]]);
    }
    one.close();
  });

  it("asks for a relation that is promised", async () => {
    const t = Promise.resolve(relation("app.t", { n: "integer" }, [[1], [2]]));
    expect(await rowsOf(engine, "SELECT a.n FROM t a JOIN t b ON a.n < b.n", { t })).to.deep.equal([[1]]);
  });

  it("reads only the columns that the statement names", async () => {
    const rows = [[1, "x"]].map(
      (row) => new Proxy(row, { get: (of, key) => (key === "1" ? raise() : Reflect.get(of, key)) }),
    );
    const raise = (): never => {
      throw new Error("read");
    };
    const t = relation("app.t", { n: "integer", s: "text" }, rows);
    expect(await rowsOf(engine, "SELECT sum(n), count(*) FROM t", { t })).to.deep.equal([[1n, 1n]]);
  });

  it("expands views with their own names, literals and rights", async () => {
    const secret = relation("app.secret", { n: "integer" }, [[1], [2], [3]]);
    const inner: AnalyticalContext = context({ secret }, { inputs: [1], principal: { userId: "owner", role: "dba" } });
    const query = await parseSelect("SELECT n AS a, n * 10 AS b, current_user FROM secret WHERE n > $1");
    const v = { query, columns: ["x", "y", "z"], context: inner };
    expect(await rowsOf(engine, "SELECT v.x, y, z, current_user FROM v WHERE x < 3", { v })).to.deep.equal([
      [2, 20, "owner", "alice"],
    ]);
    expect((await failure(engine, "SELECT n FROM v", { v })).key).to.equal("undefined_column");
    expect((await failure(engine, "SELECT * FROM secret", { v })).key).to.equal("table_not_found");
  });

  it("ends at the timeout", async () => {
    const error = await failure(engine, ENDLESS, {}, [], { timeoutMillis: 50 });
    expect(error.key).to.equal("timeout");
    expect(await rowsOf(engine, "SELECT 1")).to.deep.equal([[1]]);
  });

  it("ends when it is cancelled: before, while waiting, while running, while staging", async () => {
    const early = new AbortController();
    early.abort();
    expect((await failure(engine, "SELECT 1", {}, [], { signal: early.signal })).key).to.equal("cancelled");
    const running = [new AbortController(), new AbortController()];
    const busy = running.map((stop) => failure(engine, ENDLESS, {}, [], { signal: stop.signal }));
    const queued = new AbortController();
    const waiting = failure(engine, "SELECT 1", {}, [], { signal: queued.signal });
    await new Promise((resolve) => setImmediate(resolve));
    queued.abort();
    expect((await waiting).key).to.equal("cancelled");
    for (const stop of running) stop.abort();
    for (const error of await Promise.all(busy)) expect(error.key).to.equal("cancelled");
    const staging = new AbortController();
    const t = relation("app.t", { n: "integer" }, [[1]]);
    const slow = {
      ...t,
      scan: async function* () {
        yield [[1]] as Row[];
        staging.abort();
        yield [[2]] as Row[];
      },
    };
    expect((await failure(engine, "SELECT * FROM slow", { slow }, [], { signal: staging.signal })).key).to.equal(
      "cancelled",
    );
    expect(await rowsOf(engine, "SELECT * FROM t", { t })).to.deep.equal([[1]]);
  });

  it("counts the time that a statement waits for others", async () => {
    const one = newEngine({ maxConcurrent: 1 });
    const stop = new AbortController();
    const long = failure(one, ENDLESS, {}, [], { signal: stop.signal });
    expect((await failure(one, "SELECT 1", {}, [], { timeoutMillis: 50 })).key).to.equal("timeout");
    stop.abort();
    expect((await long).key).to.equal("cancelled");
    expect(await rowsOf(one, "SELECT 1")).to.deep.equal([[1]]);
    one.close();
  });

  it("refuses what waits beyond the queue", async () => {
    const one = newEngine({ maxConcurrent: 1 });
    const stops = Array.from({ length: 40 }, () => new AbortController());
    const outcomes = stops.map(async ({ signal }) => {
      const { key } = await failure(one, ENDLESS, {}, [], { signal });
      if (key === "overloaded") for (const stop of stops) stop.abort();
      return key;
    });
    expect(new Set(await Promise.all(outcomes))).to.deep.equal(new Set(["overloaded", "cancelled"]));
    expect(await rowsOf(one, "SELECT 1")).to.deep.equal([[1]]);
    one.close();
  });

  it("hands on the error of a relation, and is well after", async () => {
    const t = relation("app.t", { n: "integer" }, [[1]]);
    const broken = {
      ...t,
      scan: function* (): Generator<readonly Row[]> {
        yield [[1]];
        throw new KalamError("storage_failed", { reason: "gone" });
      },
    };
    expect((await failure(engine, "SELECT * FROM broken", { broken })).key).to.equal("storage_failed");
    expect(await rowsOf(engine, "SELECT * FROM t", { t })).to.deep.equal([[1]]);
  });

  it("fails beyond its memory, and is well after", async () => {
    const small = newEngine({ memoryLimitBytes: 20_000_000, threads: 1 });
    const error = await failure(
      small,
      "SELECT count(DISTINCT g || 'a longer text that takes some room') FROM generate_series(1, 3000000) g",
    );
    expect(error.key).to.equal("query_memory");
    expect(await rowsOf(small, "SELECT 1")).to.deep.equal([[1]]);
    small.close();
  });

  it("closes with statements waiting and none running", async () => {
    await rowsOf(engine, "SELECT 1");
    engine.close();
    expect((await thrown(run(engine, "SELECT 1"))).key).to.equal("shutting_down");
  });

  it("explains with the names of the statement", async () => {
    const t = relation("app.messages", { id: "bigint", body: "text" }, [[1n, "x"]]);
    const select = await parseSelect(
      "SELECT body, count(*) FROM t a JOIN t b USING (id) WHERE id > $1 GROUP BY a.body, body",
    );
    const plan = (await thrown(engine.explain(select, context({ t }, { inputs: [1] })))).key;
    expect(plan).to.equal("ambiguous_column");
    const good = await parseSelect(
      "SELECT a.body, count(*) FROM t a JOIN t b USING (id) WHERE a.id > $1 GROUP BY a.body",
    );
    const lines = await engine.explain(good, context({ t }, { inputs: [1] }));
    expect(lines.join("\n"))
      .to.match(/Scan app\.messages/)
      .and.not.match(/kalam_scan|k_\d|[0-9a-f]{32}/i);
    const waiting = relation("app.messages", { id: "bigint" }, [[1n]], { waiting: true });
    const staged = await engine.explain(await parseSelect("SELECT id FROM t"), context({ t: waiting }));
    expect(staged.join("\n"))
      .to.match(/Scan app\.messages/)
      .and.not.match(/k_s|[0-9a-f]{32}/i);
  });
});
