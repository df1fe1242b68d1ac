import { expect } from "chai";
import {
  Auth,
  AuthenticationError,
  ClientError,
  ConnectionError,
  createClient,
  type KalamDBClient,
  type RowChange,
  type RowData,
  type ServerMessage,
  SubscriptionError,
} from "../../../src/client/index.ts";
import { type LiveServerHarness, withLiveServer } from "../../support/live-server.ts";
import { rejection } from "../../support/rejection.ts";
import { TcpProxy } from "../../support/tcp-proxy.ts";
import { until } from "../../support/until.ts";

interface Stage extends LiveServerHarness {
  readonly client: KalamDBClient;
  readonly proxy: TcpProxy;
  insert(...ids: readonly number[]): Promise<void>;
}

/** A client of alice's behind a proxy, with a table of hers. */
async function withClient(
  test: (stage: Stage) => Promise<void>,
  environment: Record<string, string> = {},
): Promise<void> {
  await withLiveServer(environment, async (harness) => {
    const proxy = await TcpProxy.start(harness.url);
    const token = await harness.token("alice");
    const client = createClient({
      url: proxy.url,
      auth: Auth.jwt(token),
      reconnectDelayMs: 5,
      maxReconnectDelayMs: 50,
      pingIntervalMs: 200,
    });
    await harness.run("CREATE NAMESPACE app");
    await harness.run("CREATE USER TABLE app.notes (id BIGINT PRIMARY KEY, room TEXT, body TEXT)");
    const insert = (...ids: readonly number[]) =>
      harness.run(`INSERT INTO app.notes VALUES ${ids.map((id) => `(${id}, 'a', 'text ${id}')`).join(", ")}`, "alice");
    try {
      await test({ ...harness, client, proxy, insert });
    } finally {
      await client.disconnect();
      await proxy.stop();
    }
  });
}

const idsOf = (rows: readonly RowData[]) => rows.map(({ id }) => id?.asInt());

/** `row 1`, `delete 2`, `ready` … */
function textOf(change: RowChange): string {
  if (change.type === "ready" || change.type === "reset") return change.type;
  const row = change.type === "delete" ? change.old : change.row;
  return `${change.type} ${row.id}`;
}

/** Reads a stream in the background. */
function follow(stream: AsyncIterable<RowChange>): { readonly seen: string[]; readonly over: Promise<void> } {
  const seen: string[] = [];
  const over = (async () => {
    for await (const change of stream) seen.push(textOf(change));
  })();
  over.catch(() => undefined);
  return { seen, over };
}

