import { expect } from "chai";
import type { LiveClient, Message } from "../../support/live-client.ts";
import { type LiveServerHarness, withLiveServer } from "../../support/live-server.ts";

const NOTES = `CREATE NAMESPACE app;
CREATE USER TABLE app.notes (id INT PRIMARY KEY, body TEXT, n BIGINT, at TIMESTAMP, done BOOLEAN NOT NULL DEFAULT false)`;

type Row = Record<string, unknown>;

function rowsOf(message: Message, field = "rows"): readonly Row[] {
  return message[field] as readonly Row[];
}

function ids(rows: readonly unknown[]): unknown[] {
  return rows.map((row) => (row as Row).id);
}

async function withNotes(
  test: (harness: LiveServerHarness, client: LiveClient) => Promise<void>,
  environment: Record<string, string> = {},
): Promise<void> {
  await withLiveServer(environment, async (harness) => {
    await harness.run(NOTES);
    await test(harness, await harness.connect("alice"));
  });
}

describe("subscriptions", () => {
  it("are acknowledged, give first rows, then every change", () =>
    withNotes(async ({ run }, client) => {
      await run(
        "INSERT INTO app.notes (id, body, n, at) VALUES (1, 'a', 9007199254740993, TIMESTAMP '2026-01-02 03:04:05')",
        "alice",
      );
      client.subscribe("s", "SELECT * FROM app.notes");
      const acknowledged = await client.next("subscription_ack");
      expect(acknowledged).to.deep.include({ subscription_id: "s", total_rows: 0 });
      const { last_seq_id: reached, ...control } = acknowledged.batch_control as Record<string, unknown>;
      expect(control).to.deep.equal({ batch_num: 0, has_more: false, status: "ready" });
      expect(reached).to.be.a("number");
      expect(acknowledged.schema).to.deep.equal([
        { name: "id", data_type: "Int", index: 0, flags: ["pk", "nn", "uq"] },
        { name: "body", data_type: "Text", index: 1 },
        { name: "n", data_type: "BigInt", index: 2 },
        { name: "at", data_type: "Timestamp", index: 3 },
        { name: "done", data_type: "Boolean", index: 4, flags: ["nn"] },
        { name: "_seq", data_type: "BigInt", index: 5, flags: ["nn"] },
        { name: "_deleted", data_type: "Boolean", index: 6, flags: ["nn"] },
      ]);
      const [first] = rowsOf(await client.next("initial_data_batch"));
      const { _seq: seq, ...row } = first ?? {};
      expect(seq).to.match(/^\d{15,}$/);
      expect(row).to.deep.equal({
        id: 1,
        body: "a",
        n: "9007199254740993",
        at: 1_767_323_045_000_000,
        done: false,
        _deleted: false,
      });

      await run("INSERT INTO app.notes (id, body) VALUES (2, 'b')", "alice");
      await run("INSERT INTO app.notes (id, body) VALUES (2, 'of bob')", "bob");
      await run("UPDATE app.notes SET body = NULL, done = true WHERE id = 1", "alice");
      await run("DELETE FROM app.notes WHERE id = 1", "alice");
      const [insert, update, removal] = await client.take(3);
      expect(insert).to.deep.include({ type: "change", subscription_id: "s", change_type: "insert" });
      expect(insert).to.not.have.property("old_values");
      expect(rowsOf(insert as Message)[0]).to.deep.include({ id: 2, body: "b", n: null, done: false, _deleted: false });
      const [now] = rowsOf(update as Message);
      expect(update?.change_type).to.equal("update");
      expect(now).to.have.all.keys("id", "body", "n", "at", "done", "_seq");
      expect(now).to.deep.include({ id: 1, body: null, done: true });
      expect(rowsOf(update as Message, "old_values")).to.deep.equal([{ id: 1, body: "a", done: false, _seq: seq }]);
      expect(removal).to.not.have.property("rows");
      expect(rowsOf(removal as Message, "old_values")[0]).to.deep.include({
        id: 1,
        body: null,
        done: true,
        _deleted: true,
      });
    }));

  it("give only changes where no options ask for rows", () =>
    withNotes(async ({ run }, client) => {
      await run("INSERT INTO app.notes (id) VALUES (1)", "alice");
      for (const rest of [{}, { options: null }]) {
        client.subscribe("s", "SELECT * FROM app.notes", rest);
        expect((await client.next("subscription_ack")).batch_control).to.deep.equal({
          batch_num: 0,
          has_more: false,
          status: "ready",
          last_seq_id: null,
        });
      }
      await run("INSERT INTO app.notes (id) VALUES (2)", "alice");
      expect(ids(rowsOf(await client.next("change")))).to.deep.equal([2]);
    }));

  it("have the columns that were asked for, _seq, and the key where a row is found again", () =>
    withNotes(async ({ run }, client) => {
      await run("INSERT INTO app.notes (id, body) VALUES (1, 'a')", "alice");
      client.subscribe("s", "SELECT body AS text FROM app.notes");
      const { schema } = await client.next("subscription_ack");
      expect(schema).to.deep.equal([{ name: "text", data_type: "Text", index: 0 }]);
      const [first] = rowsOf(await client.next("initial_data_batch"));
      expect(first).to.have.all.keys("text", "_seq");
      await run("UPDATE app.notes SET body = 'b' WHERE id = 1; DELETE FROM app.notes WHERE id = 1", "alice");
      const [update, removal] = await client.take(2);
      expect(rowsOf(update as Message)[0]).to.have.all.keys("text", "id", "_seq");
      expect(rowsOf(update as Message, "old_values")[0]).to.deep.include({ text: "a", id: 1 });
      expect(rowsOf(removal as Message, "old_values")[0]).to.have.all.keys("text", "id", "_seq");
    }));

  it("take parameters, with all their digits", () =>
    withNotes(async ({ run }, client) => {
      await run("INSERT INTO app.notes (id, n) VALUES (1, 9007199254740993), (2, 9007199254740992)", "alice");
      client.send(
        '{"type":"subscribe","subscription":{"id":"s","sql":"SELECT id FROM app.notes WHERE n = $1","params":[9007199254740993],"options":{}}}',
      );
      await client.next("subscription_ack");
      expect(ids(rowsOf(await client.next("initial_data_batch")))).to.deep.equal([1]);
      client.subscribe("t", "SELECT id FROM app.notes WHERE n = $1", { params: [{}], options: {} });
      expect(await client.next("error")).to.include({ subscription_id: "t", code: "INVALID_PARAMETER" });
    }));

  it("give rows in batches as they are asked for, and changes behind them", () =>
    withNotes(async ({ run }, client) => {
      for (let id = 1; id <= 5; id++) await run(`INSERT INTO app.notes (id) VALUES (${id})`, "alice");
      client.subscribe("s", "SELECT id FROM app.notes", { options: { batch_size: 2 } });
      expect((await client.next("subscription_ack")).batch_control).to.include({ has_more: true, status: "loading" });
      const batches = [await client.next("initial_data_batch")];
      await run("INSERT INTO app.notes (id) VALUES (6); DELETE FROM app.notes WHERE id = 4", "alice");
      client.send({ type: "next_batch", subscription_id: "s" });
      batches.push(await client.next("initial_data_batch"));
      const lastSeq = rowsOf(batches[1] as Message).at(-1)?._seq;
      client.send(`{"type":"next_batch","subscription_id":"s","last_seq_id":${String(lastSeq)}}`);
      batches.push(await client.next("initial_data_batch"));
      expect(batches.map((batch) => ids(rowsOf(batch)))).to.deep.equal([[1, 2], [3, 4], [5]]);
      const controls = batches.map(({ batch_control: control }) => control as Record<string, unknown>);
      expect(controls.map(({ batch_num, has_more, status }) => [batch_num, has_more, status])).to.deep.equal([
        [0, true, "loading"],
        [1, true, "loading_batch"],
        [2, false, "ready"],
      ]);
      const changes = await client.take(2);
      expect(changes.map(({ change_type: type }) => type)).to.deep.equal(["insert", "delete"]);
      client.send({ type: "next_batch", subscription_id: "s" });
      expect((await client.next("initial_data_batch")).batch_control).to.include({ has_more: false, status: "ready" });
      client.send({ type: "next_batch", subscription_id: "unknown" });
      expect(await client.next("error")).to.deep.equal({
        type: "error",
        subscription_id: "unknown",
        code: "BATCH_FETCH_FAILED",
        message: "Not found: Subscription not found: unknown",
      });
    }));

  it("cut batches whose rows are large", () =>
    withNotes(async ({ run }, client) => {
      const long = "x".repeat(900_000);
      for (let id = 1; id <= 6; id++) await run(`INSERT INTO app.notes (id, body) VALUES (${id}, '${long}')`, "alice");
      client.subscribe("s", "SELECT id, body FROM app.notes");
      expect((await client.next("subscription_ack")).batch_control).to.include({ has_more: true });
      const first = rowsOf(await client.next("initial_data_batch"));
      client.send({ type: "next_batch", subscription_id: "s" });
      const second = await client.next("initial_data_batch");
      expect([...ids(first), ...ids(rowsOf(second))]).to.deep.equal([1, 2, 3, 4, 5, 6]);
      expect(second.batch_control).to.include({ has_more: false, status: "ready" });
    }));

  it("give the newest rows", () =>
    withNotes(async ({ run }, client) => {
      for (let id = 1; id <= 5; id++) await run(`INSERT INTO app.notes (id) VALUES (${id})`, "alice");
      expect(ids(await client.follow("s", "SELECT * FROM app.notes", { options: { last_rows: 2 } }))).to.deep.equal([
        4, 5,
      ]);
    }));

  it("go on where they were left, with what is gone meanwhile", () =>
    withNotes(async ({ run, connect }, client) => {
      await run("INSERT INTO app.notes (id, body) VALUES (1, 'a'), (2, 'b'), (3, 'c')", "alice");
      const rows = await client.follow("s", "SELECT * FROM app.notes WHERE body <> 'x'");
      const from = (rows.at(-1) as Row)._seq as string;
      client.ws.close();
      await client.closed;
      await run("DELETE FROM app.notes WHERE id = 1", "alice");
      await run("UPDATE app.notes SET body = 'x' WHERE id = 2", "alice");
      await run("INSERT INTO app.notes (id, body) VALUES (4, 'd')", "alice");

      const again = await connect("alice");
      again.send(
        `{"type":"subscribe","subscription":{"id":"s","sql":"SELECT * FROM app.notes WHERE body <> 'x'","options":{"from":${from}}}}`,
      );
      await again.next("subscription_ack");
      expect(ids(rowsOf(await again.next("initial_data_batch")))).to.deep.equal([4]);
      const gone = await again.take(2);
      expect(gone.map(({ change_type: type }) => type)).to.deep.equal(["delete", "delete"]);
      expect(gone.flatMap((message) => ids(rowsOf(message, "old_values")))).to.deep.equal([1, 2]);

      again.subscribe("t", "SELECT * FROM app.notes WHERE body <> 'x'", {
        options: { from_seq_id: from, gone_in_batch: true },
      });
      await again.next("subscription_ack");
      const batch = await again.next("initial_data_batch");
      expect(ids(rowsOf(batch))).to.deep.equal([4]);
      expect(ids(rowsOf(batch, "gone"))).to.deep.equal([1, 2]);
      expect(rowsOf(batch, "gone")[0]).to.have.all.keys("id", "_seq", "_deleted");
    }));

  it("end when they are unsubscribed, replaced, or their connection closes", () =>
    withNotes(async ({ run, engine }, client) => {
      await client.follow("s", "SELECT id FROM app.notes");
      await client.follow("s", "SELECT id, body FROM app.notes");
      expect(engine.live.count).to.equal(1);
      await client.follow("t", "SELECT n FROM app.notes");
      client.send({ type: "unsubscribe", subscription_id: "t" });
      client.send({ type: "unsubscribe", subscription_id: "unknown" });
      client.send({ type: "next_batch", subscription_id: "t" });
      expect(await client.next("error")).to.include({ code: "BATCH_FETCH_FAILED" });
      await run("INSERT INTO app.notes (id) VALUES (1)", "alice");
      expect(rowsOf(await client.next("change"))[0]).to.have.all.keys("id", "body", "_seq");
      expect(client.received).to.deep.equal([]);
      client.ws.terminate();
      await client.closed;
      while (engine.live.count > 0) await engine.runtime.timers.yield();
    }));

  it("say why they cannot be opened, and leave the connection open", () =>
    withNotes(async ({ run }, client) => {
      await run("CREATE SHARED TABLE app.secret (id INT PRIMARY KEY) WITH (ACCESS_LEVEL = 'private')");
      const refusals: [string, string][] = [
        ["SELECT * FROM app.nothing", "NOT_FOUND"],
        ["SELECT * FROM app.secret", "UNAUTHORIZED"],
        ["SELECT * FROM system.users", "UNAUTHORIZED"],
        ["SELEC 1", "INVALID_SQL"],
        ["SELECT id FROM app.notes ORDER BY id", "INVALID_SQL"],
        ["SELECT missing FROM app.notes", "INVALID_SQL"],
        ["DELETE FROM app.notes WHERE id = 1", "INVALID_SQL"],
        ["SELECT id FROM app.notes; SELECT 1", "INVALID_SQL"],
      ];
      for (const [sql, code] of refusals) {
        client.subscribe("s", sql);
        const error = await client.next("error");
        expect([error.subscription_id, error.code], sql).to.deep.equal(["s", code]);
        expect(error.message).to.match(/\S/);
      }
      for (const id of ["", "  ", "x".repeat(257)]) {
        client.subscribe(id, "SELECT * FROM app.notes");
        expect(await client.next("error")).to.include({ code: "INVALID_SUBSCRIPTION_ID" });
      }
      await client.follow("s", "SELECT * FROM app.notes");
    }));

  it("may be SUBSCRIBE TO, with options in the text", () =>
    withNotes(async ({ run, url, token }, client) => {
      await run("INSERT INTO app.notes (id) VALUES (1)", "alice");
      await run("INSERT INTO app.notes (id) VALUES (2)", "alice");
      const sql = "SUBSCRIBE TO app.notes WHERE id < 10 OPTIONS (LAST_ROWS = 1)";
      expect(ids(await client.follow("s", sql, {}))).to.deep.equal([2]);
      expect(ids(await client.follow("t", sql))).to.deep.equal([2]);
      client.subscribe("u", "SUBSCRIBE TO app.notes", {});
      await client.next("subscription_ack");

      const response = await fetch(`${url}/v1/api/sql`, {
        method: "POST",
        headers: { Authorization: `Bearer ${await token("alice")}`, "X-Forwarded-Proto": "https" },
        body: JSON.stringify({ sql }),
      });
      const { results } = (await response.json()) as { results: [{ rows: [string[]] }] };
      expect(results[0].rows[0].slice(0, 2)).to.deep.equal([
        "subscription_required",
        `${url.replace("http", "wss")}/v1/ws`,
      ]);
    }));

  it("of all users are for services, and say whose row it is", () =>
    withNotes(async ({ run, connect }, client) => {
      await run("INSERT INTO app.notes (id) VALUES (1)", "alice");
      client.subscribe("s", "SUBSCRIBE TO app.notes ALL USERS");
      expect(await client.next("error")).to.include({ code: "UNAUTHORIZED" });
      const service = await connect();
      service.subscribe("s", "SUBSCRIBE TO app.notes ALL USERS");
      const { schema } = await service.next("subscription_ack");
      expect((schema as Row[]).at(-1)).to.deep.include({ name: "_user_id", data_type: "Text" });
      expect(rowsOf(await service.next("initial_data_batch"))[0]).to.deep.include({ id: 1, _user_id: "alice" });
      await run("INSERT INTO app.notes (id) VALUES (1)", "bob");
      await run("UPDATE app.notes SET body = 'b' WHERE id = 1", "bob");
      await run("DELETE FROM app.notes WHERE id = 1", "bob");
      for (const message of await service.take(3)) {
        for (const field of ["rows", "old_values"]) {
          if (field in message) expect(rowsOf(message, field)[0]).to.deep.include({ id: 1, _user_id: "bob" });
        }
      }
    }));

  it("end with their table", () =>
    withNotes(async ({ run }, client) => {
      await client.follow("s", "SELECT id FROM app.notes");
      await run("DROP TABLE app.notes");
      expect(await client.next("error")).to.include({ subscription_id: "s", code: "NOT_FOUND", ended: true });
    }));

  it("tell their client when they are killed, and are cut off", () =>
    withNotes(async ({ run, engine }, client) => {
      await client.follow("s", "SELECT id FROM app.notes");
      const [{ id, lastHeard } = { id: "", lastHeard: null }] = engine.live.list();
      expect(lastHeard).to.be.a("bigint");
      await run(`KILL LIVE QUERY '${id}'`);
      expect(await client.next("error")).to.deep.include({
        subscription_id: "s",
        code: "KILLED",
        ended: true,
        resumable: false,
      });
      await run("INSERT INTO app.notes (id) VALUES (1)", "alice");
      await client.follow("t", "SELECT id FROM app.notes");
      expect(client.received).to.deep.equal([]);
    }));

  it("are told in order to a thousand subscribers of one table", () =>
    withLiveServer({ KALAMDB_RATE_LIMIT_MAX_SUBSCRIPTIONS_PER_USER: "1000" }, async ({ run, connect }) => {
      await run("CREATE NAMESPACE app; CREATE SHARED TABLE app.ticks (id INT PRIMARY KEY, kind TEXT)");
      const clients = await Promise.all(Array.from({ length: 10 }, () => connect()));
      for (const [c, client] of clients.entries()) {
        for (let s = 0; s < 100; s++) {
          client.subscribe(`s${s}`, `SELECT * FROM app.ticks WHERE kind = '${(c + s) % 2}'`, {});
        }
        await client.take(100);
      }
      for (let id = 0; id < 20; id++) await run(`INSERT INTO app.ticks VALUES (${id}, '${id % 2}')`);
      for (const client of clients) {
        const seen = new Map<unknown, unknown[]>();
        for (const message of await client.take(1000)) {
          const row = rowsOf(message)[0];
          seen.set(message.subscription_id, [...(seen.get(message.subscription_id) ?? []), row?.id]);
        }
        expect(seen.size).to.equal(100);
        for (const order of seen.values())
          expect(order).to.deep.equal([...order].sort((a, b) => Number(a) - Number(b)));
        expect(client.received).to.deep.equal([]);
      }
    }));
});

