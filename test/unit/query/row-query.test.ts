import { expect } from "chai";
import { InputBinder, NotSimple } from "../../../src/engine/query/expression/index.ts";
import { planRowQuery } from "../../../src/engine/query/row/index.ts";
import { KalamError } from "../../../src/errors/index.ts";
import { createRuntime } from "../../../src/runtime/runtime.ts";
import { rejection } from "../../support/rejection.ts";
import { ArrayRelation, AsyncArrayRelation, shapeOf } from "./support/array-relation.ts";
import { type Answer, frameOf, loadGrammar, query, templateOf } from "./support/run-query.ts";

const messages = shapeOf(
  "app.messages",
  [
    { name: "conversation_id", type: { kind: "bigint" } },
    { name: "id", type: { kind: "bigint" } },
    { name: "body", type: { kind: "text" } },
    { name: "score", type: { kind: "integer" } },
    { name: "_seq", type: { kind: "bigint" }, hidden: true },
  ],
  ["conversation_id", "id"],
);

function relation(): ArrayRelation {
  const rows = [];
  for (let conversation = 1; conversation <= 5; conversation++) {
    for (let id = 1; id <= 100; id++) {
      const score = id % 10 === 0 ? null : id % 7;
      rows.push([BigInt(conversation), BigInt(id), `m${conversation}-${id}`, score, BigInt(id * 1000)]);
    }
  }
  return new ArrayRelation(messages, rows);
}

async function ask(sql: string, params: (number | string | null)[] = [], on = relation()): Promise<Answer> {
  const answer = await query(on, sql, params);
  if (answer === undefined) throw new Error(`not planned: ${sql}`);
  return answer;
}

async function failure(sql: string, params: (number | string | null)[] = []): Promise<KalamError> {
  try {
    await ask(sql, params);
  } catch (error) {
    if (error instanceof KalamError) return error;
    throw error;
  }
  throw new Error(`no failure: ${sql}`);
}