describe("live queries by the client", () => {
  it("gives first rows in batches that it asks for by itself, then changes, in order", async () => {
    await withClient(async ({ client, insert, run }) => {
      await insert(1, 2, 3, 4, 5);
      const { seen } = follow(client.changes("SELECT * FROM app.notes WHERE id > $1", { params: [1n], batch_size: 2 }));
      await until(() => seen.includes("ready"));
      expect(seen).to.deep.equal(["row 2", "row 3", "row 4", "row 5", "ready"]);
      await insert(1_000);
      await run("UPDATE app.notes SET body = NULL WHERE id = 2", "alice");
      await run("DELETE FROM app.notes WHERE id = 3", "alice");
      await until(() => seen.length === 8);
      expect(seen.slice(5)).to.deep.equal(["insert 1000", "update 2", "delete 3"]);
    });
  });

  it("tells callbacks the server's messages, with cells that know their types", async () => {
    await withClient(async ({ client, insert, run }) => {
      const events: ServerMessage[] = [];
      const stop = await client.subscribe("app.notes", (event) => events.push(event));
      expect(events[0]?.type).to.equal("subscription_ack");
      await insert(9007199254740993n as unknown as number);
      await run("UPDATE app.notes SET body = NULL WHERE room = 'a'", "alice");
      await until(() => events.length === 4);
      const [, first, inserted, updated] = events;
      expect(first).to.deep.include({ type: "initial_data_batch", rows: [], gone: [] });
      expect(inserted).to.include({ type: "change", change_type: "insert", subscription_id: stop.id });
      if (inserted?.type !== "change" || updated?.type !== "change") throw new Error("no changes");
      expect(inserted.rows?.[0]?.id?.asBigInt()).to.equal(9007199254740993n);
      expect(updated.rows?.[0]?.body?.isNull()).to.equal(true);
      expect(`${updated.old_values?.[0]?.body}`).to.equal("text 9007199254740993");
      expect(client.getLastSeqId(stop.id)?.toString()).to.equal(`${updated.rows?.[0]?._seq}`);
      expect(client.getSubscriptions()).to.have.length(1);
      expect(client.isSubscribedTo("SELECT * FROM app.notes")).to.equal(true);
      await stop();
      expect(client.getSubscriptionCount()).to.equal(0);
      await until(() => !client.isConnected());
    });
  });

  it("keeps the rows of a query as they are, also those that enter and leave its filter", async () => {
    await withClient(async ({ client, insert, run }) => {
      await insert(1, 2);
      let rows: readonly RowData[] = [];
      const stop = await client.live("SELECT id, room FROM app.notes WHERE room = 'a'", (now) => {
        rows = now;
      });
      await until(() => rows.length === 2);
      await run("UPDATE app.notes SET room = 'b' WHERE id = 1", "alice");
      await until(() => rows.length === 1);
      await run("UPDATE app.notes SET room = 'a' WHERE id = 1", "alice");
      await insert(3);
      await until(() => rows.length === 3);
      expect(idsOf(rows)).to.deep.equal([2, 1, 3]);
      await run("DELETE FROM app.notes WHERE id = 2", "alice");
      await until(() => rows.length === 2);
      await stop();
    });
  });

  it("maps rows and keeps the last few of them", async () => {
    await withClient(async ({ client, insert }) => {
      await insert(1, 2, 3);
      let bodies: readonly string[] = [];
      const show = (now: readonly string[]) => {
        bodies = now;
      };
      await client.live("SELECT * FROM app.notes", show, {
        mapRow: ({ body }) => `${body}`,
        limit: 2,
        subscriptionOptions: { last_rows: 2 },
      });
      await until(() => bodies.length === 2);
      await insert(4);
      await until(() => bodies.includes("text 4"));
      expect(bodies).to.deep.equal(["text 3", "text 4"]);
    });
  });

  it("says at once when rows cannot be told apart", async () => {
    await withClient(async ({ client }) => {
      const error = await rejection(client.live("SELECT body FROM app.notes", () => undefined));
      expect(error).to.be.instanceOf(ClientError);
      expect(error)
        .to.have.property("message")
        .that.matches(/primary key/);
      expect(client.getSubscriptionCount()).to.equal(0);
    });
  });

  it("refuses by errors that say what is wrong, and goes on with what is right", async () => {
    await withClient(async ({ client, proxy, insert }) => {
      const refused = await rejection(client.subscribeWithSql("SELECT count(*) FROM app.notes", () => undefined));
      expect(refused).to.be.instanceOf(SubscriptionError);
      expect(await rejection(client.subscribe("app.nothing", () => undefined))).to.have.property("code", "NOT_FOUND");
      expect(await rejection(client.changes("SELECT * FROM app.nothing").next())).to.have.property("code", "NOT_FOUND");
      const { seen } = follow(client.changes("SELECT * FROM app.notes"));
      await insert(1);
      await until(() => seen.some((text) => text.endsWith(" 1")));

      const stranger = createClient({ url: proxy.url, auth: Auth.jwt("no-token") });
      expect(await rejection(stranger.subscribe("app.notes", () => undefined))).to.be.instanceOf(AuthenticationError);
      const nobody = createClient({ url: proxy.url });
      expect(await rejection(nobody.connect())).to.be.instanceOf(ClientError);
      const nowhere = createClient({ url: "http://127.0.0.1:1", auth: Auth.jwt("x") });
      expect(await rejection(nowhere.subscribe("app.notes", () => undefined))).to.be.instanceOf(ConnectionError);
      expect(await rejection(nowhere.connect())).to.be.instanceOf(ConnectionError);
    });
  });

  it("goes on after a lost connection with what happened meanwhile, deletions included", async () => {
    await withClient(async ({ client, proxy, insert, run }) => {
      await insert(1, 2, 3);
      const { seen } = follow(client.changes("SELECT * FROM app.notes"));
      await until(() => seen.includes("ready"));
      proxy.refuses = true;
      proxy.cut();
      await insert(4);
      await run("UPDATE app.notes SET room = 'b' WHERE id = 1", "alice");
      await run("DELETE FROM app.notes WHERE id = 2", "alice");
      await until(() => client.isReconnecting() && client.getReconnectAttempts() > 1);
      proxy.refuses = false;
      await until(() => seen.filter((text) => text === "ready").length === 2);
      expect(seen.slice(4)).to.deep.equal(["row 4", "row 1", "delete 2", "ready"]);
      await insert(5);
      await until(() => seen.includes("insert 5"));
      expect(seen).to.have.length(9);
    });
  });

  it("goes on in the middle of the first rows", async () => {
    await withClient(async ({ client, proxy, insert }) => {
      await insert(...Array.from({ length: 60 }, (_, index) => index + 1));
      const ids: string[] = [];
      let batches = 0;
      await client.subscribe(
        "app.notes",
        (event) => {
          if (event.type !== "initial_data_batch") return;
          for (const { id } of event.rows) ids.push(`${id}`);
          if (++batches % 4 === 0) proxy.cut();
        },
        { batch_size: 5 },
      );
      await until(() => ids.length >= 60);
      expect(ids).to.deep.equal(Array.from({ length: 60 }, (_, index) => String(index + 1)));
    });
  });

  it("begins with no rows and loses none of those that came while the connection was lost", async () => {
    await withClient(async ({ client, proxy, insert }) => {
      await insert(1, 2);
      const { seen } = follow(client.changes("SELECT * FROM app.notes", { last_rows: 0 }));
      await until(() => seen.includes("ready"));
      proxy.cut();
      await insert(3);
      await until(() => seen.length >= 2);
      await until(() => seen.includes("row 3") || seen.includes("insert 3"));
      expect(seen.filter((text) => text !== "ready")).to.have.length(1);
    });
  });

  it("begins anew, and says so, where the server cannot go on without a gap", async () => {
    const environment = { KALAMDB_LIVE_MAX_RESUME_CHANGES: "10" };
    await withClient(async ({ client, proxy, insert, run }) => {
      await insert(1, 2, 3);
      let rows: readonly RowData[] = [];
      const sizes: number[] = [];
      const resets: string[] = [];
      const show = (now: readonly RowData[]) => {
        rows = now;
        sizes.push(now.length);
      };
      await client.live("SELECT * FROM app.notes", show, {
        onReset: (reason) => resets.push(reason),
      });
      const { seen } = follow(client.changes("SELECT * FROM app.notes"));
      await until(() => seen.includes("ready") && rows.length === 3);
      proxy.refuses = true;
      proxy.cut();
      await run("DELETE FROM app.notes WHERE id = 1", "alice");
      for (let id = 100; id < 120; id++) await insert(id);
      proxy.refuses = false;
      await until(() => rows.length === 22 && seen.filter((text) => text === "ready").length === 2);
      expect(resets).to.have.length(1);
      expect(seen[4]).to.equal("reset");
      expect(seen).to.have.length(4 + 1 + 22 + 1);
      // Rows do not vanish in between.
      expect(Math.min(...sizes)).to.equal(3);
    }, environment);
  });

  it("notices a line that is dead without being closed", async () => {
    await withClient(async ({ client, proxy, insert }) => {
      const { seen } = follow(client.changes("SELECT * FROM app.notes"));
      await until(() => seen.includes("ready"));
      proxy.stalls = true;
      await insert(1);
      await until(() => !client.isConnected());
      proxy.stalls = false;
      proxy.cut();
      await until(() => seen.some((text) => text.endsWith(" 1")));
    });
  });

  it("reads large compressed messages, also over a slow line in small pieces, before what comes behind them", async () => {
    await withClient(async ({ client, proxy, insert }) => {
      await insert(...Array.from({ length: 3000 }, (_, index) => index + 1));
      proxy.delayMs = 1;
      proxy.pieceBytes = 2000;
      const { seen } = follow(client.changes("SELECT * FROM app.notes"));
      await until(() => seen.length > 1000);
      await insert(5000);
      await until(() => seen.includes("insert 5000"));
      expect(seen.indexOf("ready")).to.equal(3000);
      expect(seen.slice(0, 3000)).to.deep.equal(Array.from({ length: 3000 }, (_, index) => `row ${index + 1}`));
    });
  });

  it("loses nothing where somebody iterates slowly, and lets no more wait than was said", async () => {
    await withClient(async ({ client, insert, engine }) => {
      const stream = client.changes("SELECT * FROM app.notes", { maxWaiting: 10 });
      expect((await stream.next()).value).to.include({ type: "ready" });
      for (let id = 1; id <= 100; id++) await insert(id);
      // The server was told to forget it until somebody reads.
      await until(() => engine.live.count === 0);
      const ids: string[] = [];
      for await (const change of stream) {
        if (change.type === "row" || change.type === "insert") ids.push(`${change.row.id}`);
        if (ids.length === 100) break;
      }
      expect(ids).to.deep.equal(Array.from({ length: 100 }, (_, index) => String(index + 1)));
      await until(() => !client.isConnected());
    });
  });

  it("takes another token from its provider when the one it has is refused", async () => {
    await withClient(async ({ proxy, token, insert }) => {
      const asked: (string | undefined)[] = [];
      const client = createClient({
        url: proxy.url,
        authProvider: async (request) => {
          asked.push(request?.rejected);
          return Auth.jwt(request === undefined ? "stale" : await token("alice"));
        },
      });
      const { seen } = follow(client.changes("SELECT * FROM app.notes"));
      await insert(1);
      await until(() => seen.some((text) => text.endsWith(" 1")));
      expect(asked).to.deep.equal([undefined, "stale"]);
      await client.disconnect();
    });
  });

  it("tells a subscription that the server ends, and whoever iterates over it", async () => {
    await withClient(async ({ client, engine }) => {
      const errors: unknown[] = [];
      await client.live("SELECT * FROM app.notes", () => undefined, { onError: (error) => errors.push(error) });
      const { seen, over } = follow(client.changes("SELECT * FROM app.notes"));
      await until(() => seen.includes("ready"));
      for (const { id } of engine.live.list()) engine.live.kill(id);
      await until(() => errors.length === 1);
      expect(errors[0]).to.be.instanceOf(SubscriptionError);
      expect(await rejection(over)).to.be.instanceOf(SubscriptionError);
      expect(client.getSubscriptionCount()).to.equal(0);
    });
  });

  it("ends by a signal, by unsubscribeAll and by disconnect, and can be used again", async () => {
    await withClient(async ({ client, insert }) => {
      const end = new AbortController();
      const { seen, over } = follow(client.changes("SELECT * FROM app.notes", { signal: end.signal }));
      await until(() => seen.includes("ready"));
      end.abort();
      await over;
      let given = 0;
      await client.subscribeRows("app.notes", () => given++);
      await client.unsubscribeAll();
      await insert(1);
      await client.connect();
      expect(client.isConnected()).to.equal(true);
      await client.disconnect();
      expect(client.isConnected()).to.equal(false);
      const rows: RowData[] = [];
      await client.subscribeRows("app.notes", (more) => rows.push(...more));
      await until(() => rows.length === 1);
      expect(given).to.equal(0);
    });
  });

  it("gives up after as many attempts as it may make", async () => {
    await withClient(async ({ client, proxy }) => {
      const faults: boolean[] = [];
      client.onError(({ recoverable }) => faults.push(recoverable));
      client.setMaxReconnectAttempts(3);
      const { seen, over } = follow(client.changes("SELECT * FROM app.notes"));
      await until(() => seen.includes("ready"));
      proxy.refuses = true;
      proxy.cut();
      expect(await rejection(over)).to.be.instanceOf(ClientError);
      expect(faults.at(-1)).to.equal(false);
      expect(client.isReconnecting()).to.equal(false);
    });
  });

  it("sends its headers and a request id with the WebSocket, and shows the token to nobody", async () => {
    await withClient(async ({ proxy, token, log }) => {
      const secret = await token("alice");
      const texts: string[] = [];
      const client = createClient({
        url: proxy.url,
        auth: Auth.jwt(secret),
        headers: { "x-team": "blue" },
        logLevel: 0,
        logListener: ({ message }) => texts.push(message),
        onSend: (text) => texts.push(text),
        onReceive: (text) => texts.push(text),
      });
      const stop = await client.subscribe("app.notes", () => undefined);
      await stop();
      expect(texts.join("\n")).to.contain("auth_success").and.not.contain(secret);
      expect(log.lines.filter(({ level }) => level === "error")).to.deep.equal([]);
      await client.disconnect();
    });
  });
});
