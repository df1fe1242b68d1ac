import { expect } from "chai";
import type { Engine } from "../../src/engine/engine.ts";
import type { LiveChange, LiveEnd, LiveSink, LiveSubscription } from "../../src/engine/live/contract.ts";
import type { Row } from "../../src/engine/types/column-type.ts";
import { KalamError } from "../../src/errors/index.ts";

/** What a client asks for, and the SELECT that must give the same rows. */
export interface ClientQuery {
  readonly user: string;
  readonly sql: string;
}

/**
 * A client as one should be: it keeps the rows of its query, remembers the last `_seq` that it heard of, and goes on from there when
 * it lost its connection.
 */
export class LiveClient implements LiveSink {
  readonly query: ClientQuery;
  readonly #id: string;
  #subscription: LiveSubscription | undefined;
  #flowing = false;
  #last: bigint | undefined;
  readonly #lastOfUser = new Map<unknown, bigint>();
  readonly rows = new Map<string, Row>();
  ended: (reason: LiveEnd) => void = () => undefined;
  restarts = 0;

  constructor(query: ClientQuery, id: string) {
    this.query = query;
    this.#id = id;
    this.ended = (reason) => {
      expect(reason.code).to.be.oneOf(["MUST_RESNAPSHOT", "SHUTTING_DOWN"]);
      this.disconnect();
      if (reason.code === "MUST_RESNAPSHOT") this.#last = undefined;
    };
  }

  get isFollowing(): boolean {
    return this.#flowing;
  }

  /** Connects, from where it was or anew; takes so many batches, or all and then every change. */
  async connect(engine: Engine, batchSize: number, batches: number): Promise<void> {
    this.disconnect();
    if (this.#last === undefined) this.rows.clear();
    const { user, sql } = this.query;
    const options = { batchSize, ...(this.#last === undefined ? {} : { from: this.#last }) };
    const principal = { userId: user, role: user === "root" ? ("system" as const) : ("user" as const) };
    const request = { sql, principal, connectionId: "c", subscriptionId: this.#id, options };
    try {
      this.#subscription = await engine.live.subscribe(request, this);
    } catch (error) {
      if (!(error instanceof KalamError) || error.key !== "must_resnapshot") throw error;
      this.#last = undefined;
      this.restarts++;
      return this.connect(engine, batchSize, batches);
    }
    await this.take(batches);
  }

  async take(batches: number): Promise<void> {
    for (let left = batches; left > 0; left--) {
      const subscription = this.#subscription;
      if (subscription === undefined || this.#flowing) return;
      const { rows, gone, hasMore, lastSeq } = await subscription.next();
      if (this.#subscription !== subscription) return;
      for (const row of rows) this.rows.set(this.#keyOf(row), row);
      for (const row of gone) this.rows.delete(this.#keyOf(row));
      if (lastSeq !== null) {
        expect(lastSeq > (this.#last ?? -1n), "batches ascend").to.equal(true);
        this.#last = lastSeq;
      }
      if (hasMore) continue;
      this.#flowing = true;
      subscription.flow();
      return;
    }
  }

  change(change: LiveChange): void {
    const { type, row, old, seq, user } = change;
    expect(seq > (this.#lastOfUser.get(user) ?? 0n), "changes of a user ascend").to.equal(true);
    this.#lastOfUser.set(user, seq);
    if (this.#last === undefined || seq > this.#last) this.#last = seq;
    if (row !== undefined) this.rows.set(this.#keyOf(row), row);
    else if (old !== undefined) this.rows.delete(this.#keyOf(old));
    expect(type === "delete").to.equal(row === undefined);
  }

  /** The connection is lost. */
  disconnect(): void {
    this.#subscription?.close();
    this.#subscription = undefined;
    this.#flowing = false;
  }

  #keyOf(row: Row): string {
    const columns = this.#subscription?.query.columns ?? [];
    const isKey = columns.map(({ primaryKey, role }) => primaryKey === true || role === "user");
    return JSON.stringify(row.filter((_, at) => isKey[at]).map(String));
  }

  /** The rows that it has, in the columns that the query selects. */
  get shown(): readonly string[] {
    const columns = this.#subscription?.query.columns ?? [];
    const wanted = columns.map(({ role }) => role === "selected" || role === "user");
    return [...this.rows.values()].map((row) => texts(row.filter((_, at) => wanted[at]))).sort();
  }
}

export function texts(row: Row): string {
  return JSON.stringify(row.map((value) => (value === null ? null : String(value))));
}
