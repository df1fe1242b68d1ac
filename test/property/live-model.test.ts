import { expect } from "chai";
import fc from "fast-check";
import { Engine } from "../../src/engine/engine.ts";
import type { Row } from "../../src/engine/types/column-type.ts";
import { withFolder } from "../support/folder.ts";
import { flushEverything, run } from "../support/live.ts";
import { LiveClient, texts } from "../support/live-model-client.ts";

const LONG = process.env.KALAMDB_TEST_LONG !== undefined;

const SETUP =
  "CREATE NAMESPACE a; CREATE USER TABLE a.notes (id INT PRIMARY KEY, n INT, s TEXT); " +
  "CREATE SHARED TABLE a.rooms (k TEXT, id INT, n INT, PRIMARY KEY (k, id)) WITH (ACCESS_LEVEL = 'public'); " +
  "CREATE USER TABLE a.log (n INT, s TEXT); " +
  "CREATE STREAM TABLE a.typing (id INT PRIMARY KEY, n INT) WITH (TTL_SECONDS = 36000)";

/** What each client follows, and the queries that together give the same rows. */
const FOLLOWED: readonly { readonly user: string; readonly sql: string; readonly users?: readonly string[] }[] = [
  { user: "alice", sql: "SELECT * FROM a.notes" },
  { user: "alice", sql: "SELECT s AS text, id FROM a.notes WHERE n < 3 OR s IS NULL" },
  { user: "bob", sql: "SELECT n FROM a.notes WHERE n = 2" },
  { user: "alice", sql: "SELECT * FROM a.rooms WHERE k = 'x'" },
  { user: "bob", sql: "SELECT id FROM a.rooms WHERE n IN (1, 3)" },
  { user: "alice", sql: "SELECT * FROM a.log WHERE n > 1" },
  { user: "alice", sql: "SELECT * FROM a.typing WHERE n <> 2" },
  { user: "root", sql: "SUBSCRIBE TO a.notes ALL USERS WHERE n < 4", users: ["alice", "bob"] },
];

async function expectedRows(engine: Engine, at: number): Promise<readonly string[]> {
  const { user, sql, users } = FOLLOWED[at] as (typeof FOLLOWED)[number];
  const rows: string[] = [];
  if (users === undefined) {
    for (const row of await rowsOf(engine, user, sql)) rows.push(texts(row));
  } else {
    for (const each of users) {
      const own = await rowsOf(engine, each, "SELECT * FROM a.notes WHERE n < 4");
      for (const row of own) rows.push(texts([...row, each]));
    }
  }
  return rows.sort();
}

async function rowsOf(engine: Engine, user: string, sql: string): Promise<readonly Row[]> {
  const { rows = [] } = await run(engine, user, sql);
  const all: Row[] = [];
  if (Symbol.asyncIterator in rows) for await (const chunk of rows) all.push(...chunk);
  else all.push(...rows);
  return all;
}

interface Write {
  readonly table: "notes" | "rooms" | "log" | "typing";
  readonly user: "alice" | "bob";
  readonly kind: "put" | "put" | "update" | "delete" | "transaction";
  readonly id: number;
  readonly n: number;
  readonly s: string | null;
}

function sqlOf({ table, kind, id, n, s }: Write): string {
  const text = s === null ? "NULL" : `'${s}'`;
  const values = { notes: `(${id}, ${n}, ${text})`, rooms: `('${s ?? "x"}', ${id}, ${n})`, log: `(${n}, ${text})` };
  const put =
    table === "log"
      ? `INSERT INTO a.log VALUES ${values.log}`
      : table === "typing"
        ? `INSERT INTO a.typing VALUES (${id}, ${n}) ON CONFLICT (id) DO NOTHING`
        : table === "notes"
          ? `INSERT INTO a.notes VALUES ${values.notes} ON CONFLICT (id) DO UPDATE SET n = excluded.n, s = excluded.s`
          : `INSERT INTO a.rooms VALUES ${values.rooms} ON CONFLICT (k, id) DO UPDATE SET n = excluded.n`;
  const remove = table === "typing" ? `DELETE FROM a.typing WHERE id = ${id}` : `DELETE FROM a.${table} WHERE n = ${n}`;
  const update = table === "typing" ? put : `UPDATE a.${table} SET n = ${(n + id) % 6} WHERE n = ${n}`;
  if (kind === "put") return put;
  if (kind === "delete") return remove;
  if (kind === "update" || table === "typing") return update;
  return `BEGIN; ${put}; ${update}; COMMIT`;
}

