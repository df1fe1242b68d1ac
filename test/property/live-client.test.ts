import { expect } from "chai";
import { Auth, createClient, type RowChange, type RowData } from "../../src/client/index.ts";
import { SeededRandom } from "../../src/runtime/random.ts";
import { systemTimers } from "../../src/runtime/timers.ts";
import { withFolder } from "../support/folder.ts";
import { type LiveServerHarness, withLiveServer } from "../support/live-server.ts";
import { TcpProxy } from "../support/tcp-proxy.ts";
import { until } from "../support/until.ts";

const ROUNDS = process.env.KALAMDB_TEST_LONG === undefined ? 25 : 1000;
const SEED = Number(process.env.KALAMDB_TEST_SEED ?? 20_261_121);
const IDS = 40;

type Rows = Record<string, string>;

/** What an application would hold that applies every change by itself, and checks what each of them promises. */
class Applied {
  rows: Rows = {};
  readonly #seqs = new Set<string>();
  /** Between a beginning anew and its end. */
  #isComplete = false;

  apply(change: RowChange): void {
    switch (change.type) {
      case "reset":
        this.rows = {};
        this.#seqs.clear();
        this.#isComplete = false;
        return;
      case "ready":
        this.#isComplete = true;
        return;
      case "delete":
        this.#once(change.seq.toString());
        // While the connection was lost, rows may have gone that had never come.
        delete this.rows[`${change.old.id}`];
        return;
      case "insert":
        expect(this.rows, "a row that is there does not come").not.to.have.property(`${change.row.id}`);
        break;
      case "update":
        expect(this.rows, "a row that changes is there").to.have.property(`${change.row.id}`);
        break;
      case "row":
        break;
    }
    if (change.type !== "row") expect(this.#isComplete).to.equal(true);
    this.#once(change.seq.toString());
    this.rows[`${change.row.id}`] = `${change.row.body}`;
  }

  #once(seq: string): void {
    if (this.#seqs.has(seq)) throw new Error(`the version ${seq} came twice`);
    this.#seqs.add(seq);
  }
}

describe("live queries under trouble", function () {
  this.timeout(20_000 + ROUNDS * 2000);

  it(`gives the rows of the table, each change once, whatever the network does (seed ${SEED})`, async () => {
    await withFolder(async (folder) => {
      const environment = { KALAMDB_DATA_DIR: folder, KALAMDB_LIVE_MAX_RESUME_CHANGES: "60" };
      await withLiveServer(environment, (harness) => troubled(harness, new SeededRandom(SEED)));
    });
  });
});

async function troubled(harness: LiveServerHarness, random: SeededRandom): Promise<void> {
  const { run } = harness;
  const proxy = await TcpProxy.start(harness.url);
  const client = createClient({
    url: proxy.url,
    auth: Auth.jwt(await harness.token("alice")),
    reconnectDelayMs: 2,
    maxReconnectDelayMs: 20,
    pingIntervalMs: 100,
  });
  const alice = createClient({ url: harness.url, auth: Auth.jwt(await harness.token("alice")) });
  await run("CREATE NAMESPACE app");
  await run("CREATE USER TABLE app.notes (id BIGINT PRIMARY KEY, room BIGINT, body TEXT)");
  try {
    const write = async (count: number): Promise<void> => {
      for (let i = 0; i < count; i++) {
        const id = random.below(IDS);
        const body = `${random.below(1_000_000)}${"x".repeat(random.below(100) === 0 ? 5000 : 20)}`;
        const statement =
          random.below(3) === 0
            ? `DELETE FROM app.notes WHERE id = ${id}`
            : `INSERT INTO app.notes VALUES (${id}, ${random.below(3)}, '${body}')
               ON CONFLICT (id) DO UPDATE SET room = EXCLUDED.room, body = EXCLUDED.body`;
        await run(statement, "alice");
      }
    };
    await write(30);

    let all: Rows = {};
    let filtered: Rows = {};
    const rowsOf = (rows: readonly RowData[]): Rows =>
      Object.fromEntries(rows.map((row) => [`${row.id}`, `${row.body}`]));
    await client.live(
      "SELECT * FROM app.notes",
      (rows) => {
        all = rowsOf(rows);
      },
      { subscriptionOptions: { batch_size: 7 } },
    );
    await client.live(
      "SELECT id, body FROM app.notes WHERE room = $1",
      (rows) => {
        filtered = rowsOf(rows);
      },
      { subscriptionOptions: { params: [1], batch_size: 3 } },
    );
    const applied = new Applied();
    let failure: unknown;
    const following = (async () => {
      const changes = client.changes("SELECT * FROM app.notes WHERE room < 2", { batch_size: 5, maxWaiting: 12 });
      for await (const change of changes) {
        applied.apply(change);
        if (random.below(20) === 0) await systemTimers.sleep(random.below(10));
      }
    })().catch((error: unknown) => {
      failure = error;
    });

    const table = async (where: string): Promise<Rows> =>
      rowsOf(await alice.queryAll(`SELECT id, body FROM app.notes WHERE ${where}`));
    const trouble: readonly (() => Promise<void>)[] = [
      async () => proxy.cut(),
      async () => {
        proxy.refuses = true;
        proxy.cut();
        await write(random.below(30));
        proxy.refuses = false;
      },
      async () => {
        // Enough of them, and the server cannot go on without a gap.
        proxy.refuses = true;
        proxy.cut();
        await write(90);
        proxy.refuses = false;
      },
      async () => {
        proxy.delayMs = 1 + random.below(3);
        proxy.pieceBytes = 50 + random.below(500);
        await write(10);
        proxy.cut();
        proxy.delayMs = 0;
        proxy.pieceBytes = Number.POSITIVE_INFINITY;
      },
      async () => {
        proxy.stalls = true;
        await write(5);
        proxy.cut();
        proxy.stalls = false;
      },
      async () => run("STORAGE FLUSH TABLE app.notes"),
    ];
    for (let round = 0; round < ROUNDS && failure === undefined; round++) {
      const writing = write(20 + random.below(20));
      await systemTimers.sleep(random.below(20));
      await trouble[random.below(trouble.length)]?.();
      await writing;
      const [everything, room, below] = [await table("true"), await table("room = 1"), await table("room < 2")];
      await until(
        () =>
          failure !== undefined ||
          (isEqual(all, everything) && isEqual(filtered, room) && isEqual(applied.rows, below)),
      );
    }
    expect(failure).to.equal(undefined);
    await client.disconnect();
    await following;
  } finally {
    await client.disconnect();
    await proxy.stop();
  }
}

function isEqual(a: Rows, b: Rows): boolean {
  const names = Object.keys(a);
  return names.length === Object.keys(b).length && names.every((name) => a[name] === b[name]);
}