describe("row queries", () => {
  before(loadGrammar);

  it("reads the last messages of a conversation backwards and stops", async () => {
    const on = relation();
    const sql = "SELECT id, body FROM app.messages WHERE conversation_id = $1 ORDER BY id DESC LIMIT 30";
    const { rows, plan } = await ask(sql, [3], on);
    expect(rows.length).to.equal(30);
    expect(rows[0]).to.deep.equal([100n, "m3-100"]);
    expect(rows[29]).to.deep.equal([71n, "m3-71"]);
    expect(on.rowsGiven).to.equal(30);
    expect(plan.explain).to.include("Range scan backward on app.messages (conversation_id)");
  });

  it("looks exact keys up", async () => {
    const on = relation();
    const { rows, plan } = await ask("SELECT * FROM app.messages WHERE id = '7' AND conversation_id = 2", [], on);
    expect(rows).to.deep.equal([[2n, 7n, "m2-7", 0]]);
    expect(plan.explain).to.include("Key lookup on app.messages (conversation_id, id)");
    expect([on.lookups, on.rowsGiven]).to.deep.equal([1, 0]);
  });

  it("looks several keys up, each once, in the order asked for", async () => {
    const on = relation();
    const where = "WHERE conversation_id = 2 AND id IN (9, 3, 9, NULL, 3.5, 400)";
    expect((await ask(`SELECT id FROM app.messages ${where}`, [], on)).rows).to.deep.equal([[3n], [9n]]);
    const backward = await ask(`SELECT id FROM app.messages ${where} ORDER BY id DESC`, [], on);
    expect(backward.rows).to.deep.equal([[9n], [3n]]);
    expect(on.rowsGiven).to.equal(0);
  });

  it("narrows the scan by bounds on the key", async () => {
    for (const [where, first, count, read] of [
      ["id > 95", 96n, 5, 5],
      ["id >= 95.5", 96n, 5, 5],
      ["id < 3.5 AND id > 1", 2n, 2, 2],
      ["id BETWEEN 10 AND 12", 10n, 3, 3],
      ["10 >= id", 1n, 10, 10],
      ["id > -5", 1n, 100, 100],
      ["id < 99999999999999999999", 1n, 100, 100],
      ["id > 99999999999999999999", undefined, 0, 0],
      ["id > 20 AND id < 10", undefined, 0, 0],
      ["id = 2.5", undefined, 0, 0],
      ["id = NULL", undefined, 0, 0],
      ["id < NULL", undefined, 0, 0],
    ] as const) {
      const on = relation();
      const { rows } = await ask(`SELECT id FROM app.messages WHERE conversation_id = 4 AND ${where}`, [], on);
      expect([rows[0]?.[0], rows.length, on.rowsGiven], where).to.deep.equal([first, count, read]);
    }
  });

  it("compares parameters with integers by value", async () => {
    const sql = "SELECT id FROM app.messages WHERE conversation_id = 1 AND id < $1";
    expect((await ask(sql, [2.5])).rows.length).to.equal(2);
    expect((await ask(sql, ["3"])).rows.length).to.equal(2);
    expect((await ask(sql, [null])).rows.length).to.equal(0);
    expect((await ask("SELECT 1 FROM app.messages WHERE id = $1", [2.5])).rows.length).to.equal(0);
  });

  it("names its columns as PostgreSQL does", async () => {
    const list = `id, m.body, 1 + 1, id::text, '1'::int, upper(body), coalesce(score, 0), CASE WHEN true THEN 1 END,
      CASE WHEN true THEN 1 ELSE score END, greatest(1, score), nullif(score, 1), current_user, now(), score AS s, NOT true`;
    const { columns } = await ask(`SELECT ${list} FROM app.messages m`);
    expect(columns.map((column) => column.name)).to.deep.equal([
      "id",
      "body",
      "?column?",
      "id",
      "int4",
      "upper",
      "coalesce",
      "case",
      "score",
      "greatest",
      "nullif",
      "current_user",
      "now",
      "s",
      "?column?",
    ]);
  });

  it("leaves hidden columns out of the star but gives them when named", async () => {
    const { columns } = await ask("SELECT *, _seq FROM app.messages LIMIT 1");
    expect(columns.map((column) => column.name)).to.deep.equal(["conversation_id", "id", "body", "score", "_seq"]);
    expect(columns[1]).to.deep.equal({ name: "id", type: { kind: "bigint" }, primaryKey: true, notNull: true });
    expect((await ask("SELECT m.* FROM app.messages m LIMIT 1")).columns.length).to.equal(4);
  });

  it("sorts with PostgreSQL's place for NULL", async () => {
    const order = async (clause: string): Promise<unknown[]> => {
      const sql = `SELECT score, id FROM app.messages WHERE conversation_id = 1 AND id <= 10 ORDER BY ${clause}`;
      return (await ask(sql)).rows.map((row) => row[0]);
    };
    expect(await order("score, id")).to.deep.equal([0, 1, 1, 2, 2, 3, 4, 5, 6, null]);
    expect(await order("1 DESC")).to.deep.equal([null, 6, 5, 4, 3, 2, 2, 1, 1, 0]);
    expect(await order("score DESC NULLS LAST LIMIT 2")).to.deep.equal([6, 5]);
    expect(await order("score NULLS FIRST LIMIT 2 OFFSET 1")).to.deep.equal([0, 1]);
    expect(await order("-score LIMIT 3")).to.deep.equal([6, 5, 4]);
  });

  it("takes the order of the scan where it is the one asked for", async () => {
    const explained = async (clause: string): Promise<string> => {
      const { plan } = await ask(`SELECT * FROM app.messages ${clause}`);
      return plan.explain.join("; ");
    };
    expect(await explained("ORDER BY conversation_id, id")).to.equal("Scan on app.messages");
    expect(await explained("ORDER BY conversation_id DESC LIMIT 1")).to.equal("Limit; Scan backward on app.messages");
    expect(await explained("ORDER BY conversation_id, id DESC")).to.match(/^Sort/);
    expect(await explained("ORDER BY id LIMIT 3")).to.match(/^Top-N sort/);
    expect(await explained("WHERE conversation_id = 1 ORDER BY conversation_id DESC, id LIMIT 1")).to.match(
      /^Limit; Range scan on/,
    );
  });

  it("counts", async () => {
    expect((await ask("SELECT count(*) FROM app.messages")).rows).to.deep.equal([[500n]]);
    const { columns, rows } = await ask("SELECT count(*) AS n FROM app.messages WHERE score IS NULL AND id < 50");
    expect([columns[0]?.name, rows]).to.deep.equal(["n", [[20n]]]);
    expect((await ask("SELECT count(*) FROM app.messages LIMIT 0")).rows).to.deep.equal([]);
  });

  it("answers without a table", async () => {
    const answer = await query(undefined, "SELECT 1, 'a', NULL, 1 WHERE true");
    expect(answer?.rows).to.deep.equal([[1, "a", null, 1]]);
    expect((await query(undefined, "SELECT 1 WHERE false"))?.rows).to.deep.equal([]);
  });

  it("takes LIMIT and OFFSET as inputs", async () => {
    const sql = "SELECT id FROM app.messages LIMIT $1 OFFSET $2";
    expect((await ask(sql, [2, 3])).rows).to.deep.equal([[4n], [5n]]);
    expect((await ask(sql, [null, 498])).rows.length).to.equal(2);
    expect((await ask("SELECT id FROM app.messages LIMIT ALL OFFSET 499")).rows.length).to.equal(1);
    expect((await ask("SELECT id FROM app.messages FETCH FIRST 3 ROWS ONLY")).rows.length).to.equal(3);
    expect((await failure(sql, [-1, 0])).message).to.equal("LIMIT must not be negative");
    expect((await failure(sql, [1, -1])).message).to.equal("OFFSET must not be negative");
  });

  it("places its errors", async () => {
    const unknown = await failure("SELECT bodi FROM app.messages");
    expect([unknown.key, unknown.position, unknown.hint]).to.deep.equal([
      "undefined_column",
      7,
      'Perhaps you meant the column "body".',
    ]);
    const mistyped = await failure("SELECT 1 FROM app.messages WHERE score");
    expect(mistyped.message).to.equal("argument of WHERE must be type boolean, not type integer");
    expect(mistyped.position).to.equal(33);
    const operator = await failure("SELECT 1 FROM app.messages WHERE body = 5");
    expect([operator.message, operator.position]).to.deep.equal(["operator does not exist: text = integer", 38]);
    expect((await failure("SELECT x.id FROM app.messages m")).key).to.equal("undefined_column");
    expect((await failure("SELECT id FROM app.messages ORDER BY 2")).message).to.equal(
      "ORDER BY position 2 is not in select list",
    );
  });

  it("leaves to the other path what it does not know", async () => {
    for (const sql of [
      "SELECT DISTINCT id FROM t",
      "SELECT sum(id) FROM t",
      "SELECT id FROM t GROUP BY id",
      "SELECT id FROM t, u",
      "SELECT (SELECT 1)",
      "SELECT id FROM t UNION SELECT 1",
      "SELECT row_number() OVER () FROM t",
      "SELECT md5(body) FROM t",
      "SELECT body ~ 'x' FROM t",
      "WITH a AS (SELECT 1) SELECT id FROM t",
      "VALUES (1)",
      "SELECT count(*), 1 FROM t",
    ]) {
      expect(await query(relation(), sql), sql).to.equal(undefined);
    }
  });

  it("reads relations that answer later", async () => {
    const on = new AsyncArrayRelation(relation());
    const answer = await query(on, "SELECT id FROM m WHERE conversation_id = 2 ORDER BY id DESC LIMIT 3");
    expect(answer?.rows).to.deep.equal([[100n], [99n], [98n]]);
    expect(on.closed).to.equal(true);
    expect((await query(on, "SELECT id FROM m WHERE conversation_id = 2 AND id = 5"))?.rows).to.deep.equal([[5n]]);
  });

  it("streams large results in chunks", async () => {
    const rows = Array.from({ length: 20_000 }, (_, at) => [1n, BigInt(at), "x", at, 0n]);
    const on = new ArrayRelation(messages, rows, 512);
    const answer = await query(on, "SELECT score FROM m WHERE score <> 7", [], createRuntime());
    expect(answer?.rows.length).to.equal(19_999);
    expect((await query(on, "SELECT score FROM m ORDER BY score DESC", [], createRuntime()))?.rows[0]).to.deep.equal([
      19_999,
    ]);
  });

  it("ends the scan when its reader gives up", async () => {
    const rows = Array.from({ length: 20_000 }, (_, at) => [1n, BigInt(at), "x", at, 0n]);
    const on = new AsyncArrayRelation(new ArrayRelation(messages, rows, 512));
    const { select, kinds, literals } = templateOf("SELECT id FROM m");
    const binder = new InputBinder(kinds);
    const plan = planRowQuery(select, { shape: messages, alias: undefined, binder }, []);
    const stream = await plan?.run(on, frameOf(binder.bind([], literals), createRuntime()));
    if (stream === undefined || Array.isArray(stream)) throw new Error("expected a stream");
    for await (const chunk of stream as AsyncIterable<unknown[]>) {
      expect(chunk.length).to.be.within(4097, 6000);
      break;
    }
    expect(on.closed).to.equal(true);
  });

  it("leaves a sort by texts that it would have to hold to the analytical path", async () => {
    const long = "x".repeat(100_000);
    const all = query(relation(), "SELECT id FROM app.messages ORDER BY body || $1", [long]);
    expect(await rejection(all)).to.be.instanceOf(NotSimple);
    const first = await ask("SELECT body FROM app.messages ORDER BY body || $1 LIMIT 2", [long]);
    expect(first.rows).to.deep.equal([["m1-100"], ["m1-10"]]);
  });
});
