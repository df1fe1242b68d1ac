import type { Role } from "../../src/engine/auth/roles.ts";
import { Engine } from "../../src/engine/engine.ts";
import type {
  LiveBatch,
  LiveChange,
  LiveEnd,
  LiveOptions,
  LiveSink,
  LiveSubscription,
} from "../../src/engine/live/contract.ts";
import type { EngineOptions } from "../../src/engine/options.ts";
import type { Parameter, StatementResult } from "../../src/engine/request.ts";
import type { Row } from "../../src/engine/types/column-type.ts";
import { withFolder } from "./folder.ts";

/** Runs a test on an engine of each driver. */
export function onEveryEngine(
  title: string,
  test: (engine: Engine) => Promise<void>,
  options: Partial<EngineOptions> = {},
): void {
  for (const driver of ["sqlite", "memory"] as const) {
    it(`${title} (${driver})`, () =>
      withFolder(async (dataDir) => {
        const engine = await Engine.open({ ...options, driver, dataDir });
        try {
          await test(engine);
        } finally {
          await engine.close();
        }
      }));
  }
}

/** What the last of some statements answers. Everybody is an ordinary user but `root`. */
export async function run(
  engine: Engine,
  user: string,
  sql: string,
  params: readonly Parameter[] = [],
): Promise<StatementResult> {
  const role = user === "root" ? "system" : "user";
  const results = await engine.execute(sql, { principal: { userId: user, role }, params });
  return results.at(-1) as StatementResult;
}

/** Moves all hot rows to segments. */
export async function flushEverything(engine: Engine): Promise<void> {
  await run(engine, "root", "STORAGE FLUSH ALL");
  for (;;) {
    const jobs = engine.jobs.list().filter(({ status }) => status !== "completed");
    if (jobs.length === 0) return;
    const failed = jobs.find(({ status }) => status === "failed" || status === "cancelled");
    if (failed !== undefined) throw new Error(`job ${failed.id} failed: ${failed.message}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

export interface Follow {
  readonly sql: string;
  readonly user?: string;
  readonly role?: Role;
  readonly params?: readonly Parameter[];
  /** Null: no initial rows. */
  readonly options?: LiveOptions | null;
  readonly id?: string;
}

/** A subscriber that keeps what it hears of. */
export class Follower implements LiveSink {
  readonly changes: LiveChange[] = [];
  readonly batches: LiveBatch[] = [];
  end: LiveEnd | undefined;
  #subscription: LiveSubscription | undefined;

  get subscription(): LiveSubscription {
    if (this.#subscription === undefined) throw new Error("not subscribed yet");
    return this.#subscription;
  }

  /** Subscribes; takes no batch yet. */
  static async begin(
    engine: Engine,
    { sql, user = "alice", role, params, options = {}, id = "s" }: Follow,
  ): Promise<Follower> {
    const follower = new Follower();
    follower.#subscription = await engine.live.subscribe(
      {
        sql,
        params,
        principal: { userId: user, role: role ?? (user === "root" ? "system" : "user") },
        connectionId: "c",
        subscriptionId: id,
        options: options ?? undefined,
      },
      follower,
    );
    return follower;
  }

  /** Subscribes, takes the initial rows and lets changes flow. */
  static async of(engine: Engine, follow: Follow): Promise<Follower> {
    const follower = await Follower.begin(engine, follow);
    await follower.takeAll();
    return follower;
  }

  async takeAll(): Promise<void> {
    while ((await this.take()).hasMore);
    this.subscription.flow();
  }

  async take(): Promise<LiveBatch> {
    const batch = await this.subscription.next(this.batches.at(-1)?.lastSeq ?? undefined);
    this.batches.push(batch);
    return batch;
  }

  change(change: LiveChange): void {
    this.changes.push(change);
  }

  ended(reason: LiveEnd): void {
    this.end = reason;
  }

  /** The initial rows as objects, without `_seq`. */
  get initial(): readonly object[] {
    return this.batches.flatMap(({ rows }) => rows.map((row) => this.object(row)));
  }

  /** What the batches say is gone: the key columns. */
  get gone(): readonly object[] {
    return this.batches.flatMap(({ gone }) =>
      gone.map((row) => Object.fromEntries(Object.entries(this.object(row)).filter(([, value]) => value !== null))),
    );
  }

  /** The changes so far: their kind and their rows as objects, without `_seq`. Empties the list. */
  taken(): readonly (readonly unknown[])[] {
    return this.changes.splice(0).map(({ type, row, old }) => {
      const rows = [row, old].flatMap((each) => (each === undefined ? [] : [this.object(each)]));
      return [type, ...rows];
    });
  }

  object(row: Row): object {
    const { columns } = this.subscription.query;
    const cells = columns.map(({ name }, at) => [name, row[at]] as const);
    return Object.fromEntries(cells.filter(([name]) => name !== "_seq" && name !== "_deleted"));
  }
}