describe("the wire of subscriptions", () => {
  it("compresses what is long, where the client does not mind", () =>
    withNotes(async ({ run, connect }) => {
      await run(`INSERT INTO app.notes (id, body) VALUES (1, '${"long ".repeat(200)}')`, "alice");
      const variants = [
        { query: "", compression: "gzip", gzip: true },
        { query: "?compress=FALSE", compression: "gzip", gzip: false },
        { query: "", compression: "none", gzip: false },
      ] as const;
      for (const serialization of ["json", "msgpack"] as const) {
        for (const { query, compression, gzip } of variants) {
          const client = await connect("alice", { query, protocol: { serialization, compression } });
          client.subscribe("s", "SELECT id, body FROM app.notes");
          await client.next("subscription_ack");
          const batch = await client.nextReceived("initial_data_batch");
          expect([batch.gzip, batch.binary]).to.deep.equal([gzip, gzip || serialization === "msgpack"]);
          expect(ids(rowsOf(batch.message))).to.deep.equal([1]);
        }
      }
    }));

  it("says the same in MessagePack as in JSON", () =>
    withLiveServer({}, async ({ run, connect }) => {
      await run(`CREATE NAMESPACE app; CREATE USER TABLE app.kinds (id INT PRIMARY KEY, big BIGINT, exact DECIMAL(10,2), real DOUBLE,
        bytes BYTEA, day DATE, at TIMESTAMP, doc JSON, list EMBEDDING(2), yes BOOLEAN, nothing TEXT)`);
      const json = await connect("alice");
      const packed = await connect("alice", { protocol: { serialization: "msgpack", compression: "gzip" } });
      json.subscribe("s", "SELECT * FROM app.kinds");
      packed.sendPacked({ type: "subscribe", subscription: { id: "s", sql: "SELECT * FROM app.kinds", options: {} } });
      const both = async (type: string): Promise<unknown> => {
        const [one, other] = [await json.next(type), await packed.nextReceived(type)];
        expect(other.binary).to.equal(true);
        expect(plain(other.message)).to.deep.equal(one);
        return one;
      };
      await both("subscription_ack");
      await both("initial_data_batch");
      await run(
        `INSERT INTO app.kinds VALUES (1, 9007199254740993, -0.5, 'NaN', '\\x00ff', DATE '1969-12-31', TIMESTAMP '2026-01-02 03:04:05.000006',
          '{"a": 1}', '[1.5, -2]', true, NULL)`,
        "alice",
      );
      await both("change");
      await run("UPDATE app.kinds SET big = 1, doc = '[]' WHERE id = 1", "alice");
      await both("change");
      await run("DELETE FROM app.kinds WHERE id = 1", "alice");
      await both("change");
    }));

  it("takes binary only where it was negotiated, compressed or not", () =>
    withNotes(async ({ connect }, client) => {
      client.sendPacked({ type: "ping" });
      expect(await client.next("error")).to.deep.equal({
        type: "error",
        subscription_id: "protocol",
        code: "UNSUPPORTED_DATA",
        message: "Binary not supported",
      });
      const packed = await connect("alice", { protocol: { serialization: "msgpack", compression: "gzip" } });
      packed.sendPacked({ type: "nonsense" });
      packed.ws.send(Buffer.from([0xc1]));
      packed.ws.send(Buffer.from([0x1f, 0x8b, 1, 2, 3]));
      for (const { code } of await packed.take(3)) expect(code).to.equal("UNSUPPORTED_DATA");
      const { gzipSync } = await import("node:zlib");
      const { pack } = await import("msgpackr");
      packed.ws.send(gzipSync(pack({ type: "subscribe", subscription: { id: "s", sql: "SELECT id FROM app.notes" } })));
      expect((await packed.nextReceived("subscription_ack")).binary).to.equal(true);
    }));
});

/** Whole numbers as `JSON.parse` would give them. */
function plain(value: unknown): unknown {
  if (typeof value === "bigint") return Number(value);
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plain(inner)]));
}