type Step =
  | { readonly do: "write"; readonly writes: readonly Write[] }
  | { readonly do: "connect"; readonly client: number; readonly batchSize: number; readonly batches: number }
  | { readonly do: "lose" | "take"; readonly client: number }
  | { readonly do: "flush" | "compact" | "clear"; readonly wait: boolean }
  | { readonly do: "restart" };

const aWrite: fc.Arbitrary<Write> = fc.record({
  table: fc.constantFrom("notes", "notes", "rooms", "log", "typing"),
  user: fc.constantFrom("alice", "alice", "bob"),
  kind: fc.constantFrom("put", "put", "put", "update", "delete", "transaction"),
  id: fc.nat({ max: 9 }),
  n: fc.nat({ max: 5 }),
  s: fc.constantFrom("x", "y", null),
});
const aClient = fc.nat({ max: FOLLOWED.length - 1 });
const aStep: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant("write" as const),
      writes: fc.array(aWrite, { minLength: 1, maxLength: 6 }),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant("connect" as const),
      client: aClient,
      batchSize: fc.integer({ min: 1, max: 5 }),
      batches: fc.constantFrom(0, 1, 2, 1000, 1000, 1000),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom("lose" as const, "take" as const), client: aClient }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constantFrom("flush" as const, "flush" as const, "compact" as const, "clear" as const),
      wait: fc.boolean(),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ do: "restart" as const }) },
);

class World {
  readonly clients = FOLLOWED.map(({ user, sql }, at) => new LiveClient({ user, sql }, `s${at}`));
  readonly #dataDir: string;
  engine: Engine;

  constructor(engine: Engine, dataDir: string) {
    this.engine = engine;
    this.#dataDir = dataDir;
  }

  static open(dataDir: string): Promise<Engine> {
    return Engine.open({
      dataDir,
      liveSharedTablesForUsers: true,
      compactionMinSegments: 2,
      maxPartitionBytes: 20_000,
    });
  }

  async step(step: Step): Promise<void> {
    switch (step.do) {
      case "write":
        await Promise.all(
          step.writes.map((write) => run(this.engine, write.table === "rooms" ? "root" : write.user, sqlOf(write))),
        );
        return;
      case "connect":
        await this.#client(step.client).connect(this.engine, step.batchSize, step.batches);
        return;
      case "take":
        await this.#client(step.client).take(1000);
        return;
      case "lose":
        this.#client(step.client).disconnect();
        return;
      case "clear":
        await run(this.engine, "root", "CLEAR CACHE");
        return;
      case "flush":
      case "compact":
        await run(this.engine, "root", `STORAGE ${step.do} ALL`);
        if (step.wait) await flushEverything(this.engine);
        return;
      case "restart":
        await this.engine.close();
        this.engine = await World.open(this.#dataDir);
    }
  }

  #client(at: number): LiveClient {
    return this.clients[at] as LiveClient;
  }

  async compare(): Promise<void> {
    for (const [at, client] of this.clients.entries()) {
      if (!client.isFollowing) continue;
      expect(client.shown, client.query.sql).to.deep.equal(await expectedRows(this.engine, at));
    }
  }
}

describe("clients of live queries", () => {
  it("have the rows of their query, whatever happens to them and to the data", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(aStep, { minLength: 5, maxLength: 40 }), (steps) =>
        withFolder(async (dataDir) => {
          const world = new World(await World.open(dataDir), dataDir);
          try {
            await run(world.engine, "root", SETUP);
            for (const step of steps) {
              await world.step(step);
              await world.compare();
            }
            for (const client of world.clients) await client.connect(world.engine, 3, 1000);
            await world.compare();
          } finally {
            await world.engine.close();
          }
        }),
      ),
      { numRuns: LONG ? 1000 : 25, endOnFailure: true },
    );
  });
});
